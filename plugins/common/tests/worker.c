// A worker on the real library: runs to the end, is stopped and keeps its picture, fails with a sentence and keeps
// what there is, and may be freed at any time.
#include "worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIDE 32
#define LONG_FIT "100000"
#define PATIENCE_MS 60000

static unsigned char pixels[SIDE * SIDE];
static const DipImage image = {.width = SIDE, .height = SIDE, .channels = 1};
static const DipInputs inputs = {.struct_size = sizeof inputs, .image = &image, .pixels = pixels};

static void check(int holds, const char *what) {
  if (holds)
    return;
  fprintf(stderr, "worker: does not hold: %s\n", what);
  exit(1);
}

static DipOptions options_for(const Engine *engine, const char *iterations) {
  DipOptions options;
  engine->options_init(&options, sizeof options, DIP_TASK_DENOISE, DIP_QUALITY_FAST);
  check(engine->options_set(&options, "iterations", iterations) == DIP_OK, "iterations are set");
  check(engine->options_set(&options, "early_stop", "0") == DIP_OK, "early stopping is off");
  check(engine->options_set(&options, "threads", "1") == DIP_OK, "threads are set");
  return options;
}

static void finishes(const Engine *engine) {
  const DipOptions options = options_for(engine, "12");
  Worker *worker = worker_start(engine, &options, &inputs);
  DipMetrics metrics;
  check(worker_wait(worker, PATIENCE_MS), "a short fit ends");
  check(worker_look(worker, &metrics) == WORKER_DONE, "it ends well");
  check(metrics.iteration == 12 && metrics.state == DIP_STATE_FINISHED, "all iterations are done");
  worker_free(worker);
}

static void stop_keeps_picture(const Engine *engine) {
  const DipOptions options = options_for(engine, LONG_FIT);
  Worker *worker = worker_start(engine, &options, &inputs);
  unsigned char result[SIDE * SIDE];
  DipMetrics metrics;
  do
    check(!worker_wait(worker, 10), "a long fit goes on");
  while (worker_look(worker, &metrics) == WORKER_PREPARING || metrics.iteration < 10);
  worker_stop(worker);
  check(worker_wait(worker, PATIENCE_MS), "a stopped fit ends");
  check(worker_look(worker, &metrics) == WORKER_DONE, "a stopped fit is no failure");
  check(engine->get_preview(worker_session(worker), DIP_OUTPUT_RESULT, &image, result) == DIP_OK, "it has a picture");
  check(memcmp(result, pixels, sizeof result) != 0, "the picture is not the input");
  worker_free(worker);
}

static void failure_is_told(const Engine *engine) {
  DipOptions options = options_for(engine, "12");
  Worker *worker;
  DipMetrics metrics;
  options.memory_limit = 1;
  worker = worker_start(engine, &options, &inputs);
  check(worker_wait(worker, PATIENCE_MS), "a failure ends");
  check(worker_look(worker, &metrics) == WORKER_FAILED, "it is seen");
  check(worker_error(worker)[0] != '\0', "it is told");
  check(worker_session(worker) == NULL, "it has no session");
  check(!worker_has_picture(&metrics), "it has no picture");
  worker_free(worker);
}

static const Engine *real;

static DipStatus step_and_diverge(DipSession *session, uint32_t iterations, DipMetrics *metrics) {
  real->step(session, iterations, metrics);
  return DIP_ERROR_DIVERGED;
}

static void divergence_keeps_picture(const Engine *engine) {
  const DipOptions options = options_for(engine, LONG_FIT);
  Engine diverging = *engine;
  unsigned char result[SIDE * SIDE];
  DipMetrics metrics;
  Worker *worker;
  real = engine;
  diverging.step = step_and_diverge;
  worker = worker_start(&diverging, &options, &inputs);
  check(worker_wait(worker, PATIENCE_MS), "a divergence ends");
  check(worker_look(worker, &metrics) == WORKER_FAILED, "it is a failure");
  check(worker_status(worker) == DIP_ERROR_DIVERGED, "it is told from others");
  check(worker_has_picture(&metrics), "the picture before it is known of");
  check(engine->get_preview(worker_session(worker), DIP_OUTPUT_RESULT, &image, result) == DIP_OK, "it can be read");
  check(memcmp(result, pixels, sizeof result) != 0, "it is not the input");
  worker_free(worker);
}

static void may_be_freed_any_time(const Engine *engine) {
  const DipOptions options = options_for(engine, LONG_FIT);
  unsigned milliseconds;
  for (milliseconds = 0; milliseconds < 40; milliseconds += 10) {
    Worker *worker = worker_start(engine, &options, &inputs);
    worker_wait(worker, milliseconds);
    worker_free(worker);
  }
  worker_free(NULL);
}

// The result of a fit of `iterations` that is stopped and gone on with every few milliseconds.
static void fitted(const Engine *engine, const char *iterations, int is_stopped, unsigned char *result) {
  const DipOptions options = options_for(engine, iterations);
  Worker *worker = worker_start(engine, &options, &inputs);
  DipMetrics metrics;
  unsigned stops = 0;
  while (is_stopped && (worker_look(worker, &metrics), metrics.progress < 1)) {
    worker_wait(worker, 1 + stops % 7);
    worker_stop(worker);
    if (++stops % 3 == 0)
      check(worker_wait(worker, PATIENCE_MS), "a stopped fit ends");
    check(worker_go_on(worker), "it goes on");
  }
  check(!is_stopped || stops > 5, "it is stopped often");
  check(worker_wait(worker, PATIENCE_MS), "it ends");
  check(worker_look(worker, &metrics) == WORKER_DONE && metrics.state == DIP_STATE_FINISHED, "it ends well");
  check(worker_go_on(worker), "there is nothing to go on with");
  check(engine->get_preview(worker_session(worker), DIP_OUTPUT_RESULT, &image, result) == DIP_OK, "it has a picture");
  worker_free(worker);
}

static void stopped_fit_goes_on_to_the_same_bytes(const Engine *engine) {
  unsigned char at_once[SIDE * SIDE], in_parts[SIDE * SIDE];
  fitted(engine, "400", 0, at_once);
  fitted(engine, "400", 1, in_parts);
  check(memcmp(at_once, in_parts, sizeof at_once) == 0, "it goes on to the same bytes");
}

typedef struct Shelf {
  const Engine *engine;
  DipSession *session;
  int entered, left;
} Shelf;

static DipSession *enter(void *owner, Worker *worker) {
  Shelf *shelf = owner;
  DipSession *session = shelf->session;
  shelf->session = NULL;
  shelf->entered++;
  while (shelf->entered == 1 && worker_may_go_on(worker))
    ; // until it is stopped
  return session;
}

static void leave(void *owner, DipSession *session, DipStatus status) {
  Shelf *shelf = owner;
  shelf->left++;
  check(session == NULL || status == DIP_OK, "it leaves well");
}

static void store_gives_the_session(const Engine *engine) {
  const DipOptions options = options_for(engine, "12");
  Shelf shelf = {.engine = engine};
  const WorkerStore store = {.owner = &shelf, .enter = enter, .leave = leave};
  Worker *worker = worker_start_stored(engine, &options, &inputs, &store);
  DipMetrics metrics;
  worker_stop(worker);
  check(worker_wait(worker, PATIENCE_MS), "what waits in its store ends when it is stopped");
  check(worker_session(worker) == NULL && shelf.left == 1, "it has no session then");
  check(engine->create(&options, &inputs, &shelf.session) == DIP_OK, "there is a session");
  check(worker_go_on(worker) && worker_wait(worker, PATIENCE_MS), "it goes on");
  check(worker_look(worker, &metrics) == WORKER_DONE && metrics.iteration == 12, "to the end");
  check(shelf.entered == 2 && shelf.left == 2 && shelf.session == NULL, "with the session of its store");
  worker_free(worker);
}

int main(void) {
  const char *why;
  const Engine *engine = engine_open(&why);
  size_t i;
  if (engine == NULL) {
    fprintf(stderr, "worker: %s\n", why);
    return 1;
  }
  for (i = 0; i < sizeof pixels; i++)
    pixels[i] = (unsigned char)(i % SIDE * 7 + (i * 2654435761u >> 24) % 32);
  finishes(engine);
  stop_keeps_picture(engine);
  failure_is_told(engine);
  divergence_keeps_picture(engine);
  may_be_freed_any_time(engine);
  stopped_fit_goes_on_to_the_same_bytes(engine);
  store_gives_the_session(engine);
  return 0;
}
