// Small pictures and the smallest fits, for the checks.
#ifndef FIXTURE_H
#define FIXTURE_H

#include "check.h"

#define SIDE 16

static inline void set(DipOptions *options, const char *name, const char *value) {
  OK(dip_options_set(options, name, value));
}

// A fit of milliseconds.
static inline DipOptions tiny(DipTask task) {
  DipOptions options;
  OK(dip_options_init(&options, sizeof options, task, DIP_QUALITY_BALANCED));
  set(&options, "iterations", "4");
  set(&options, "input_depth", "4");
  set(&options, "channels", "4");
  set(&options, "channels_deepest", "8");
  set(&options, "scales", "2");
  set(&options, "skip_channels", "2");
  set(&options, "early_stop", "0");
  set(&options, "threads", "1");
  set(&options, "input", "noise");
  if (task == DIP_TASK_SUPER_RESOLVE)
    set(&options, "factor", "2");
  return options;
}

static inline DipImage packed(uint32_t width, uint32_t height, uint32_t channels, DipSample sample) {
  DipImage image = {.width = width, .height = height, .channels = channels, .sample = sample};
  return image;
}

// Waves and a little noise, the same every time.
static inline unsigned char wave(size_t i) {
  return (unsigned char)(127.5 + 90 * sin(0.13 * (double)i) + (double)(i * 2654435761u % 31));
}

static inline void paint(unsigned char *samples, size_t count) {
  size_t i;
  for (i = 0; i < count; i++)
    samples[i] = wave(i);
}

// Observed but for a stripe in the middle of each row.
static inline void paint_mask(unsigned char *samples, uint32_t width, uint32_t height) {
  size_t i;
  for (i = 0; i < (size_t)width * height; i++)
    samples[i] = i % width == width / 2 && width > 1 ? 0 : 255;
}

static inline DipInputs inputs_of(const DipImage *image, const void *pixels) {
  DipInputs inputs = {.struct_size = sizeof inputs, .image = image, .pixels = pixels};
  return inputs;
}

// A session on a painted RGB picture of SIDE x SIDE.
static inline DipSession *session_with(const DipOptions *options) {
  unsigned char pixels[SIDE * SIDE * 3], mask_pixels[SIDE * SIDE];
  const DipImage image = packed(SIDE, SIDE, 3, DIP_SAMPLE_U8), mask = packed(SIDE, SIDE, 1, DIP_SAMPLE_U8);
  DipInputs inputs = inputs_of(&image, pixels);
  DipSession *session = NULL;
  paint(pixels, sizeof pixels);
  paint_mask(mask_pixels, SIDE, SIDE);
  if (options->task == DIP_TASK_INPAINT) {
    inputs.mask = &mask;
    inputs.mask_pixels = mask_pixels;
  }
  OK(dip_create(options, &inputs, &session));
  CHECK(session != NULL);
  return session;
}

static inline DipSession *tiny_session(DipTask task) {
  const DipOptions options = tiny(task);
  return session_with(&options);
}

static inline DipMetrics no_metrics(void) {
  DipMetrics metrics = {.struct_size = sizeof metrics};
  return metrics;
}

// Steps until the work ends.
static inline DipMetrics finish(DipSession *session) {
  DipMetrics metrics = no_metrics();
  while (metrics.state == DIP_STATE_RUNNING)
    OK(dip_step(session, 3, &metrics));
  return metrics;
}

// Bytes of a preview in the packed layout of U8 RGB.
static inline void preview(DipSession *session, DipOutput output, unsigned char *pixels) {
  DipImage image = packed(0, 0, 3, DIP_SAMPLE_U8);
  OK(dip_get_size(session, &image.width, &image.height));
  OK(dip_get_preview(session, output, &image, pixels));
}

#endif
