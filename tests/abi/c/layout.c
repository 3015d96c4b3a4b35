// Sizes and offsets as C sees them; the test compares them with Rust's.
#include <dipkit.h>
#include <stdio.h>

#define SIZE(type) printf(#type " %lu\n", (unsigned long)sizeof(type))
#define FIELD(type, field) printf(#type "." #field " %lu\n", (unsigned long)offsetof(type, field))

static void images(void) {
  SIZE(DipImage);
  FIELD(DipImage, width);
  FIELD(DipImage, height);
  FIELD(DipImage, channels);
  FIELD(DipImage, sample);
  FIELD(DipImage, transfer);
  FIELD(DipImage, flags);
  FIELD(DipImage, channel_stride);
  FIELD(DipImage, pixel_stride);
  FIELD(DipImage, row_stride);
  SIZE(DipInputs);
  FIELD(DipInputs, struct_size);
  FIELD(DipInputs, reserved);
  FIELD(DipInputs, image);
  FIELD(DipInputs, pixels);
  FIELD(DipInputs, mask);
  FIELD(DipInputs, mask_pixels);
  FIELD(DipInputs, guide);
  FIELD(DipInputs, guide_pixels);
}

static void options(void) {
  SIZE(DipOptions);
  FIELD(DipOptions, struct_size);
  FIELD(DipOptions, task);
  FIELD(DipOptions, quality);
  FIELD(DipOptions, device);
  FIELD(DipOptions, device_index);
  FIELD(DipOptions, threads);
  FIELD(DipOptions, seed);
  FIELD(DipOptions, factor);
  FIELD(DipOptions, downsample);
  FIELD(DipOptions, hole);
  FIELD(DipOptions, input);
  FIELD(DipOptions, optimizer);
  FIELD(DipOptions, tile_size);
  FIELD(DipOptions, iterations);
  FIELD(DipOptions, input_depth);
  FIELD(DipOptions, channels);
  FIELD(DipOptions, channels_deepest);
  FIELD(DipOptions, scales);
  FIELD(DipOptions, skip_channels);
  FIELD(DipOptions, early_stop);
  FIELD(DipOptions, runs);
  FIELD(DipOptions, reserved);
  FIELD(DipOptions, memory_limit);
  FIELD(DipOptions, time_limit);
  FIELD(DipOptions, strength);
  FIELD(DipOptions, noise_level);
  FIELD(DipOptions, learning_rate);
  FIELD(DipOptions, matrix_learning_rate);
  FIELD(DipOptions, input_noise);
  FIELD(DipOptions, average_weight);
  FIELD(DipOptions, tv_weight);
  FIELD(DipOptions, recorruption);
  FIELD(DipOptions, held_out);
}

static void results(void) {
  SIZE(DipMetrics);
  FIELD(DipMetrics, struct_size);
  FIELD(DipMetrics, state);
  FIELD(DipMetrics, iteration);
  FIELD(DipMetrics, iterations_total);
  FIELD(DipMetrics, best_iteration);
  FIELD(DipMetrics, jobs_done);
  FIELD(DipMetrics, jobs_total);
  FIELD(DipMetrics, device);
  FIELD(DipMetrics, progress);
  FIELD(DipMetrics, seconds_left);
  FIELD(DipMetrics, seconds);
  FIELD(DipMetrics, loss);
  FIELD(DipMetrics, psnr_observed);
  FIELD(DipMetrics, variance);
  FIELD(DipMetrics, noise_level);
  FIELD(DipMetrics, risk);
  FIELD(DipMetrics, noise_kind);
  FIELD(DipMetrics, hole);
  FIELD(DipMetrics, memory_bytes);
  SIZE(DipOptionInfo);
  FIELD(DipOptionInfo, struct_size);
  FIELD(DipOptionInfo, kind);
  FIELD(DipOptionInfo, minimum);
  FIELD(DipOptionInfo, maximum);
  FIELD(DipOptionInfo, default_value);
  FIELD(DipOptionInfo, name);
  FIELD(DipOptionInfo, label);
  FIELD(DipOptionInfo, hint);
  FIELD(DipOptionInfo, unit);
  FIELD(DipOptionInfo, choices);
  FIELD(DipOptionInfo, tasks);
  FIELD(DipOptionInfo, reserved);
}

int main(void) {
  images();
  options();
  results();
  return 0;
}
