// dipkit.hpp - C++11 over dipkit.h: what must be released is released, and what fails throws.
//
//   dipkit::Options options(DIP_TASK_DENOISE);
//   options.set("seed", "7");
//   dipkit::Session session(options, dipkit::Inputs(image, pixels));
//   DipMetrics metrics;
//   while (session.step(20, metrics)) show(metrics.progress);
//   session.preview(DIP_OUTPUT_RESULT, image, pixels);
//
// Header only; link with the C library. The comments of dipkit.h hold here too.
#ifndef DIPKIT_HPP
#define DIPKIT_HPP

#include "dipkit.h"

#include <array>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace dipkit {

// A call that failed; what() says why.
class Error : public std::runtime_error {
public:
  Error(DipStatus status, const std::string &text) : std::runtime_error(text), status_(status) {}
  DipStatus status() const noexcept { return status_; }

private:
  DipStatus status_;
};

// Throws unless the status is DIP_OK.
inline void check(DipStatus status) {
  if (status == DIP_OK)
    return;
  const std::string text = dip_last_error();
  throw Error(status, text.empty() ? dip_status_string(status) : text);
}

// Sample type of a C++ type: sample_of<float>() is DIP_SAMPLE_F32. C++11 has no half.
template <typename Sample> DipSample sample_of();
template <> inline DipSample sample_of<unsigned char>() { return DIP_SAMPLE_U8; }
template <> inline DipSample sample_of<std::uint16_t>() { return DIP_SAMPLE_U16; }
template <> inline DipSample sample_of<float>() { return DIP_SAMPLE_F32; }

// Bytes of a sample.
inline std::ptrdiff_t sample_bytes(DipSample sample) {
  return sample == DIP_SAMPLE_U8 ? 1 : sample == DIP_SAMPLE_F32 ? 4 : 2;
}

// Channels interleaved, no gaps, the first row on top.
inline DipImage packed(std::uint32_t width, std::uint32_t height, std::uint32_t channels, DipSample sample) {
  DipImage image = DipImage();
  image.width = width;
  image.height = height;
  image.channels = channels;
  image.sample = sample;
  image.channel_stride = sample_bytes(sample);
  image.pixel_stride = image.channel_stride * static_cast<std::ptrdiff_t>(channels);
  image.row_stride = image.pixel_stride * static_cast<std::ptrdiff_t>(width);
  return image;
}

// One channel after the other, no gaps, the first row on top.
inline DipImage planar(std::uint32_t width, std::uint32_t height, std::uint32_t channels, DipSample sample) {
  DipImage image = packed(width, height, channels, sample);
  image.pixel_stride = sample_bytes(sample);
  image.row_stride = image.pixel_stride * static_cast<std::ptrdiff_t>(width);
  image.channel_stride = image.row_stride * static_cast<std::ptrdiff_t>(height);
  return image;
}

// The same rows, the last one first in memory: pass top_row() of the buffer as its pixels.
inline DipImage bottom_up(DipImage image) {
  image.row_stride = -image.row_stride;
  return image;
}

// Where the top row of a bottom_up() picture starts.
template <typename Sample> Sample *top_row(const DipImage &image, Sample *first) {
  return first - image.row_stride / static_cast<std::ptrdiff_t>(sizeof(Sample)) *
                     (static_cast<std::ptrdiff_t>(image.height) - 1);
}

// What to run: every field starts as AUTO. The struct's fields are at hand as options->seed.
class Options {
public:
  explicit Options(DipTask task, DipQuality quality = DIP_QUALITY_BALANCED) {
    check(dip_options_init(&options_, sizeof options_, task, quality));
  }

  // By name and from text, as a command line has it: "auto", "0.5", "lanczos2".
  Options &set(const std::string &name, const std::string &value) {
    check(dip_options_set(&options_, name.c_str(), value.c_str()));
    return *this;
  }

  // NaN is AUTO.
  double get(const std::string &name) const {
    double value = 0;
    check(dip_options_get(&options_, name.c_str(), &value));
    return value;
  }

  DipOptions *operator->() noexcept { return &options_; }
  const DipOptions *operator->() const noexcept { return &options_; }
  DipOptions *c() noexcept { return &options_; }
  const DipOptions *c() const noexcept { return &options_; }

private:
  DipOptions options_;
};

// What to work on. Keeps the descriptions, not the pixels.
class Inputs {
public:
  Inputs(const DipImage &image, const void *pixels)
      : image_(image), mask_(), guide_(), pixels_(pixels), mask_pixels_(nullptr), guide_pixels_(nullptr),
        has_mask_(false), has_guide_(false) {}

  Inputs &mask(const DipImage &image, const void *pixels) {
    mask_ = image;
    mask_pixels_ = pixels;
    has_mask_ = true;
    return *this;
  }

  Inputs &guide(const DipImage &image, const void *pixels) {
    guide_ = image;
    guide_pixels_ = pixels;
    has_guide_ = true;
    return *this;
  }

  // Points into this object.
  DipInputs c() const noexcept {
    DipInputs inputs = DipInputs();
    inputs.struct_size = sizeof inputs;
    inputs.image = &image_;
    inputs.pixels = pixels_;
    inputs.mask = has_mask_ ? &mask_ : nullptr;
    inputs.mask_pixels = mask_pixels_;
    inputs.guide = has_guide_ ? &guide_ : nullptr;
    inputs.guide_pixels = guide_pixels_;
    return inputs;
  }

private:
  DipImage image_, mask_, guide_;
  const void *pixels_, *mask_pixels_, *guide_pixels_;
  bool has_mask_, has_guide_;
};

// Bytes that a session would need at most.
inline std::uint64_t estimate_memory(const Options &options, const Inputs &inputs) {
  const DipInputs c_inputs = inputs.c();
  std::uint64_t bytes = 0;
  check(dip_estimate_memory(options.c(), &c_inputs, &bytes));
  return bytes;
}

// Of everything that the result's bits depend on; see dip_key.
inline std::array<std::uint8_t, 32> key(const Options &options, const Inputs &inputs) {
  const DipInputs c_inputs = inputs.c();
  std::array<std::uint8_t, 32> bytes = {};
  check(dip_key(options.c(), &c_inputs, bytes.data()));
  return bytes;
}

// One picture being restored. Moves, does not copy.
class Session {
public:
  Session(const Options &options, const Inputs &inputs) : session_(nullptr) {
    const DipInputs c_inputs = inputs.c();
    check(dip_create(options.c(), &c_inputs, &session_));
  }
  // One that was saved, with the inputs of then.
  Session(const std::string &path, const Inputs &inputs) : session_(nullptr) {
    const DipInputs c_inputs = inputs.c();
    check(dip_load(path.c_str(), &c_inputs, &session_));
  }
  ~Session() { dip_destroy(session_); }

  Session(Session &&other) noexcept : session_(other.session_) { other.session_ = nullptr; }
  Session &operator=(Session &&other) noexcept {
    if (this != &other) {
      dip_destroy(session_);
      session_ = other.session_;
      other.session_ = nullptr;
    }
    return *this;
  }
  Session(const Session &) = delete;
  Session &operator=(const Session &) = delete;

  // Runs so many iterations. True while there is more to do. After false the work is done, or, where
  // metrics.state is still DIP_STATE_RUNNING, was cancelled and may go on.
  bool step(std::uint32_t iterations, DipMetrics &metrics) {
    metrics = DipMetrics();
    metrics.struct_size = sizeof metrics;
    const DipStatus status = dip_step(session_, iterations, &metrics);
    if (status == DIP_CANCELLED)
      return false;
    check(status);
    return metrics.state == DIP_STATE_RUNNING;
  }

  DipMetrics metrics() const {
    DipMetrics metrics = DipMetrics();
    metrics.struct_size = sizeof metrics;
    check(dip_get_metrics(session_, &metrics));
    return metrics;
  }

  // AUTO resolved; what there is nothing to say of stays AUTO (see dip_get_options).
  DipOptions options() const {
    DipOptions options = DipOptions();
    options.struct_size = sizeof options;
    check(dip_get_options(session_, &options));
    return options;
  }

  void size(std::uint32_t &width, std::uint32_t &height) const { check(dip_get_size(session_, &width, &height)); }

  void preview(DipOutput output, const DipImage &image, void *pixels) const {
    check(dip_get_preview(session_, output, &image, pixels));
  }

  void preview_region(DipOutput output, std::uint32_t x, std::uint32_t y, std::uint32_t width, std::uint32_t height,
                      const DipImage &image, void *pixels) const {
    check(dip_get_preview_region(session_, output, x, y, width, height, &image, pixels));
  }

  void set_strength(float strength) { check(dip_set_strength(session_, strength)); }
  void save(const std::string &path) const { check(dip_save(session_, path.c_str())); }
  void cancel() noexcept { dip_cancel(session_); }

  DipSession *c() const noexcept { return session_; }

private:
  DipSession *session_;
};

} // namespace dipkit

#endif
