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

// Where a session may come from and where it goes to. Both are called on the worker's thread.
typedef struct WorkerStore {
  void *owner;
  // First of all: a saved session, or NULL. May take its time as long as worker_may_go_on.
  DipSession *(*enter)(void *owner, Worker *worker);
  // Last of all, with what became of the session: DIP_CANCELLED or DIP_OK may leave it with work to do. NULL if there
  // is none.
  void (*leave)(void *owner, DipSession *session, DipStatus status);
} WorkerStore;

// The same, by way of a store. What is stopped while it is in `enter` has no session.
Worker *worker_start_stored(const Engine *engine, const DipOptions *options, const DipInputs *inputs,
                            const WorkerStore *store);

// Whether nobody has called worker_stop.
int worker_may_go_on(Worker *worker);

// Where the work stands. Metrics are written but for WORKER_PREPARING and a failure before the first iteration.
WorkerPhase worker_look(Worker *worker, DipMetrics *out_metrics);

// Waits until the work has ended, at most so long; 1 if it has.
int worker_wait(Worker *worker, unsigned milliseconds);

// Ends the fit and keeps its picture; returns at once. A worker that still measures the picture cannot be hurried: it
// ends when it has, and may be left alone until then.
void worker_stop(Worker *worker);

// Goes on with a stopped fit where it was, also before it has ended; nothing where the work is done. Options and
// inputs are read again until the worker no longer is WORKER_PREPARING. 0 if the system gives no thread.
int worker_go_on(Worker *worker);

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
