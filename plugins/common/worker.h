// A fit on a thread of its own, so that a host's windows stay awake. The thread owns the loop; all others may look at
// the picture, change the strength or end the fit.
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

// Whether this phase is an end, good or bad.
int worker_is_over(WorkerPhase phase);

// Starts a fit. Its thread reads options and inputs: leave them alone while the worker is WORKER_PREPARING. Gives NULL
// if the system cannot start a thread.
Worker *worker_start(const Engine *engine, const DipOptions *options, const DipInputs *inputs);

// Where a session may come from and where it goes to. Both functions are called on the worker's thread.
typedef struct WorkerStore {
  void *owner;
  // Called first: gives a saved session, or NULL. It may take its time as long as worker_may_go_on.
  DipSession *(*enter)(void *owner, Worker *worker);
  // Called last, with what became of the session: after DIP_CANCELLED or DIP_OK it may have work left to do. The
  // session is NULL if there is none.
  void (*leave)(void *owner, DipSession *session, DipStatus status);
} WorkerStore;

// Starts a fit by way of a store. A worker that is stopped while it is in `enter` has no session.
Worker *worker_start_stored(const Engine *engine, const DipOptions *options, const DipInputs *inputs,
                            const WorkerStore *store);

// Whether nobody has called worker_stop.
int worker_may_go_on(Worker *worker);

// Where the work stands. Metrics are filled, except while WORKER_PREPARING and after a failure before the first
// iteration.
WorkerPhase worker_look(Worker *worker, DipMetrics *out_metrics);

// Waits until the work has ended, but no longer than so many milliseconds; gives 1 if it has.
int worker_wait(Worker *worker, unsigned milliseconds);

// Ends the fit and keeps its picture; returns at once. A worker that still measures the picture cannot be hurried: it
// ends when it has, and may be left alone until then.
void worker_stop(Worker *worker);

// Goes on with a stopped fit where it was, even before its thread has ended; does nothing where the work is done.
// Options and inputs are read again while the worker is WORKER_PREPARING. Gives 0 if the system cannot start a thread.
int worker_go_on(Worker *worker);

// The session, for previews, size and strength; NULL while WORKER_PREPARING, or if it could not be made.
DipSession *worker_session(Worker *worker);

// Why a worker failed: a sentence, and the engine's status.
const char *worker_error(Worker *worker);
DipStatus worker_status(Worker *worker);

// Whether the result is more than the input, by the metrics of worker_look. A failed fit has a picture too, of as far
// as it got.
int worker_has_picture(const DipMetrics *metrics);

// Ends the fit, waits for the thread and frees everything. NULL is allowed.
void worker_free(Worker *worker);

#endif
