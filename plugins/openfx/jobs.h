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

// Called some 20 times a second with how far the work is, 0 to 1, or below 0 while it waits for its turn. Giving 0 ends
// the work.
typedef int (*KeepGoing)(void *host, double progress);

typedef enum {
  JOB_DONE,     // the worker's phase and status say how
  JOB_ABORTED,  // it is kept, and the next one with its key goes on where it was
  JOB_NO_ROOM,  // for lack of memory or threads
  JOB_NOT_KEPT, // only what is kept was asked for, and there is nothing
} JobOutcome;

// Finds a job, or fits it. Release it afterwards, except after JOB_NO_ROOM and JOB_NOT_KEPT.
typedef enum { JOBS_FIT, JOBS_ONLY_KEPT } JobsMeans;
JobOutcome jobs_run(const Order *order, JobsMeans means, KeepGoing keep_going, void *host, Job **out_job);
Worker *job_worker(Job *job);
void jobs_release(Job *job);

// Let one caller at a time read a picture, since each sets the strength first.
void jobs_lock_picture(void);
void jobs_unlock_picture(void);

// Frees all jobs that no render uses, each as soon as its thread has ended.
void jobs_purge(void);

// Frees them, and waits until their threads have ended.
void jobs_end(void);

#endif
