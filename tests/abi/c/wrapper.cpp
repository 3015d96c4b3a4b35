// The C++ wrapper: releases, moves, throws.
#include <dipkit.hpp>

#include <cstdlib>
#include <iostream>
#include <unistd.h>
#include <utility>
#include <vector>

#define CHECK(condition)                                                                    \
  do {                                                                                      \
    if (!(condition)) {                                                                     \
      std::cerr << __FILE__ << ':' << __LINE__ << ": " << #condition << '\n';               \
      std::exit(1);                                                                         \
    }                                                                                       \
  } while (0)

namespace {

const std::uint32_t side = 12;

dipkit::Options tiny(DipTask task) {
  dipkit::Options options(task);
  options.set("iterations", "4").set("channels", "4").set("channels_deepest", "4");
  options.set("scales", "2").set("input_depth", "4").set("threads", "1").set("runs", "1");
  return options;
}

void a_session_moves() {
  std::vector<float> pixels(side * side, 0.5f);
  const DipImage image = dipkit::packed(side, side, 1, dipkit::sample_of<float>());
  dipkit::Session first(tiny(DIP_TASK_DENOISE), dipkit::Inputs(image, pixels.data()));
  dipkit::Session second(std::move(first));
  CHECK(first.c() == nullptr && second.c() != nullptr);
  first = std::move(second);
  CHECK(second.c() == nullptr);
  DipMetrics metrics;
  CHECK(first.step(3, metrics) && metrics.iteration == 3);
  first.cancel();
  CHECK(!first.step(1, metrics) && metrics.state == DIP_STATE_RUNNING);
  CHECK(!first.step(9, metrics) && metrics.state == DIP_STATE_FINISHED);
  CHECK(first.metrics().iteration == 4 && first.options().channels == 4);
  first.set_strength(0);
  std::vector<float> seen(pixels.size());
  first.preview(DIP_OUTPUT_RESULT, image, seen.data());
  CHECK(seen == pixels);
}

void layouts_describe_the_same_picture() {
  std::vector<unsigned char> given(side * side * 3), flipped(given.size()), planes(given.size());
  for (std::size_t i = 0; i < given.size(); i++)
    given[i] = static_cast<unsigned char>(i * 7);
  const DipImage image = dipkit::packed(side, side, 3, DIP_SAMPLE_U8), upside = dipkit::bottom_up(image);
  const dipkit::Session session(tiny(DIP_TASK_DENOISE), dipkit::Inputs(image, given.data()));
  session.preview(DIP_OUTPUT_INPUT, upside, dipkit::top_row(upside, flipped.data()));
  session.preview(DIP_OUTPUT_INPUT, dipkit::planar(side, side, 3, DIP_SAMPLE_U8), planes.data());
  for (std::size_t y = 0; y < side; y++)
    for (std::size_t x = 0; x < side * 3; x++) {
      const unsigned char sample = given[y * side * 3 + x];
      CHECK(flipped[(side - 1 - y) * side * 3 + x] == sample);
      CHECK(planes[x % 3 * side * side + y * side + x / 3] == sample);
    }
  std::uint32_t width = 0, height = 0;
  session.size(width, height);
  CHECK(width == side && height == side);
  std::vector<unsigned char> corner(3);
  session.preview_region(DIP_OUTPUT_INPUT, 1, 0, 1, 1, dipkit::packed(1, 1, 3, DIP_SAMPLE_U8), corner.data());
  CHECK(corner[0] == given[3]);
}

void a_saved_session_goes_on() {
  std::vector<float> pixels(side * side, 0.5f);
  pixels[5] = 0.75f;
  const DipImage image = dipkit::packed(side, side, 1, DIP_SAMPLE_F32);
  const dipkit::Inputs inputs(image, pixels.data());
  const dipkit::Options options = tiny(DIP_TASK_DENOISE);
  char path[] = "/tmp/dipkit-wrapper-XXXXXX";
  const int file = mkstemp(path);
  CHECK(file >= 0 && close(file) == 0);
  DipMetrics metrics;
  dipkit::Session first(options, inputs);
  CHECK(first.step(3, metrics));
  first.save(path);
  dipkit::Session second(path, inputs);
  CHECK(second.metrics().iteration == 3);
  std::vector<float> one(pixels.size()), other(pixels.size());
  CHECK(!first.step(9, metrics) && !second.step(9, metrics));
  first.preview(DIP_OUTPUT_RESULT, image, one.data());
  second.preview(DIP_OUTPUT_RESULT, image, other.data());
  CHECK(one == other);
  CHECK(unlink(path) == 0);
  CHECK(dipkit::key(options, inputs) == dipkit::key(tiny(DIP_TASK_DENOISE), inputs));
  pixels[5] = 0.25f;
  CHECK(dipkit::key(options, inputs) != dipkit::key(options, dipkit::Inputs(image, one.data())));
}

void failures_throw_with_status_and_text() {
  try {
    dipkit::Options(DIP_TASK_DENOISE).set("tpyo", "1");
    CHECK(false);
  } catch (const dipkit::Error &error) {
    CHECK(error.status() == DIP_ERROR_INVALID_ARGUMENT);
    CHECK(std::string(error.what()).find("tpyo") != std::string::npos);
  }
  std::vector<float> pixels(side * side, 0.5f);
  const DipImage image = dipkit::packed(side, side, 1, DIP_SAMPLE_F32);
  const dipkit::Inputs inputs = dipkit::Inputs(image, pixels.data()).mask(image, pixels.data());
  try {
    dipkit::Session session(tiny(DIP_TASK_DENOISE), dipkit::Inputs(image, pixels.data()).guide(image, nullptr));
    CHECK(false);
  } catch (const dipkit::Error &error) {
    CHECK(error.status() == DIP_ERROR_INVALID_ARGUMENT);
    CHECK(std::string(error.what()).find("guide_pixels is null") != std::string::npos);
  }
  dipkit::Options options = tiny(DIP_TASK_INPAINT);
  CHECK(dipkit::estimate_memory(options, inputs) > 0);
  options->memory_limit = 1;
  options.set("tile_size", "0");
  try {
    dipkit::Session session(options, inputs);
    CHECK(false);
  } catch (const dipkit::Error &error) {
    CHECK(error.status() == DIP_ERROR_OUT_OF_MEMORY && std::string(error.what()).size() > 0);
  }
}

} // namespace

int main() {
  a_session_moves();
  layouts_describe_the_same_picture();
  a_saved_session_goes_on();
  failures_throw_with_status_and_text();
  return 0;
}
