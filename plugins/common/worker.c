#define _POSIX_C_SOURCE 200809L // clock_gettime
#include "worker.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// They are few, so that a stop between steps is quick; dip_cancel ends a step even sooner.
#define ITERATIONS_A_STEP 10
#define NANOSECONDS 1000000000L

struct Worker {
  const Engine *engine;
  const DipOptions *options;
  const DipInputs *inputs;
  WorkerStore store;
  pthread_t thread;
  int has_thread;       // to be joined
  pthread_mutex_t lock; // guards all below
  pthread_cond_t ended;
  WorkerPhase phase;
  DipSession *session;
  DipSession *paused; // left by an earlier thread for the next one
  int must_stop;
  int has_left; // the thread will not look at must_stop any more
  DipStatus status; // why it failed
  char error[1024];
};

int worker_is_over(WorkerPhase phase) {
  return phase == WORKER_DONE || phase == WORKER_FAILED;
}

// Notes how the work ended. dip_last_error speaks of the calling thread, so its text is copied here.
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

int worker_may_go_on(Worker *worker) {
  int may;
  pthread_mutex_lock(&worker->lock);
  may = !worker->must_stop;
  pthread_mutex_unlock(&worker->lock);
  return may;
}

// Whether the thread may go on. Where it may not, nobody can change that any more.
static int goes_on(Worker *worker) {
  int goes;
  pthread_mutex_lock(&worker->lock);
  goes = !worker->must_stop;
  worker->has_left |= !goes;
  pthread_mutex_unlock(&worker->lock);
  return goes;
}

static void leave(Worker *worker) {
  pthread_mutex_lock(&worker->lock);
  worker->has_left = 1;
  pthread_mutex_unlock(&worker->lock);
}

// Opens a session: the saved one, the paused one or a new one. It is NULL with DIP_OK where the worker was stopped
// before.
static DipStatus open_session(Worker *worker, DipSession **out_session) {
  const int has_store = worker->store.enter != NULL;
  DipSession *const saved = has_store ? worker->store.enter(worker->store.owner, worker) : NULL;
  *out_session = saved == NULL ? worker->paused : saved;
  if (saved != NULL)
    worker->engine->destroy(worker->paused);
  worker->paused = NULL;
  if (*out_session != NULL || (has_store && !goes_on(worker)))
    return DIP_OK;
  return worker->engine->create(worker->options, worker->inputs, out_session);
}

static void *work(void *argument) {
  Worker *worker = argument;
  const Engine *engine = worker->engine;
  DipSession *session = NULL;
  DipMetrics metrics = {.struct_size = sizeof metrics, .state = DIP_STATE_RUNNING};
  DipStatus status = open_session(worker, &session);
  if (session != NULL) {
    begin(worker, session);
    engine->get_metrics(session, &metrics);
  }
  while (status == DIP_OK && session != NULL && metrics.state == DIP_STATE_RUNNING && goes_on(worker)) {
    status = engine->step(session, ITERATIONS_A_STEP, &metrics);
    if (status == DIP_CANCELLED && goes_on(worker))
      status = DIP_OK; // it was told to stop, and then to go on
  }
  leave(worker);
  if (worker->store.leave != NULL)
    worker->store.leave(worker->store.owner, session, status);
  end(worker, status);
  return NULL;
}

static int start(Worker *worker) {
  worker->has_left = 0;
  worker->has_thread = pthread_create(&worker->thread, NULL, work, worker) == 0;
  return worker->has_thread;
}

static void join(Worker *worker) {
  if (worker->has_thread)
    pthread_join(worker->thread, NULL);
  worker->has_thread = 0;
}

Worker *worker_start(const Engine *engine, const DipOptions *options, const DipInputs *inputs) {
  const WorkerStore none = {.enter = NULL};
  return worker_start_stored(engine, options, inputs, &none);
}

Worker *worker_start_stored(const Engine *engine, const DipOptions *options, const DipInputs *inputs,
                            const WorkerStore *store) {
  Worker *worker = calloc(1, sizeof *worker);
  if (worker == NULL)
    return NULL;
  worker->engine = engine;
  worker->options = options;
  worker->inputs = inputs;
  worker->store = *store;
  pthread_mutex_init(&worker->lock, NULL);
  pthread_cond_init(&worker->ended, NULL);
  if (start(worker))
    return worker;
  worker_free(worker);
  return NULL;
}

int worker_go_on(Worker *worker) {
  DipMetrics metrics;
  int has_left;
  pthread_mutex_lock(&worker->lock);
  worker->must_stop = 0;
  has_left = worker->has_left;
  pthread_mutex_unlock(&worker->lock);
  if (!has_left)
    return 1;
  join(worker);
  if (worker_look(worker, &metrics) == WORKER_FAILED || metrics.state != DIP_STATE_RUNNING)
    return 1;
  worker->paused = worker->session;
  worker->session = NULL;
  worker->phase = WORKER_PREPARING;
  if (start(worker))
    return 1;
  worker->session = worker->paused;
  worker->paused = NULL;
  worker->phase = WORKER_DONE;
  worker->has_left = 1;
  return 0;
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
  return worker->status; // written once, as is the error
}

int worker_has_picture(const DipMetrics *metrics) {
  return metrics->best_iteration > 0 || metrics->jobs_done > 0;
}

void worker_free(Worker *worker) {
  if (worker == NULL)
    return;
  worker_stop(worker);
  join(worker);
  worker->engine->destroy(worker->session);
  worker->engine->destroy(worker->paused);
  pthread_cond_destroy(&worker->ended);
  pthread_mutex_destroy(&worker->lock);
  free(worker);
}
