#include "run.h"
#include "window.h"

#define PROGRESS_INTERVAL_MS 100

// GIMP's own Cancel beside this progress ends the process: nothing is open in the image meanwhile.
static RunOutcome follow(const Fit *fit, GError **error) {
  DipMetrics metrics;
  gimp_progress_init(fit->job->entry->title);
  while (!worker_wait(fit->worker, PROGRESS_INTERVAL_MS)) {
    worker_look(fit->worker, &metrics);
    gimp_progress_update(metrics.progress);
  }
  gimp_progress_update(1.0);
  if (worker_look(fit->worker, &metrics) == WORKER_DONE)
    return RUN_DONE;
  fit_refuse(fit, error);
  return RUN_REFUSED;
}

RunOutcome run_job(const Job *job, GimpRunMode mode, Result *out_result, GError **error) {
  Fit fit;
  RunOutcome outcome = RUN_REFUSED;
  if (fit_start(&fit, job, error))
    outcome = mode == GIMP_RUN_INTERACTIVE ? window_run(&fit, error) : follow(&fit, error);
  if (outcome == RUN_DONE && !result_write(&fit, out_result, error))
    outcome = RUN_REFUSED;
  fit_clear(&fit);
  if (outcome != RUN_DONE)
    return outcome;
  if (mode != GIMP_RUN_NONINTERACTIVE && out_result->image != job->image)
    gimp_display_new(out_result->image);
  if (mode != GIMP_RUN_NONINTERACTIVE)
    gimp_displays_flush();
  return outcome;
}
