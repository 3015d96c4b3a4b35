// inpaint IN.ppm MASK.pgm OUT.ppm [name=value ...] - fills what is black in the mask; on dipkit.hpp.
// Reads and writes binary PPM and PGM of 8 or 16 bits.
#include <dipkit.hpp>

#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

const std::uint32_t iterations_a_step = 10;

struct Picture {
  DipImage image;
  std::vector<std::uint16_t> samples; // 8 bits are kept as they are: 0..255
  unsigned maximum;
};

// Over white space and comments.
unsigned header_number(std::istream &file) {
  unsigned number = 0;
  while ((file >> std::ws) && file.peek() == '#')
    file.ignore(1000000, '\n');
  file >> number;
  return number;
}

Picture read_picture(const std::string &path) {
  std::ifstream file(path.c_str(), std::ios::binary);
  char p = 0, kind = 0;
  file.get(p).get(kind);
  const unsigned width = header_number(file), height = header_number(file), maximum = header_number(file);
  const bool is_known = p == 'P' && (kind == '5' || kind == '6') && (maximum == 255 || maximum == 65535);
  if (!file || !is_known || width == 0 || height == 0 || width > 1000000 || height > 1000000)
    throw std::runtime_error(path + ": not a readable binary PPM or PGM of 8 or 16 bits");
  file.get(); // the one byte behind the header
  Picture picture;
  picture.maximum = maximum;
  picture.image = dipkit::packed(width, height, kind == '6' ? 3 : 1, DIP_SAMPLE_U16);
  picture.samples.resize(std::size_t(width) * height * picture.image.channels);
  for (std::uint16_t &sample : picture.samples) {
    const int high = maximum > 255 ? file.get() : 0;
    sample = static_cast<std::uint16_t>(high << 8 | (file.get() & 255));
  }
  if (!file)
    throw std::runtime_error(path + ": ends too early");
  return picture;
}

void write_picture(const std::string &path, const Picture &picture) {
  std::ofstream file(path.c_str(), std::ios::binary);
  file << 'P' << (picture.image.channels == 3 ? 6 : 5) << '\n'
       << picture.image.width << ' ' << picture.image.height << '\n'
       << picture.maximum << '\n';
  for (const std::uint16_t sample : picture.samples) {
    if (picture.maximum > 255)
      file.put(static_cast<char>(sample >> 8));
    file.put(static_cast<char>(sample & 255));
  }
  file.close();
  if (!file)
    throw std::runtime_error(path + ": cannot be written");
}

// The library takes 16 bits of the whole range: 255 becomes 65535, and back without loss.
void widen(Picture &picture) {
  for (std::uint16_t &sample : picture.samples)
    sample = static_cast<std::uint16_t>(picture.maximum == 255 ? sample * 257 : sample);
}

void narrow(Picture &picture) {
  for (std::uint16_t &sample : picture.samples)
    sample = static_cast<std::uint16_t>(picture.maximum == 255 ? (sample + 128) / 257 : sample);
}

dipkit::Options read_options(const std::vector<std::string> &arguments) {
  dipkit::Options options(DIP_TASK_INPAINT);
  for (const std::string &argument : arguments) {
    const std::size_t equals = argument.find('=');
    options.set(argument.substr(0, equals), equals == std::string::npos ? "" : argument.substr(equals + 1));
  }
  return options;
}

void inpaint(const dipkit::Options &options, Picture &picture, const Picture &mask) {
  dipkit::Inputs inputs(picture.image, picture.samples.data());
  inputs.mask(mask.image, mask.samples.data());
  dipkit::Session session(options, inputs);
  DipMetrics metrics;
  bool is_running = true;
  while (is_running) {
    is_running = session.step(iterations_a_step, metrics);
    std::cerr << '\r' << static_cast<int>(100 * metrics.progress) << " %, iteration " << metrics.iteration;
  }
  std::cerr << '\n';
  session.preview(DIP_OUTPUT_RESULT, picture.image, picture.samples.data());
}

} // namespace

int main(int argc, char **argv) {
  try {
    if (argc < 4)
      throw std::runtime_error("usage: inpaint IN.ppm MASK.pgm OUT.ppm [name=value ...]");
    const dipkit::Options options = read_options(std::vector<std::string>(argv + 4, argv + argc));
    Picture picture = read_picture(argv[1]), mask = read_picture(argv[2]);
    widen(picture);
    widen(mask);
    inpaint(options, picture, mask);
    narrow(picture);
    write_picture(argv[3], picture);
    return EXIT_SUCCESS;
  } catch (const std::exception &error) {
    std::cerr << "inpaint: " << error.what() << '\n';
    return EXIT_FAILURE;
  }
}
