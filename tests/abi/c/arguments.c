// Every argument wrong once.
#include "fixture.h"

static unsigned char pixels[SIDE * SIDE * 3], mask_pixels[SIDE * SIDE];
static DipImage image, mask;
static DipInputs inputs;
static DipOptions options;

static void prepare(DipTask task) {
  image = packed(SIDE, SIDE, 3, DIP_SAMPLE_U8);
  mask = packed(SIDE, SIDE, 1, DIP_SAMPLE_U8);
  paint(pixels, sizeof pixels);
  paint_mask(mask_pixels, SIDE, SIDE);
  inputs = inputs_of(&image, pixels);
  options = tiny(task);
}

// dip_create refuses, says why, and leaves no session.
static void refused(const char *words) {
  DipSession *session = (DipSession *)&options;
  uint64_t bytes = 7;
  INVALID(dip_create(&options, &inputs, &session));
  SAYS(words);
  CHECK(session == NULL);
  INVALID(dip_estimate_memory(&options, &inputs, &bytes));
  SAYS(words);
  CHECK(bytes == 7);
}

static void null_options_are_refused(void) {
  double value = 0;
  prepare(DIP_TASK_DENOISE);
  INVALID(dip_options_init(NULL, sizeof options, DIP_TASK_DENOISE, DIP_QUALITY_FAST));
  SAYS("options is null");
  INVALID(dip_options_set(NULL, "seed", "1"));
  SAYS("options is null");
  INVALID(dip_options_set(&options, NULL, "1"));
  SAYS("name is null");
  INVALID(dip_options_set(&options, "seed", NULL));
  SAYS("value is null");
  INVALID(dip_options_get(NULL, "seed", &value));
  SAYS("options is null");
  INVALID(dip_options_get(&options, NULL, &value));
  SAYS("name is null");
  INVALID(dip_options_get(&options, "seed", NULL));
  SAYS("out_value is null");
  INVALID(dip_option_info(0, DIP_TASK_DENOISE, DIP_QUALITY_FAST, NULL));
  SAYS("out_info is null");
}

static void null_inputs_are_refused(void) {
  DipSession *session = NULL;
  uint64_t bytes = 0;
  prepare(DIP_TASK_DENOISE);
  INVALID(dip_estimate_memory(NULL, &inputs, &bytes));
  SAYS("options is null");
  INVALID(dip_estimate_memory(&options, NULL, &bytes));
  SAYS("inputs is null");
  INVALID(dip_estimate_memory(&options, &inputs, NULL));
  SAYS("out_bytes is null");
  INVALID(dip_create(NULL, &inputs, &session));
  SAYS("options is null");
  INVALID(dip_create(&options, NULL, &session));
  SAYS("inputs is null");
  INVALID(dip_create(&options, &inputs, NULL));
  SAYS("out_session is null");
  inputs.image = NULL;
  refused("image is null");
  inputs.image = &image;
  inputs.pixels = NULL;
  refused("pixels is null");
}

static void one_stride_0_is_refused(void) {
  prepare(DIP_TASK_DENOISE);
  image.row_stride = SIDE * 3 + 8;
  image.channel_stride = 1;
  refused("image.pixel_stride is 0: set all three strides, or none");
  image.pixel_stride = 3;
  image.row_stride = 0;
  refused("image.row_stride is 0");
  image.row_stride = SIDE * 3;
  image.channel_stride = 0;
  refused("image.channel_stride is 0");
}

static void half_a_mask_or_guide_is_refused(void) {
  prepare(DIP_TASK_INPAINT);
  inputs.mask = &mask;
  refused("mask_pixels is null");
  inputs.mask = NULL;
  inputs.mask_pixels = mask_pixels;
  refused("mask is null");
  prepare(DIP_TASK_DENOISE);
  inputs.guide = &image;
  refused("guide_pixels is null");
  inputs.guide = NULL;
  inputs.guide_pixels = pixels;
  refused("guide is null");
}

static void null_sessions_are_refused(void) {
  DipMetrics metrics = no_metrics();
  uint32_t width, height;
  prepare(DIP_TASK_DENOISE);
  INVALID(dip_step(NULL, 1, &metrics));
  SAYS("session is null");
  INVALID(dip_step(NULL, 1, NULL));
  INVALID(dip_get_metrics(NULL, &metrics));
  SAYS("session is null");
  INVALID(dip_get_options(NULL, &options));
  SAYS("session is null");
  INVALID(dip_get_size(NULL, &width, &height));
  SAYS("session is null");
  INVALID(dip_get_preview(NULL, DIP_OUTPUT_RESULT, &image, pixels));
  SAYS("session is null");
  INVALID(dip_get_preview_region(NULL, DIP_OUTPUT_RESULT, 0, 0, SIDE, SIDE, &image, pixels));
  SAYS("session is null");
  INVALID(dip_set_strength(NULL, 1));
  SAYS("session is null");
  dip_cancel(NULL);
  dip_destroy(NULL);
}

static void null_results_are_refused(void) {
  uint32_t side = 0;
  DipSession *session = tiny_session(DIP_TASK_DENOISE);
  prepare(DIP_TASK_DENOISE);
  INVALID(dip_get_metrics(session, NULL));
  SAYS("out_metrics is null");
  INVALID(dip_get_options(session, NULL));
  SAYS("out_options is null");
  INVALID(dip_get_size(session, NULL, &side));
  SAYS("out_width is null");
  INVALID(dip_get_size(session, &side, NULL));
  SAYS("out_height is null");
  CHECK(side == 0);
  INVALID(dip_get_preview(session, DIP_OUTPUT_RESULT, NULL, pixels));
  SAYS("image is null");
  INVALID(dip_get_preview(session, DIP_OUTPUT_RESULT, &image, NULL));
  SAYS("pixels is null");
  INVALID(dip_get_preview_region(session, DIP_OUTPUT_RESULT, 0, 0, SIDE, SIDE, NULL, pixels));
  SAYS("image is null");
  INVALID(dip_get_preview_region(session, DIP_OUTPUT_RESULT, 0, 0, SIDE, SIDE, &image, NULL));
  SAYS("pixels is null");
  OK(dip_step(session, 1, NULL));
  dip_destroy(session);
}

static void unknown_constants_are_refused(void) {
  DipSession *session = tiny_session(DIP_TASK_DENOISE);
  DipOptionInfo info = {.struct_size = sizeof info};
  INVALID(dip_options_init(&options, sizeof options, 99, DIP_QUALITY_FAST));
  SAYS("task is 99, must be 0 to 3");
  INVALID(dip_options_init(&options, sizeof options, DIP_TASK_DENOISE, 99));
  SAYS("quality is 99, must be 0 to 2");
  INVALID(dip_option_info(0, 99, DIP_QUALITY_FAST, &info));
  SAYS("task is 99");
  INVALID(dip_option_info(0, DIP_TASK_DENOISE, 99, &info));
  SAYS("quality is 99");
  prepare(DIP_TASK_DENOISE);
  INVALID(dip_get_preview(session, 99, &image, pixels));
  SAYS("output is 99, must be 0 to 3");
  INVALID(dip_get_preview_region(session, 99, 0, 0, SIDE, SIDE, &image, pixels));
  SAYS("output is 99, must be 0 to 3");
  CHECK(dip_device_is_available(99, 0) == 0);
  CHECK(strlen(dip_device_description(99, 0)) > 0);
  CHECK(strlen(dip_device_description(DIP_DEVICE_CPU, 4000000000u)) > 0);
  CHECK(strcmp(dip_status_string(99), "unknown status") == 0);
  dip_destroy(session);
}

#define REFUSED_OPTION(field, wrong, words)                                                          \
  do {                                                                                               \
    prepare(DIP_TASK_DENOISE);                                                                       \
    options.field = (wrong);                                                                         \
    refused(words);                                                                                  \
  } while (0)

static void options_out_of_range_are_refused(void) {
  REFUSED_OPTION(task, 99, "task is 99, must be 0 to 3");
  REFUSED_OPTION(quality, 99, "quality is 99, must be 0 to 2");
  REFUSED_OPTION(device, 99, "device is 99, must be 0 to 3");
  REFUSED_OPTION(device_index, 99, "device_index is 99, must be 0 to 63");
  REFUSED_OPTION(threads, 99999, "threads is 99999");
  REFUSED_OPTION(factor, 9, "factor is 9, must be 2 to 8");
  REFUSED_OPTION(downsample, 99, "downsample is 99, must be lanczos2");
  REFUSED_OPTION(hole, 99, "hole is 99, must be text");
  REFUSED_OPTION(input, 99, "input is 99, must be noise");
  REFUSED_OPTION(optimizer, 99, "optimizer is 99, must be adam");
  REFUSED_OPTION(iterations, 0, "iterations is 0, must be 1");
  REFUSED_OPTION(input_depth, 0, "input_depth is 0");
  REFUSED_OPTION(channels, 0, "channels is 0");
  REFUSED_OPTION(scales, 99, "scales is 99");
  REFUSED_OPTION(runs, 0, "runs is 0");
  REFUSED_OPTION(reserved, 5, "options.reserved is 5, must be 0");
  REFUSED_OPTION(memory_limit, UINT64_MAX, "memory_limit is");
  REFUSED_OPTION(time_limit, NAN, "time_limit is not a number");
  REFUSED_OPTION(time_limit, -1, "time_limit is -1");
  REFUSED_OPTION(strength, 1.5f, "strength is 1.5, must be 0 to 1");
  REFUSED_OPTION(noise_level, INFINITY, "noise_level is inf");
  REFUSED_OPTION(learning_rate, 0, "learning_rate is 0");
  REFUSED_OPTION(average_weight, 1, "average_weight is 1");
  REFUSED_OPTION(held_out, 0.9f, "held_out is");
}

#define REFUSED_IMAGE(field, wrong, words)                                                           \
  do {                                                                                               \
    prepare(DIP_TASK_INPAINT);                                                                       \
    inputs.mask = &mask;                                                                             \
    inputs.mask_pixels = mask_pixels;                                                                \
    field = (wrong);                                                                                 \
    refused(words);                                                                                  \
  } while (0)

static void images_out_of_range_are_refused(void) {
  REFUSED_IMAGE(image.width, 0, "image is 0x16");
  REFUSED_IMAGE(image.height, UINT32_MAX, "image is 16x4294967295");
  REFUSED_IMAGE(image.channels, 0, "image has 0 channels, must be 1 to 4");
  REFUSED_IMAGE(image.channels, 5, "image has 5 channels, must be 1 to 4");
  REFUSED_IMAGE(image.sample, 99, "image.sample is 99, must be 0 to 3");
  REFUSED_IMAGE(image.transfer, 99, "image.transfer is 99, must be 0 to 1");
  REFUSED_IMAGE(image.flags, 99, "image.flags is 99, must be 0 or 1");
  REFUSED_IMAGE(image.row_stride, PTRDIFF_MAX, "address space");
  REFUSED_IMAGE(image.row_stride, PTRDIFF_MIN, "address space");
  REFUSED_IMAGE(mask.sample, 99, "mask.sample is 99");
  REFUSED_IMAGE(mask.channels, 3, "mask");
  REFUSED_IMAGE(mask.width, 8, "mask is 8x16, image is 16x16");
  REFUSED_IMAGE(inputs.reserved, 5, "inputs.reserved is 5, must be 0");
  prepare(DIP_TASK_INPAINT);
  refused("mask");
}

static void previews_of_other_sizes_are_refused(void) {
  DipSession *session = tiny_session(DIP_TASK_DENOISE);
  prepare(DIP_TASK_DENOISE);
  image.width = 8;
  INVALID(dip_get_preview(session, DIP_OUTPUT_RESULT, &image, pixels));
  SAYS("8x16");
  SAYS("16x16");
  INVALID(dip_get_preview_region(session, DIP_OUTPUT_RESULT, 9, 0, 8, 16, &image, pixels));
  INVALID(dip_get_preview_region(session, DIP_OUTPUT_RESULT, UINT32_MAX, 0, 8, 16, &image, pixels));
  INVALID(dip_get_preview_region(session, DIP_OUTPUT_RESULT, 0, 0, 0, 16, &image, pixels));
  INVALID(dip_get_preview_region(session, DIP_OUTPUT_RESULT, 0, 0, 4, 16, &image, pixels));
  image = packed(SIDE, SIDE, 1, DIP_SAMPLE_U8);
  INVALID(dip_get_preview(session, DIP_OUTPUT_RESULT, &image, pixels));
  dip_destroy(session);
}

static void strength_outside_is_refused(void) {
  DipSession *session = tiny_session(DIP_TASK_DENOISE);
  INVALID(dip_set_strength(session, -0.1f));
  SAYS("strength is -0.1");
  INVALID(dip_set_strength(session, 1.1f));
  INVALID(dip_set_strength(session, NAN));
  OK(dip_set_strength(session, 0));
  OK(dip_set_strength(session, 1));
  dip_destroy(session);
}

static void strange_handles_are_told(void) {
  static uint64_t nothing[64];
  DipSession *session = tiny_session(DIP_TASK_DENOISE);
  INVALID(dip_step((DipSession *)nothing, 1, NULL));
  SAYS("points to no session");
  INVALID(dip_step((DipSession *)((char *)session + 1), 1, NULL));
  SAYS("points to no session");
  dip_cancel((DipSession *)nothing);
  dip_destroy((DipSession *)nothing);
  dip_destroy(session);
}

// Undefined by the header. Not run under a memory checker.
static void use_after_destroy_is_told(void) {
  DipSession *session = tiny_session(DIP_TASK_DENOISE);
  uint32_t width, height;
  dip_destroy(session);
  INVALID(dip_get_size(session, &width, &height));
  SAYS("destroyed");
}

static void texts_are_kept_by_thread_until_the_next_failure(void) {
  const char *text;
  CHECK(strcmp(dip_last_error(), "") == 0);
  INVALID(dip_options_init(&options, sizeof options, 99, 0));
  text = dip_last_error();
  OK(dip_options_init(&options, sizeof options, 0, 0));
  CHECK(dip_last_error() == text);
  SAYS("task is 99");
  INVALID(dip_options_set(&options, "tpyo", "1"));
  SAYS("there is no option \"tpyo\"");
  INVALID(dip_options_set(&options, "\xff", "1"));
  SAYS("name is not UTF-8");
}

MAIN(NAMED(null_options_are_refused), NAMED(null_inputs_are_refused), NAMED(one_stride_0_is_refused), NAMED(half_a_mask_or_guide_is_refused),
     NAMED(null_sessions_are_refused), NAMED(null_results_are_refused), NAMED(unknown_constants_are_refused),
     NAMED(options_out_of_range_are_refused), NAMED(images_out_of_range_are_refused),
     NAMED(previews_of_other_sizes_are_refused), NAMED(strength_outside_is_refused), NAMED(strange_handles_are_told),
     NAMED(use_after_destroy_is_told), NAMED(texts_are_kept_by_thread_until_the_next_failure))
