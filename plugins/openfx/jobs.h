// Fits by their keys, shared by all instances: running, paused by an abort, or done. One runs at a time; what is done
// or paused stays in memory up to a budget, and what is done on disk.
#ifndef DIPKIT_OPENFX_JOBS_H
#define DIPKIT_OPENFX_JOBS_H
#include "disk.h"

typedef struct Job Job;

// What a render asks for. Pictures are copied, with three strides that are set.
typedef struct Order {
  const Engine *engine;
  const DipOptions *options;
  const DipInputs *inputs;
  uint8_t key[KEY_BYTES];
} Order;

// Asked some 20 times a second with how far the work is, 0 to 1, or below 0 while it waits for its turn; 0 ends it.
typedef int (*KeepGoing)(void *host, double progress);

typedef enum {
  JOB_DONE,     // worker's phase and status say how
  JOB_ABORTED,  // it is kept, and the next one with its key goes on where it was
  JOB_NO_ROOM,  // of memory or threads
  JOB_NOT_KEPT, // only what is kept was asked for, and there is nothing
} JobOutcome;

// Finds or fits. The job is to be released, but after JOB_NO_ROOM and JOB_NOT_KEPT.
typedef enum { JOBS_FIT, JOBS_ONLY_KEPT } JobsMeans;
JobOutcome jobs_run(const Order *order, JobsMeans means, KeepGoing keep_going, void *host, Job **out_job);
Worker *job_worker(Job *job);
void jobs_release(Job *job);

// Only one at a time reads a picture at its own strength.
void jobs_lock_picture(void);
void jobs_unlock_picture(void);

// Frees what no render uses, as soon as its thread has ended.
void jobs_purge(void);

// The same, and waits for that.
void jobs_end(void);

#endif
