// Pictures, masks, numbers and processes that nobody would choose.
#define _GNU_SOURCE
#include "fixture.h"
#include <fenv.h>
#include <signal.h>
#include <sys/wait.h>

#define MOST (66 * 66 * 4)

static float floats[MOST], results[MOST];

static const DipTask tasks[] = {DIP_TASK_DENOISE, DIP_TASK_DEJPEG, DIP_TASK_SUPER_RESOLVE, DIP_TASK_INPAINT};

static void paint_floats(size_t count) {
  size_t i;
  for (i = 0; i < count; i++)
    floats[i] = (float)wave(i) / 255;
}

// Restores `floats` of this size; the result is finite, of the right size, and in `results`.
static void restore_floats(DipTask task, uint32_t width, uint32_t height, uint32_t channels) {
  static unsigned char mask_pixels[MOST];
  DipImage image = packed(width, height, channels, DIP_SAMPLE_F32), mask = packed(width, height, 1, DIP_SAMPLE_U8);
  DipInputs inputs = inputs_of(&image, floats);
  DipOptions options = tiny(task);
  DipSession *session = NULL;
  uint32_t factor = task == DIP_TASK_SUPER_RESOLVE ? 2 : 1;
  size_t i;
  set(&options, "iterations", "3");
  paint_mask(mask_pixels, width, height);
  if (task == DIP_TASK_INPAINT) {
    inputs.mask = &mask;
    inputs.mask_pixels = mask_pixels;
  }
  OK(dip_create(&options, &inputs, &session));
  finish(session);
  OK(dip_get_size(session, &image.width, &image.height));
  CHECK(image.width == width * factor && image.height == height * factor);
  OK(dip_get_preview(session, DIP_OUTPUT_RESULT, &image, results));
  for (i = 0; i < (size_t)image.width * image.height * channels; i++)
    CHECK(isfinite(results[i]));
  dip_destroy(session);
}

static void every_task_takes_every_size(void) {
  static const uint32_t sizes[][2] = {{1, 1}, {1, 7}, {7, 1}, {3, 3}, {2, 5}, {31, 33}};
  size_t task, size;
  paint_floats(MOST);
  for (task = 0; task < 4; task++)
    for (size = 0; size < sizeof sizes / sizeof *sizes; size++)
      restore_floats(tasks[task], sizes[size][0], sizes[size][1], size % 2 ? 3 : 1);
}

static void alpha_is_carried_not_fitted(void) {
  size_t i;
  paint_floats(8 * 8 * 4);
  restore_floats(DIP_TASK_DENOISE, 8, 8, 4);
  for (i = 3; i < 8 * 8 * 4; i += 4)
    CHECK(results[i] == floats[i]);
  restore_floats(DIP_TASK_SUPER_RESOLVE, 8, 8, 2);
}

static void strange_samples_give_a_finite_picture(void) {
  static const float strange[] = {NAN, INFINITY, -INFINITY, 1e38f, -1e38f, 1e-40f, -1, 1e5f};
  size_t task, i;
  for (task = 0; task < 4; task++) {
    paint_floats(12 * 12 * 3);
    for (i = 0; i < sizeof strange / sizeof *strange; i++)
      floats[7 + 31 * i] = strange[i];
    restore_floats(tasks[task], 12, 12, 3);
  }
}

static void constant_pictures_are_taken(void) {
  static const float levels[] = {0, 0.5f, 1, -3, 7};
  size_t task, level, i;
  for (task = 0; task < 4; task++)
    for (level = 0; level < sizeof levels / sizeof *levels; level++) {
      for (i = 0; i < 9 * 9 * 3; i++)
        floats[i] = levels[level];
      restore_floats(tasks[task], 9, 9, 3);
    }
}

static void masks_may_keep_all_or_one_pixel_but_not_none(void) {
  unsigned char pixels[SIDE * SIDE * 3], mask_pixels[SIDE * SIDE], seen[SIDE * SIDE * 3];
  const DipImage image = packed(SIDE, SIDE, 3, DIP_SAMPLE_U8), mask = packed(SIDE, SIDE, 1, DIP_SAMPLE_U8);
  DipInputs inputs = inputs_of(&image, pixels);
  const DipOptions options = tiny(DIP_TASK_INPAINT);
  DipSession *session = NULL;
  int is_all;
  paint(pixels, sizeof pixels);
  inputs.mask = &mask;
  inputs.mask_pixels = mask_pixels;
  for (is_all = 0; is_all < 2; is_all++) {
    memset(mask_pixels, is_all ? 255 : 0, sizeof mask_pixels);
    mask_pixels[100] = 255;
    OK(dip_create(&options, &inputs, &session));
    finish(session);
    OK(dip_get_preview(session, DIP_OUTPUT_RESULT, &image, seen));
    CHECK(memcmp(pixels, seen, sizeof seen) == 0 || !is_all);
    CHECK(memcmp(pixels + 300, seen + 300, 3) == 0);
    dip_destroy(session);
  }
  memset(mask_pixels, 0, sizeof mask_pixels);
  INVALID(dip_create(&options, &inputs, &session));
  SAYS("every pixel is missing");
}

// Inpaints and compares the samples outside the holes, bit by bit.
static void check_observed(DipSample sample, const unsigned char *bits, size_t bytes) {
  static unsigned char seen[SIDE * SIDE * 3 * 4], mask_pixels[SIDE * SIDE];
  const DipImage image = packed(SIDE, SIDE, 3, sample), mask = packed(SIDE, SIDE, 1, DIP_SAMPLE_U8);
  DipInputs inputs = inputs_of(&image, bits);
  const DipOptions options = tiny(DIP_TASK_INPAINT);
  DipSession *session = NULL;
  size_t i, changed = 0;
  paint_mask(mask_pixels, SIDE, SIDE);
  inputs.mask = &mask;
  inputs.mask_pixels = mask_pixels;
  OK(dip_create(&options, &inputs, &session));
  finish(session);
  OK(dip_get_preview(session, DIP_OUTPUT_RESULT, &image, seen));
  for (i = 0; i < SIDE * SIDE; i++) {
    const int is_same = memcmp(bits + i * 3 * bytes, seen + i * 3 * bytes, 3 * bytes) == 0;
    CHECK(mask_pixels[i] != 255 || is_same);
    changed += !is_same;
  }
  CHECK(changed > 0);
  dip_destroy(session);
}

static void observed_samples_are_bit_identical(void) {
  static unsigned char bits[SIDE * SIDE * 3 * 4];
  const size_t samples = SIDE * SIDE * 3;
  size_t i;
  paint(bits, samples);
  check_observed(DIP_SAMPLE_U8, bits, 1);
  for (i = 0; i < samples; i++) {
    const uint16_t any = (uint16_t)(i * 40503u);
    memcpy(bits + 2 * i, &any, 2);
  }
  check_observed(DIP_SAMPLE_U16, bits, 2);
  for (i = 0; i < samples; i++) { // halves between 2^-14 and 8, either sign
    const uint16_t half = (uint16_t)((i & 1) << 15 | (1 + i % 17) << 10 | (i * 40503u & 1023));
    memcpy(bits + 2 * i, &half, 2);
  }
  check_observed(DIP_SAMPLE_F16, bits, 2);
  for (i = 0; i < samples; i++) {
    const float value = (float)(i * 2654435761u % 100003) * 3e-5f - 0.5f;
    memcpy(bits + 4 * i, &value, 4);
  }
  check_observed(DIP_SAMPLE_F32, bits, 4);
}

// A part of the picture at its own scale, whose samples outside the holes are the given ones too.
static void a_part_has_the_bits_of_the_whole(void) {
  static float given[SIDE * SIDE * 3], whole[SIDE * SIDE * 3], part[8 * 5 * 3];
  static unsigned char mask_pixels[SIDE * SIDE];
  const DipImage image = packed(SIDE, SIDE, 3, DIP_SAMPLE_F32), mask = packed(SIDE, SIDE, 1, DIP_SAMPLE_U8);
  const DipImage part_image = packed(8, 5, 3, DIP_SAMPLE_F32);
  DipInputs inputs = inputs_of(&image, given);
  const DipOptions options = tiny(DIP_TASK_INPAINT);
  DipSession *session = NULL;
  DipOutput output;
  size_t i, y;
  for (i = 0; i < SIDE * SIDE * 3; i++)
    given[i] = (float)wave(i) / (i % 7 == 0 ? 50 : 255); // some above 1
  paint_mask(mask_pixels, SIDE, SIDE);
  inputs.mask = &mask;
  inputs.mask_pixels = mask_pixels;
  OK(dip_create(&options, &inputs, &session));
  finish(session);
  for (output = DIP_OUTPUT_RESULT; output <= DIP_OUTPUT_INPUT; output++) {
    OK(dip_get_preview(session, output, &image, whole));
    OK(dip_get_preview_region(session, output, 4, 6, 8, 5, &part_image, part));
    for (y = 0; y < 5; y++)
      CHECK(memcmp(part + y * 24, whole + ((6 + y) * SIDE + 4) * 3, 24 * sizeof *part) == 0);
  }
  dip_destroy(session);
}

static void a_huge_learning_rate_is_told_and_leaves_a_picture(void) {
  unsigned char seen[SIDE * SIDE * 3];
  DipOptions options = tiny(DIP_TASK_DENOISE);
  DipSession *session;
  DipStatus status;
  size_t i;
  unsigned sum = 0;
  set(&options, "iterations", "3000");
  set(&options, "learning_rate", "10");
  session = session_with(&options);
  status = dip_step(session, 3000, NULL);
  CHECK(status == DIP_ERROR_DIVERGED);
  SAYS("learning_rate");
  preview(session, DIP_OUTPUT_RESULT, seen);
  for (i = 0; i < sizeof seen; i++)
    sum += seen[i];
  CHECK(sum / sizeof seen > 10); // not black
  CHECK(dip_step(session, 1, NULL) == DIP_ERROR_DIVERGED);
  dip_destroy(session);
}

static void memory_limit_refuses_before_the_work(void) {
  unsigned char pixels[SIDE * SIDE * 3];
  const DipImage image = packed(SIDE, SIDE, 3, DIP_SAMPLE_U8);
  const DipInputs inputs = inputs_of(&image, pixels);
  DipOptions options = tiny(DIP_TASK_DENOISE);
  DipSession *session = NULL;
  uint64_t bytes = 0;
  char number[32];
  paint(pixels, sizeof pixels);
  set(&options, "tile_size", "0");
  OK(dip_estimate_memory(&options, &inputs, &bytes));
  CHECK(bytes > sizeof pixels);
  options.memory_limit = bytes - 1;
  OK(dip_create(&options, &inputs, &session)); // it has not been measured yet
  CHECK(dip_step(session, 1, NULL) == DIP_ERROR_OUT_OF_MEMORY);
  sprintf(number, "%llu", (unsigned long long)bytes);
  SAYS(number);
  SAYS("memory_limit");
  dip_destroy(session);
  options.memory_limit = bytes;
  OK(dip_create(&options, &inputs, &session));
  finish(session);
  dip_destroy(session);
}

static void a_forked_child_makes_its_own_session(void) {
  DipSession *session = tiny_session(DIP_TASK_DENOISE);
  int status = 1;
  pid_t child;
  OK(dip_step(session, 1, NULL));
  child = fork();
  if (child == 0) {
    DipSession *own;
    CHECK(dip_step(session, 1, NULL) == DIP_ERROR_UNSUPPORTED);
    SAYS("parent process");
    dip_destroy(session);
    own = tiny_session(DIP_TASK_DENOISE);
    finish(own);
    dip_destroy(own);
    _exit(0);
  }
  CHECK(waitpid(child, &status, 0) == child && status == 0);
  finish(session);
  dip_destroy(session);
}

static void floating_point_state_stays(void) {
  volatile double smallest = 1e-310;
  const int rounding = fegetround();
  feclearexcept(FE_ALL_EXCEPT);
  CHECK(fesetround(FE_UPWARD) == 0);
  DipSession *session = tiny_session(DIP_TASK_DENOISE);
  finish(session);
  dip_destroy(session);
  CHECK(fegetround() == FE_UPWARD && smallest / 2 != 0);
  CHECK(fesetround(rounding) == 0);
}

// Every function that computes, with all that the preset decides left to it.
static void use_everything(const unsigned char *pixels, unsigned char *seen) {
  const DipImage image = packed(SIDE, SIDE, 3, DIP_SAMPLE_U8), small = packed(5, 5, 3, DIP_SAMPLE_U8);
  const DipInputs inputs = inputs_of(&image, pixels);
  DipOptionInfo info = {.struct_size = sizeof info};
  DipOptions options;
  DipSession *session = NULL;
  DipMetrics metrics = no_metrics();
  double value;
  uint64_t bytes;
  OK(dip_option_info(20, DIP_TASK_INPAINT, DIP_QUALITY_FAST, &info));
  OK(dip_options_init(&options, sizeof options, DIP_TASK_DENOISE, DIP_QUALITY_BALANCED));
  OK(dip_options_get(&options, "noise_level", &value));
  set(&options, "iterations", "12");
  set(&options, "threads", "2");
  OK(dip_estimate_memory(&options, &inputs, &bytes));
  OK(dip_create(&options, &inputs, &session));
  while (metrics.state == DIP_STATE_RUNNING)
    OK(dip_step(session, 3, &metrics));
  OK(dip_get_metrics(session, &metrics));
  OK(dip_get_options(session, &options));
  OK(dip_set_strength(session, 0.75f));
  preview(session, DIP_OUTPUT_RESULT, seen);
  OK(dip_get_preview_region(session, DIP_OUTPUT_AVERAGE, 1, 1, 14, 14, &small, seen + SIDE * SIDE * 3));
  dip_cancel(session);
  dip_destroy(session);
  options.learning_rate = INFINITY;
  INVALID(dip_create(&options, &inputs, &session));
}

// Delphi's and Free Pascal's programs trap; others round their own way.
static void numbers_of_a_strange_host_are_its_own(void) {
  static unsigned char pixels[SIDE * SIDE * 3], usual[SIDE * SIDE * 3 + 75], seen[sizeof usual];
  static const int roundings[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
  const int traps = FE_INVALID | FE_DIVBYZERO | FE_OVERFLOW;
  size_t i;
  paint(pixels, sizeof pixels);
  use_everything(pixels, usual);
  for (i = 0; i < 4; i++) {
    fenv_t before, after;
    int seen_before;
    CHECK(fesetround(roundings[i]) == 0);
    feclearexcept(FE_ALL_EXCEPT);
    feraiseexcept(FE_UNDERFLOW); // seen by the host, and its own affair
    CHECK(feenableexcept(traps) != -1);
    seen_before = fetestexcept(FE_ALL_EXCEPT);
    CHECK(fegetenv(&before) == 0);
    use_everything(pixels, seen);
    CHECK(fegetenv(&after) == 0);
    CHECK(fegetround() == roundings[i] && fegetexcept() == traps && fetestexcept(FE_ALL_EXCEPT) == seen_before);
    CHECK(memcmp(&before, &after, sizeof before) == 0);
    CHECK(fedisableexcept(FE_ALL_EXCEPT) != -1);
    CHECK(memcmp(usual, seen, sizeof usual) == 0);
  }
}

static void signals_folder_and_environment_stay(void) {
  struct sigaction before[32], after;
  char folder[4096], later[4096];
  char **const environment = environ;
  const char *first = environ[0];
  int number;
  for (number = 1; number < 32; number++)
    CHECK(sigaction(number, NULL, &before[number]) == 0);
  CHECK(getcwd(folder, sizeof folder) != NULL);
  finish(tiny_session(DIP_TASK_DENOISE));
  CHECK(getcwd(later, sizeof later) != NULL && strcmp(folder, later) == 0);
  CHECK(environ == environment && environ[0] == first);
  for (number = 1; number < 32; number++)
    CHECK(sigaction(number, NULL, &after) == 0 && after.sa_handler == before[number].sa_handler);
}

MAIN(NAMED(every_task_takes_every_size), NAMED(alpha_is_carried_not_fitted),
     NAMED(strange_samples_give_a_finite_picture), NAMED(constant_pictures_are_taken),
     NAMED(masks_may_keep_all_or_one_pixel_but_not_none), NAMED(observed_samples_are_bit_identical),
     NAMED(a_part_has_the_bits_of_the_whole), NAMED(a_huge_learning_rate_is_told_and_leaves_a_picture),
     NAMED(memory_limit_refuses_before_the_work), NAMED(a_forked_child_makes_its_own_session),
     NAMED(floating_point_state_stays), NAMED(numbers_of_a_strange_host_are_its_own),
     NAMED(signals_folder_and_environment_stay))
