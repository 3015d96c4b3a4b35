// A job from its settings to its result, in each of GIMP's run modes.
#ifndef DIPKIT_GIMP_RUN_H
#define DIPKIT_GIMP_RUN_H
#include "result.h"

typedef enum { RUN_DONE, RUN_CANCELLED, RUN_REFUSED } RunOutcome;

// Runs a job whose settings are final, with a window in interactive mode, else with GIMP's progress.
RunOutcome run_job(const Job *job, GimpRunMode mode, Result *out_result, GError **error);

#endif
