#define _POSIX_C_SOURCE 200809L // clock_gettime
#include "worker.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// Few, so that a stop between steps is quick; dip_cancel ends a step sooner anyway.
#define ITERATIONS_A_STEP 10
#define NANOSECONDS 1000000000L

struct Worker {
  const Engine *engine;
  const DipOptions *options;
  const DipInputs *inputs;
  pthread_t thread;
  pthread_mutex_t lock; // of all below
  pthread_cond_t ended;
  WorkerPhase phase;
  DipSession *session;
  int must_stop;
  DipStatus status; // of the failure
  char error[1024];
};

int worker_is_over(WorkerPhase phase) {
  return phase == WORKER_DONE || phase == WORKER_FAILED;
}

// What dip_last_error says belongs to this thread, so it is copied here.
static void end(Worker *worker, DipStatus status) {
  pthread_mutex_lock(&worker->lock);
  worker->phase = status == DIP_OK || status == DIP_CANCELLED ? WORKER_DONE : WORKER_FAILED;
  worker->status = status;
  if (worker->phase == WORKER_FAILED)
    snprintf(worker->error, sizeof worker->error, "%s", worker->engine->last_error());
  pthread_cond_broadcast(&worker->ended);
  pthread_mutex_unlock(&worker->lock);
}

static void begin(Worker *worker, DipSession *session) {
  pthread_mutex_lock(&worker->lock);
  worker->phase = WORKER_RUNNING;
  worker->session = session;
  pthread_mutex_unlock(&worker->lock);
}

static int may_go_on(Worker *worker) {
  int may;
  pthread_mutex_lock(&worker->lock);
  may = !worker->must_stop;
  pthread_mutex_unlock(&worker->lock);
  return may;
}

static void *work(void *argument) {
  Worker *worker = argument;
  const Engine *engine = worker->engine;
  DipSession *session = NULL;
  DipMetrics metrics = {.struct_size = sizeof metrics, .state = DIP_STATE_RUNNING};
  DipStatus status = engine->create(worker->options, worker->inputs, &session);
  if (status == DIP_OK)
    begin(worker, session);
  while (status == DIP_OK && metrics.state == DIP_STATE_RUNNING && may_go_on(worker))
    status = engine->step(session, ITERATIONS_A_STEP, &metrics);
  end(worker, status);
  return NULL;
}

Worker *worker_start(const Engine *engine, const DipOptions *options, const DipInputs *inputs) {
  Worker *worker = calloc(1, sizeof *worker);
  if (worker == NULL)
    return NULL;
  worker->engine = engine;
  worker->options = options;
  worker->inputs = inputs;
  pthread_mutex_init(&worker->lock, NULL);
  pthread_cond_init(&worker->ended, NULL);
  if (pthread_create(&worker->thread, NULL, work, worker) != 0) {
    pthread_cond_destroy(&worker->ended);
    pthread_mutex_destroy(&worker->lock);
    free(worker);
    return NULL;
  }
  return worker;
}

WorkerPhase worker_look(Worker *worker, DipMetrics *out_metrics) {
  WorkerPhase phase;
  DipSession *session;
  pthread_mutex_lock(&worker->lock);
  phase = worker->phase;
  session = worker->session;
  pthread_mutex_unlock(&worker->lock);
  memset(out_metrics, 0, sizeof *out_metrics);
  out_metrics->struct_size = sizeof *out_metrics;
  if (session != NULL)
    worker->engine->get_metrics(session, out_metrics);
  return phase;
}

static struct timespec time_in(unsigned milliseconds) {
  struct timespec when;
  clock_gettime(CLOCK_REALTIME, &when);
  when.tv_sec += milliseconds / 1000;
  when.tv_nsec += milliseconds % 1000 * (NANOSECONDS / 1000);
  when.tv_sec += when.tv_nsec / NANOSECONDS;
  when.tv_nsec %= NANOSECONDS;
  return when;
}

int worker_wait(Worker *worker, unsigned milliseconds) {
  const struct timespec when = time_in(milliseconds);
  int has_ended, timed_out = 0;
  pthread_mutex_lock(&worker->lock);
  while (!worker_is_over(worker->phase) && !timed_out)
    timed_out = pthread_cond_timedwait(&worker->ended, &worker->lock, &when) != 0;
  has_ended = worker_is_over(worker->phase);
  pthread_mutex_unlock(&worker->lock);
  return has_ended;
}

void worker_stop(Worker *worker) {
  DipSession *session;
  pthread_mutex_lock(&worker->lock);
  worker->must_stop = 1;
  session = worker->session;
  pthread_mutex_unlock(&worker->lock);
  if (session != NULL)
    worker->engine->cancel(session);
}

DipSession *worker_session(Worker *worker) {
  DipSession *session;
  pthread_mutex_lock(&worker->lock);
  session = worker->session;
  pthread_mutex_unlock(&worker->lock);
  return session;
}

const char *worker_error(Worker *worker) {
  return worker->error; // written once, before the phase that lets anybody ask
}

DipStatus worker_status(Worker *worker) {
  return worker->status; // as the error
}

int worker_has_picture(const DipMetrics *metrics) {
  return metrics->best_iteration > 0 || metrics->jobs_done > 0;
}

void worker_free(Worker *worker) {
  if (worker == NULL)
    return;
  worker_stop(worker);
  pthread_join(worker->thread, NULL);
  worker->engine->destroy(worker->session);
  pthread_cond_destroy(&worker->ended);
  pthread_mutex_destroy(&worker->lock);
  free(worker);
}
