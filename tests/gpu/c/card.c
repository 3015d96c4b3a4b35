// The C library on a graphics card that works, or that fails as the environment has the stand-in fail.
#include "../../abi/c/fixture.h"

static DipOptions options_on(const char *device) {
  DipOptions options = tiny(DIP_TASK_DENOISE);
  set(&options, "device", device);
  set(&options, "iterations", "40");
  return options;
}

static DipStatus create_on(const char *device, DipSession **session) {
  unsigned char pixels[SIDE * SIDE * 3];
  const DipOptions options = options_on(device);
  const DipImage image = packed(SIDE, SIDE, 3, DIP_SAMPLE_U8);
  const DipInputs inputs = inputs_of(&image, pixels);
  paint(pixels, sizeof pixels);
  return dip_create(&options, &inputs, session);
}

// What is chosen where nobody chooses, and what comes of it.
static void runs_on(const char *asked, DipDevice device) {
  DipSession *session = NULL;
  OK(create_on(asked, &session));
  CHECK(finish(session).device == device);
  dip_destroy(session);
}

static void has_card(void) {
  DipSession *session = NULL;
  OK(create_on("cuda", &session));
  dip_destroy(session);
}

static void a_fit_runs_on_the_card(void) {
  runs_on("cuda", DIP_DEVICE_CUDA);
  runs_on("auto", DIP_DEVICE_CUDA);
}

static void a_card_that_cannot_be_used_is_unsupported(void) {
  DipSession *session = NULL;
  CHECK(create_on("cuda", &session) == DIP_ERROR_UNSUPPORTED);
  CHECK(session == NULL);
  SAYS("no CUDA device 0: ");
  runs_on("auto", DIP_DEVICE_CPU);
}

static void too_little_memory_of_the_card_is_told(void) {
  DipSession *session = NULL;
  DipMetrics metrics = no_metrics();
  OK(create_on("cuda", &session));
  CHECK(dip_step(session, 1, &metrics) == DIP_ERROR_OUT_OF_MEMORY);
  SAYS("the graphics card's free memory allows 100000 bytes");
  dip_destroy(session);
  runs_on("auto", DIP_DEVICE_CPU);
}

static void kernels_that_the_driver_refuses_are_an_error_of_the_device(void) {
  DipSession *session = NULL;
  DipMetrics metrics = no_metrics();
  OK(create_on("cuda", &session));
  CHECK(dip_step(session, 1, &metrics) == DIP_ERROR_DEVICE);
  SAYS("kernels");
  dip_destroy(session);
  runs_on("auto", DIP_DEVICE_CPU);
}

static void a_card_that_fails_in_a_fit_leaves_a_picture_and_the_cpu(void) {
  unsigned char before[SIDE * SIDE * 3], after[SIDE * SIDE * 3];
  DipSession *session = NULL;
  DipStatus status = DIP_OK;
  DipMetrics metrics = no_metrics();
  OK(create_on("cuda", &session));
  while (status == DIP_OK && metrics.state == DIP_STATE_RUNNING) {
    preview(session, DIP_OUTPUT_LATEST, before);
    status = dip_step(session, 1, &metrics);
  }
  CHECK(status == DIP_ERROR_DEVICE);
  SAYS("device cpu");
  preview(session, DIP_OUTPUT_LATEST, after);
  CHECK(memcmp(before, after, sizeof before) == 0);
  OK(dip_get_metrics(session, &metrics));
  CHECK(metrics.iteration > 0);
  dip_step(session, 1, &metrics);
  dip_destroy(session);
  runs_on("cpu", DIP_DEVICE_CPU);
}

MAIN(NAMED(has_card), NAMED(a_fit_runs_on_the_card), NAMED(a_card_that_cannot_be_used_is_unsupported),
     NAMED(too_little_memory_of_the_card_is_told), NAMED(kernels_that_the_driver_refuses_are_an_error_of_the_device),
     NAMED(a_card_that_fails_in_a_fit_leaves_a_picture_and_the_cpu))
