// Several threads on one session, and several sessions.
#define _GNU_SOURCE
#include "fixture.h"
#include <dirent.h>
#include <pthread.h>
#include <time.h>

#define BYTES (SIDE * SIDE * 3)
#define FOREVER 1000000
// From c_api.md: cancel within 250 ms. The rest is for a machine that is busy with other tests.
#define SOON 2.0

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void pause_ms(long ms) {
  const struct timespec time = {ms / 1000, ms % 1000 * 1000000};
  nanosleep(&time, NULL);
}

// A step in a thread of its own.
typedef struct Step {
  pthread_t thread;
  DipSession *session;
  uint32_t iterations;
  DipStatus status;
  DipMetrics metrics;
  char text[256];
} Step;

static void *run_step(void *argument) {
  Step *step = argument;
  step->metrics = no_metrics();
  step->status = dip_step(step->session, step->iterations, &step->metrics);
  strncpy(step->text, dip_last_error(), sizeof step->text - 1);
  return NULL;
}

static void start(Step *step, DipSession *session, uint32_t iterations) {
  memset(step, 0, sizeof *step);
  step->session = session;
  step->iterations = iterations;
  CHECK(pthread_create(&step->thread, NULL, run_step, step) == 0);
}

static void join(Step *step) { CHECK(pthread_join(step->thread, NULL) == 0); }

static DipSession *endless_session(void) {
  DipOptions options = tiny(DIP_TASK_DENOISE);
  set(&options, "iterations", "1000000");
  return session_with(&options);
}

// Until the step in the other thread is under way.
static uint32_t wait_for_iteration(DipSession *session, uint32_t iteration) {
  DipMetrics metrics = no_metrics();
  do {
    pause_ms(1);
    OK(dip_get_metrics(session, &metrics));
  } while (metrics.iteration < iteration);
  return metrics.iteration;
}

static void cancel_before_a_step_ends_it_once(void) {
  DipSession *session = tiny_session(DIP_TASK_DENOISE);
  DipMetrics metrics = no_metrics();
  INVALID(dip_set_strength(session, 7)); // an old text
  dip_cancel(session);
  dip_cancel(session);
  CHECK(dip_step(session, 2, &metrics) == DIP_CANCELLED);
  CHECK(strcmp(dip_last_error(), "") == 0);
  CHECK(metrics.state == DIP_STATE_RUNNING && metrics.iterations_total == 0 && metrics.iteration == 0);
  OK(dip_step(session, 2, &metrics));
  CHECK(metrics.iteration == 2);
  dip_destroy(session);
}

static void cancel_ends_a_running_step(void) {
  DipSession *session = endless_session();
  unsigned char pixels[BYTES];
  Step step;
  double begin;
  start(&step, session, FOREVER);
  wait_for_iteration(session, 3);
  begin = now();
  dip_cancel(session);
  join(&step);
  CHECK(now() - begin < SOON);
  CHECK(step.status == DIP_CANCELLED && step.metrics.iteration >= 3 && step.metrics.state == DIP_STATE_RUNNING);
  preview(session, DIP_OUTPUT_RESULT, pixels);
  OK(dip_step(session, 1, &step.metrics));
  dip_destroy(session);
}

static void cancel_behind_the_end_does_no_harm(void) {
  DipSession *session = tiny_session(DIP_TASK_DENOISE);
  unsigned char before[BYTES], after[BYTES];
  DipStatus status;
  finish(session);
  preview(session, DIP_OUTPUT_RESULT, before);
  dip_cancel(session);
  status = dip_step(session, 1, NULL);
  CHECK(status == DIP_OK || status == DIP_CANCELLED);
  OK(dip_step(session, 1, NULL));
  preview(session, DIP_OUTPUT_RESULT, after);
  CHECK(memcmp(before, after, BYTES) == 0);
  dip_destroy(session);
}

static void a_cancelled_step_leaves_no_trace(void) {
  DipOptions options = tiny(DIP_TASK_DENOISE);
  DipSession *disturbed, *alone;
  DipMetrics metrics = no_metrics();
  unsigned char expected[BYTES], seen[BYTES];
  Step step;
  set(&options, "iterations", "200");
  disturbed = session_with(&options);
  alone = session_with(&options);
  finish(alone);
  preview(alone, DIP_OUTPUT_RESULT, expected);
  do {
    start(&step, disturbed, 200);
    pause_ms(2);
    dip_cancel(disturbed);
    join(&step);
    CHECK(step.status == DIP_OK || step.status == DIP_CANCELLED);
    OK(dip_get_metrics(disturbed, &metrics));
  } while (metrics.state == DIP_STATE_RUNNING);
  preview(disturbed, DIP_OUTPUT_RESULT, seen);
  CHECK(memcmp(expected, seen, BYTES) == 0);
  dip_destroy(disturbed);
  dip_destroy(alone);
}

// The step runs until it is cancelled: a call that waited for it would never come back.
static void nothing_but_a_step_waits_for_a_step(void) {
  DipSession *session = endless_session();
  DipOptions options = {.struct_size = sizeof options};
  DipMetrics metrics = no_metrics();
  unsigned char pixels[BYTES];
  uint32_t width, height;
  double longest = 0;
  Step step;
  int i;
  start(&step, session, FOREVER);
  wait_for_iteration(session, 1);
  for (i = 0; i < 50; i++) {
    const double begin = now();
    preview(session, (DipOutput)(i % 4), pixels);
    OK(dip_set_strength(session, (float)(i % 2)));
    OK(dip_get_metrics(session, &metrics));
    OK(dip_get_options(session, &options));
    OK(dip_get_size(session, &width, &height));
    longest = fmax(longest, now() - begin);
  }
  CHECK(metrics.state == DIP_STATE_RUNNING && longest < SOON);
  dip_cancel(session);
  join(&step);
  CHECK(step.status == DIP_CANCELLED && step.metrics.iteration >= metrics.iteration);
  dip_destroy(session);
}

static void steps_of_one_session_wait_for_each_other(void) {
  DipSession *session = tiny_session(DIP_TASK_DENOISE), *alone = tiny_session(DIP_TASK_DENOISE);
  unsigned char expected[BYTES], seen[BYTES];
  Step one, other;
  start(&one, session, 2);
  start(&other, session, 2);
  join(&one);
  join(&other);
  CHECK(one.status == DIP_OK && other.status == DIP_OK);
  CHECK(one.metrics.iteration == 4 || other.metrics.iteration == 4);
  finish(alone);
  preview(session, DIP_OUTPUT_RESULT, seen);
  preview(alone, DIP_OUTPUT_RESULT, expected);
  CHECK(memcmp(expected, seen, BYTES) == 0);
  dip_destroy(session);
  dip_destroy(alone);
}

static void two_sessions_do_not_disturb_each_other(void) {
  DipOptions options = tiny(DIP_TASK_DENOISE);
  DipSession *alone, *one, *other;
  unsigned char expected[BYTES], seen[BYTES];
  Step first, second;
  set(&options, "iterations", "50");
  alone = session_with(&options);
  one = session_with(&options);
  other = session_with(&options);
  finish(alone);
  preview(alone, DIP_OUTPUT_RESULT, expected);
  start(&first, one, 50);
  start(&second, other, 50);
  join(&first);
  join(&second);
  CHECK(first.status == DIP_OK && second.status == DIP_OK);
  preview(one, DIP_OUTPUT_RESULT, seen);
  CHECK(memcmp(expected, seen, BYTES) == 0);
  preview(other, DIP_OUTPUT_RESULT, seen);
  CHECK(memcmp(expected, seen, BYTES) == 0);
  dip_destroy(alone);
  dip_destroy(one);
  dip_destroy(other);
}

static void texts_belong_to_their_thread(void) {
  Step step;
  INVALID(dip_set_strength(NULL, 1));
  SAYS("session is null");
  start(&step, (DipSession *)"no session at all, but long enough to look at its tag", 1);
  join(&step);
  CHECK(step.status == DIP_ERROR_INVALID_ARGUMENT && strstr(step.text, "points to no session") != NULL);
  SAYS("session is null");
}

// Threads of this process whose name starts so, or all of them.
static int threads_named(const char *start_of_name) {
  DIR *tasks = opendir("/proc/self/task");
  struct dirent *task;
  int count = 0;
  CHECK(tasks != NULL);
  while ((task = readdir(tasks)) != NULL) {
    char path[300], name[64] = "";
    FILE *file;
    snprintf(path, sizeof path, "/proc/self/task/%s/comm", task->d_name);
    file = task->d_name[0] == '.' ? NULL : fopen(path, "r");
    if (file == NULL)
      continue;
    count += fgets(name, sizeof name, file) != NULL && strncmp(name, start_of_name, strlen(start_of_name)) == 0;
    fclose(file);
  }
  closedir(tasks);
  return count;
}

// Joined threads may be listed for a moment more.
static void check_threads(const char *start_of_name, int expected) {
  const double begin = now();
  while (threads_named(start_of_name) != expected && now() - begin < SOON)
    pause_ms(5);
  CHECK(threads_named(start_of_name) == expected);
}

// One process runs one check, so nothing else has started threads: rayon's global pool would show.
static void a_session_ends_its_threads(void) {
  DipOptions options = tiny(DIP_TASK_DENOISE);
  DipSession *session;
  set(&options, "threads", "2");
  check_threads("", 1);
  session = session_with(&options);
  finish(session);
  CHECK(threads_named("") == 1 + threads_named("dipkit"));
  dip_destroy(session);
  check_threads("", 1);
}

static void the_process_may_end_while_a_step_runs(void) {
  Step step;
  DipSession *session = endless_session();
  start(&step, session, FOREVER);
  wait_for_iteration(session, 3);
  alarm((unsigned)SOON);
  exit(0);
}

MAIN(NAMED(cancel_before_a_step_ends_it_once), NAMED(cancel_ends_a_running_step),
     NAMED(cancel_behind_the_end_does_no_harm), NAMED(a_cancelled_step_leaves_no_trace),
     NAMED(nothing_but_a_step_waits_for_a_step), NAMED(steps_of_one_session_wait_for_each_other),
     NAMED(two_sessions_do_not_disturb_each_other), NAMED(texts_belong_to_their_thread),
     NAMED(a_session_ends_its_threads), NAMED(the_process_may_end_while_a_step_runs))
