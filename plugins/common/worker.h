// A fit on a thread of its own, so that a host's windows stay awake: the thread owns the loop, everybody else may
// look at the picture, change the strength or end it.
#ifndef DIPKIT_PLUGIN_WORKER_H
#define DIPKIT_PLUGIN_WORKER_H
#include "engine.h"

typedef struct Worker Worker;

typedef enum {
  WORKER_PREPARING, // the picture is measured; there is no preview yet
  WORKER_RUNNING,
  WORKER_DONE,   // by itself or because of worker_stop: the picture is there
  WORKER_FAILED, // worker_error says why; worker_has_picture whether something can be kept
} WorkerPhase;

int worker_is_over(WorkerPhase phase);

// Options and inputs are read by the thread: leave them alone until the worker no longer is WORKER_PREPARING.
// NULL if the system gives no thread.
Worker *worker_start(const Engine *engine, const DipOptions *options, const DipInputs *inputs);

// Where the work stands. Metrics are written but for WORKER_PREPARING and a failure before the first iteration.
WorkerPhase worker_look(Worker *worker, DipMetrics *out_metrics);

// Waits until the work has ended, at most so long; 1 if it has.
int worker_wait(Worker *worker, unsigned milliseconds);

// Ends the fit and keeps its picture; returns at once.
void worker_stop(Worker *worker);

// The session: NULL while WORKER_PREPARING, or if it could not be made. For previews, size and strength.
DipSession *worker_session(Worker *worker);

// Of a failed worker: a sentence, and the engine's status.
const char *worker_error(Worker *worker);
DipStatus worker_status(Worker *worker);

// By worker_look's metrics: whether the result is more than the input. That of a failed fit is kept too, as far as
// it got.
int worker_has_picture(const DipMetrics *metrics);

// Ends the fit, waits for the thread and frees everything. NULL is allowed.
void worker_free(Worker *worker);

#endif
