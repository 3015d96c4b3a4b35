// A session from creation to the end.
#include "fixture.h"

#define BYTES (SIDE * SIDE * 3)

static const DipTask tasks[] = {DIP_TASK_DENOISE, DIP_TASK_DEJPEG, DIP_TASK_SUPER_RESOLVE, DIP_TASK_INPAINT};

// What `result` gives after all steps of `options`, a few at a time.
static void restore(const DipOptions *options, uint32_t at_a_time, unsigned char *result) {
  DipSession *session = session_with(options);
  DipMetrics metrics = no_metrics();
  while (metrics.state == DIP_STATE_RUNNING)
    OK(dip_step(session, at_a_time, &metrics));
  preview(session, DIP_OUTPUT_RESULT, result);
  dip_destroy(session);
}

static void every_task_goes_from_start_to_end(void) {
  size_t i;
  for (i = 0; i < 4; i++) {
    unsigned char before[BYTES * 4], after[BYTES * 4];
    DipSession *session = tiny_session(tasks[i]);
    DipMetrics metrics = no_metrics();
    preview(session, DIP_OUTPUT_RESULT, before);
    OK(dip_get_metrics(session, &metrics));
    CHECK(metrics.state == DIP_STATE_RUNNING && metrics.iteration == 0 && metrics.progress == 0);
    CHECK(metrics.iterations_total == 0 && metrics.jobs_total == 0 && metrics.device == DIP_DEVICE_CPU);
    OK(dip_step(session, 0, &metrics));
    CHECK(metrics.state == DIP_STATE_RUNNING && metrics.iteration == 0 && metrics.progress == 0);
    CHECK(metrics.iterations_total == 4 && metrics.jobs_total == 1);
    OK(dip_step(session, 3, &metrics));
    CHECK(metrics.state == DIP_STATE_RUNNING && metrics.iteration == 3);
    CHECK(metrics.progress > 0 && metrics.progress < 1 && metrics.loss > 0 && metrics.seconds > 0);
    OK(dip_step(session, 3, &metrics));
    CHECK(metrics.state == DIP_STATE_FINISHED && metrics.iteration == 4 && metrics.progress == 1);
    CHECK(metrics.jobs_done == 1 && isfinite(metrics.psnr_observed));
    CHECK((metrics.hole != DIP_AUTO) == (tasks[i] == DIP_TASK_INPAINT));
    preview(session, DIP_OUTPUT_RESULT, after);
    CHECK(memcmp(before, after, BYTES) != 0);
    dip_destroy(session);
  }
}

static void empty_steps_and_steps_behind_the_end_do_nothing(void) {
  unsigned char before[BYTES], after[BYTES];
  DipSession *session = tiny_session(DIP_TASK_DENOISE);
  DipMetrics metrics = no_metrics();
  OK(dip_step(session, 0, &metrics));
  CHECK(metrics.iteration == 0 && metrics.state == DIP_STATE_RUNNING);
  finish(session);
  preview(session, DIP_OUTPUT_RESULT, before);
  OK(dip_step(session, 5, &metrics));
  CHECK(metrics.iteration == 4 && metrics.state == DIP_STATE_FINISHED);
  preview(session, DIP_OUTPUT_RESULT, after);
  CHECK(memcmp(before, after, BYTES) == 0);
  dip_destroy(session);
}

static void preview_before_the_first_step_is_the_input(void) {
  unsigned char given[BYTES], seen[BYTES];
  DipSession *session = tiny_session(DIP_TASK_DENOISE);
  DipOutput output;
  paint(given, BYTES);
  for (output = DIP_OUTPUT_RESULT; output <= DIP_OUTPUT_INPUT; output++) {
    preview(session, output, seen);
    CHECK(memcmp(given, seen, BYTES) == 0);
  }
  finish(session);
  preview(session, DIP_OUTPUT_INPUT, seen);
  CHECK(memcmp(given, seen, BYTES) == 0);
  dip_destroy(session);
}

static void size_is_the_input_times_factor(void) {
  DipOptions options = tiny(DIP_TASK_SUPER_RESOLVE);
  DipSession *session;
  uint32_t width = 0, height = 0;
  set(&options, "factor", "3");
  session = session_with(&options);
  OK(dip_get_size(session, &width, &height));
  CHECK(width == 3 * SIDE && height == 3 * SIDE);
  dip_destroy(session);
}

static void strength_blends_at_any_time(void) {
  unsigned char given[BYTES], none[BYTES], half[BYTES], full[BYTES];
  DipSession *session = tiny_session(DIP_TASK_DENOISE);
  size_t i;
  paint(given, BYTES);
  finish(session);
  preview(session, DIP_OUTPUT_RESULT, full);
  OK(dip_set_strength(session, 0.5f));
  preview(session, DIP_OUTPUT_RESULT, half);
  OK(dip_set_strength(session, 0));
  preview(session, DIP_OUTPUT_RESULT, none);
  CHECK(memcmp(given, none, BYTES) == 0);
  CHECK(memcmp(given, full, BYTES) != 0);
  for (i = 0; i < BYTES; i++)
    CHECK(abs(2 * half[i] - given[i] - full[i]) <= 2); // each of the three is rounded
  dip_destroy(session);
}

static void grouping_of_steps_leaves_the_same_bytes(void) {
  unsigned char at_once[BYTES], one_by_one[BYTES];
  DipOptions options = tiny(DIP_TASK_DENOISE);
  set(&options, "iterations", "20");
  restore(&options, 20, at_once);
  restore(&options, 1, one_by_one);
  CHECK(memcmp(at_once, one_by_one, BYTES) == 0);
  restore(&options, 10, one_by_one);
  CHECK(memcmp(at_once, one_by_one, BYTES) == 0);
}

static void threads_do_not_change_the_result(void) {
  unsigned char one[BYTES], two[BYTES];
  DipOptions options = tiny(DIP_TASK_DENOISE);
  restore(&options, 4, one);
  set(&options, "threads", "2");
  restore(&options, 4, two);
  CHECK(memcmp(one, two, BYTES) == 0);
  set(&options, "seed", "1");
  restore(&options, 4, two);
  CHECK(memcmp(one, two, BYTES) != 0);
}

static void time_limit_ends_the_work(void) {
  DipOptions options = tiny(DIP_TASK_DENOISE);
  DipSession *session;
  DipMetrics metrics = no_metrics();
  set(&options, "iterations", "1000000");
  set(&options, "time_limit", "0.05");
  session = session_with(&options);
  OK(dip_step(session, 1000000, &metrics));
  CHECK(metrics.state == DIP_STATE_TIMED_OUT && metrics.progress == 1 && metrics.seconds < 5);
  dip_destroy(session);
}

static void a_guide_is_taken(void) {
  unsigned char pixels[BYTES], guide[BYTES];
  const DipImage image = packed(SIDE, SIDE, 3, DIP_SAMPLE_U8);
  DipInputs inputs = inputs_of(&image, pixels);
  DipOptions options = tiny(DIP_TASK_DENOISE), resolved = {.struct_size = sizeof resolved};
  DipSession *session = NULL;
  paint(pixels, BYTES);
  memset(guide, 100, BYTES);
  inputs.guide = &image;
  inputs.guide_pixels = guide;
  set(&options, "input", "auto");
  OK(dip_create(&options, &inputs, &session));
  OK(dip_get_options(session, &resolved));
  CHECK(resolved.input == DIP_AUTO);
  OK(dip_step(session, 0, NULL));
  OK(dip_get_options(session, &resolved));
  CHECK(resolved.input == DIP_INPUT_PICTURE);
  finish(session);
  dip_destroy(session);
}

static void a_region_is_the_part_of_the_whole(void) {
  unsigned char whole[BYTES], part[4 * 3 * 3], one[3];
  DipSession *session = tiny_session(DIP_TASK_DENOISE);
  DipImage image = packed(4, 3, 3, DIP_SAMPLE_U8);
  size_t y;
  finish(session);
  preview(session, DIP_OUTPUT_RESULT, whole);
  OK(dip_get_preview_region(session, DIP_OUTPUT_RESULT, 12, 13, 4, 3, &image, part));
  for (y = 0; y < 3; y++)
    CHECK(memcmp(part + y * 12, whole + ((13 + y) * SIDE + 12) * 3, 12) == 0);
  image = packed(1, 1, 3, DIP_SAMPLE_U8);
  OK(dip_get_preview_region(session, DIP_OUTPUT_INPUT, 0, 0, 2, 2, &image, one));
  CHECK(abs(one[0] - (wave(0) + wave(3) + wave(48) + wave(51) + 2) / 4) <= 1); // the mean of the four
  dip_destroy(session);
}

static void a_device_that_is_not_there_is_unsupported(void) {
  unsigned char pixels[BYTES];
  const DipImage image = packed(SIDE, SIDE, 3, DIP_SAMPLE_U8);
  const DipInputs inputs = inputs_of(&image, pixels);
  DipOptions options = tiny(DIP_TASK_DENOISE);
  DipSession *session = NULL;
  if (dip_device_is_available(DIP_DEVICE_CUDA, 0))
    return;
  paint(pixels, BYTES);
  set(&options, "device", "cuda");
  CHECK(dip_create(&options, &inputs, &session) == DIP_ERROR_UNSUPPORTED);
  CHECK(session == NULL && strchr(dip_last_error(), ' ') != NULL);
}

static void runs_are_jobs(void) {
  unsigned char pixels[BYTES];
  const DipImage image = packed(SIDE, SIDE, 3, DIP_SAMPLE_U8);
  const DipInputs inputs = inputs_of(&image, pixels);
  DipOptions options = tiny(DIP_TASK_DENOISE);
  DipMetrics metrics = {.struct_size = sizeof metrics};
  DipSession *session = NULL;
  paint(pixels, BYTES);
  set(&options, "runs", "2");
  OK(dip_create(&options, &inputs, &session));
  OK(dip_step(session, 1000000, &metrics));
  CHECK(metrics.state != DIP_STATE_RUNNING && metrics.jobs_done == 2 && metrics.jobs_total == 2);
  dip_destroy(session);
}

MAIN(NAMED(every_task_goes_from_start_to_end), NAMED(empty_steps_and_steps_behind_the_end_do_nothing),
     NAMED(preview_before_the_first_step_is_the_input), NAMED(size_is_the_input_times_factor),
     NAMED(strength_blends_at_any_time), NAMED(grouping_of_steps_leaves_the_same_bytes),
     NAMED(threads_do_not_change_the_result), NAMED(time_limit_ends_the_work), NAMED(a_guide_is_taken),
     NAMED(a_region_is_the_part_of_the_whole), NAMED(a_device_that_is_not_there_is_unsupported),
     NAMED(runs_are_jobs))
