#include "jobs.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MEMORY_VARIABLE "DIPKIT_CACHE_MEMORY"
#define DEFAULT_MEMORY 2048
#define POLL_MILLISECONDS 50
#define NOT_YET (-1.0)

struct Job {
  Job *next;
  uint8_t key[KEY_BYTES];
  float time_limit; // with one, a fit's end depends on the machine
  const Engine *engine;
  DipOptions options;
  DipInputs inputs; // needed until there is a session
  DipImage image, mask;
  void *pixels, *mask_pixels;
  DiskEntry disk;
  Worker *worker;
  unsigned users;
  int is_unwanted; // purged while its thread was at work
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; // guards the list, its members, and the turn
static pthread_cond_t turn_is_free = PTHREAD_COND_INITIALIZER;
static pthread_mutex_t picture_lock = PTHREAD_MUTEX_INITIALIZER;
static Job *jobs; // the last used one first
static int has_turn;

static int is_over(const Job *job, DipMetrics *metrics) {
  return job->worker == NULL || worker_is_over(worker_look(job->worker, metrics));
}

static void free_inputs(Job *job) {
  free(job->pixels);
  free(job->mask_pixels);
  job->pixels = job->mask_pixels = NULL;
}

static void job_free(Job *job) {
  worker_free(job->worker);
  free_inputs(job);
  free(job);
}

static void unlink_job(Job *job) {
  Job **place = &jobs;
  while (*place != job)
    place = &(*place)->next;
  *place = job->next;
}

// Frees the jobs that nobody uses and that do not fit into so many bytes beside those that were used later.
static void trim(uint64_t bytes) {
  uint64_t sum = 0;
  Job *job, *next;
  for (job = jobs; job != NULL; job = next) {
    DipMetrics metrics = {.memory_bytes = 0};
    const int may_go = job->users == 0 && is_over(job, &metrics);
    next = job->next;
    if (may_go)
      free_inputs(job);
    sum += metrics.memory_bytes;
    if (may_go && (sum > bytes || job->is_unwanted || job->worker == NULL)) {
      sum -= metrics.memory_bytes;
      unlink_job(job);
      job_free(job);
    }
  }
}

static Job *find(const Order *order) {
  Job *job = jobs;
  while (job != NULL && (memcmp(job->key, order->key, KEY_BYTES) != 0 || job->is_unwanted ||
                         job->time_limit != order->options->time_limit))
    job = job->next;
  return job;
}

static Job *hold(Job *job) {
  if (job == NULL)
    return NULL;
  job->users++;
  unlink_job(job);
  job->next = jobs;
  jobs = job;
  return job;
}

static int is_done(Job *job) {
  DipMetrics metrics;
  return job->worker != NULL && worker_look(job->worker, &metrics) == WORKER_DONE &&
         metrics.state != DIP_STATE_RUNNING;
}

static Job *hold_done(const Order *order) {
  Job *job;
  pthread_mutex_lock(&lock);
  job = find(order);
  job = hold(job != NULL && is_done(job) ? job : NULL);
  pthread_mutex_unlock(&lock);
  return job;
}

// Finds the job of a key, or makes one without a worker.
static Job *hold_any(const Order *order) {
  Job *job;
  pthread_mutex_lock(&lock);
  job = find(order);
  if (job == NULL && (job = calloc(1, sizeof *job)) != NULL) {
    memcpy(job->key, order->key, KEY_BYTES);
    job->engine = order->engine;
    job->options = *order->options;
    job->time_limit = order->options->time_limit;
    disk_describe(&job->disk, order->engine, &job->inputs, order->key);
    job->next = jobs;
    jobs = job;
  }
  job = hold(job);
  pthread_mutex_unlock(&lock);
  return job;
}

// Copies an image, packed.
static void *copy_of(DipImage *image, const void *pixels) {
  const size_t row = (size_t)image->pixel_stride * image->width;
  char *copy = malloc(row * image->height);
  uint32_t y;
  for (y = 0; copy != NULL && y < image->height; y++)
    memcpy(copy + row * y, (const char *)pixels + (ptrdiff_t)y * image->row_stride, row);
  image->row_stride = (ptrdiff_t)row;
  return copy;
}

// Copies the inputs: the host takes its buffers back after an abort, when a worker may still read them.
static int own_inputs(Job *job, const DipInputs *inputs) {
  job->inputs = *inputs;
  job->image = *inputs->image;
  job->inputs.image = &job->image;
  job->inputs.pixels = job->pixels = copy_of(&job->image, inputs->pixels);
  if (inputs->mask == NULL)
    return job->pixels != NULL;
  job->mask = *inputs->mask;
  job->inputs.mask = &job->mask;
  job->inputs.mask_pixels = job->mask_pixels = copy_of(&job->mask, inputs->mask_pixels);
  return job->pixels != NULL && job->mask_pixels != NULL;
}

static int start(Job *job, const Order *order) {
  const WorkerStore store = {.owner = &job->disk, .enter = disk_enter, .leave = disk_leave};
  // A worker that was left alone while it measured still reads its inputs.
  if (job->pixels == NULL && !own_inputs(job, order->inputs)) {
    free_inputs(job);
    return 0;
  }
  if (job->worker != NULL)
    return worker_go_on(job->worker);
  job->worker = worker_start_stored(job->engine, &job->options, &job->inputs, &store);
  return job->worker != NULL;
}

static JobOutcome wait_for(Job *job, KeepGoing keep_going, void *host) {
  DipMetrics metrics;
  while (!worker_wait(job->worker, POLL_MILLISECONDS)) {
    const WorkerPhase phase = worker_look(job->worker, &metrics);
    if (phase == WORKER_RUNNING)
      free_inputs(job);
    if (keep_going(host, phase == WORKER_RUNNING ? metrics.progress : 0))
      continue;
    worker_stop(job->worker);
    return JOB_ABORTED;
  }
  free_inputs(job);
  return JOB_DONE;
}

static struct timespec soon(void) {
  struct timespec when;
  clock_gettime(CLOCK_REALTIME, &when);
  when.tv_nsec += POLL_MILLISECONDS * 1000000L;
  when.tv_sec += when.tv_nsec / 1000000000L;
  when.tv_nsec %= 1000000000L;
  return when;
}

static int wait_for_turn(KeepGoing keep_going, void *host) {
  pthread_mutex_lock(&lock);
  while (has_turn) {
    const struct timespec when = soon();
    pthread_cond_timedwait(&turn_is_free, &lock, &when);
    pthread_mutex_unlock(&lock);
    if (!keep_going(host, NOT_YET))
      return 0;
    pthread_mutex_lock(&lock);
  }
  has_turn = 1;
  pthread_mutex_unlock(&lock);
  return 1;
}

static void give_turn(void) {
  pthread_mutex_lock(&lock);
  has_turn = 0;
  pthread_cond_signal(&turn_is_free);
  pthread_mutex_unlock(&lock);
}

JobOutcome jobs_run(const Order *order, JobsMeans means, KeepGoing keep_going, void *host, Job **out_job) {
  JobOutcome outcome = JOB_NO_ROOM;
  DiskEntry entry;
  Job *job = *out_job = hold_done(order);
  if (job != NULL)
    return JOB_DONE;
  disk_describe(&entry, order->engine, order->inputs, order->key);
  if (means == JOBS_ONLY_KEPT && !disk_has(&entry))
    return JOB_NOT_KEPT;
  if (!keep_going(host, NOT_YET) || !wait_for_turn(keep_going, host))
    return JOB_ABORTED;
  job = hold_any(order);
  if (job != NULL)
    outcome = is_done(job) ? JOB_DONE : start(job, order) ? wait_for(job, keep_going, host) : JOB_NO_ROOM;
  give_turn();
  if (outcome == JOB_DONE || job == NULL)
    *out_job = job;
  else
    jobs_release(job);
  return outcome;
}

Worker *job_worker(Job *job) {
  return job->worker;
}

void jobs_release(Job *job) {
  DipMetrics metrics;
  pthread_mutex_lock(&lock);
  job->users--;
  // A job that failed may not fail the next time; one that has a picture would only come to the same again.
  job->is_unwanted |= job->worker != NULL && worker_look(job->worker, &metrics) == WORKER_FAILED &&
                      !worker_has_picture(&metrics);
  trim(cache_limit(MEMORY_VARIABLE, DEFAULT_MEMORY));
  pthread_mutex_unlock(&lock);
}

void jobs_lock_picture(void) {
  pthread_mutex_lock(&picture_lock);
}

void jobs_unlock_picture(void) {
  pthread_mutex_unlock(&picture_lock);
}

void jobs_purge(void) {
  Job *job;
  pthread_mutex_lock(&lock);
  for (job = jobs; job != NULL; job = job->next)
    job->is_unwanted |= job->users == 0;
  trim(UINT64_MAX);
  pthread_mutex_unlock(&lock);
}

void jobs_end(void) {
  Job *job, *next;
  pthread_mutex_lock(&lock);
  for (job = jobs; job != NULL; job = next) {
    next = job->next;
    if (job->users > 0)
      continue;
    unlink_job(job);
    job_free(job);
  }
  pthread_mutex_unlock(&lock);
}
