#include "run.h"
#include "refusal.h"
#include "window.h"

#define PROGRESS_INTERVAL_MS 100

// Judges how a fit ended. A fit that diverged has its best one, as has one whose time ran out; after any other
// failure the picture may be wrong.
static RunOutcome judge(const Fit *fit) {
  DipMetrics metrics;
  char *failure;
  if (worker_look(fit->worker, &metrics) == WORKER_DONE)
    return RUN_DONE;
  if (worker_status(fit->worker) != DIP_ERROR_DIVERGED || !worker_has_picture(&metrics))
    return RUN_REFUSED;
  failure = fit_failure(fit);
  g_message("%s. The result is the best picture before that.", failure);
  g_free(failure);
  return RUN_DONE;
}

// Runs with GIMP's progress. Its Cancel ends the process, so nothing may be open in the image meanwhile.
static RunOutcome follow(const Fit *fit) {
  DipMetrics metrics;
  gimp_progress_init(fit->job->entry->title);
  while (!worker_wait(fit->worker, PROGRESS_INTERVAL_MS)) {
    worker_look(fit->worker, &metrics);
    gimp_progress_update(metrics.progress);
  }
  gimp_progress_update(1.0);
  return judge(fit);
}

static RunOutcome run_fit(const Fit *fit, GimpRunMode mode, GError **error) {
  const RunOutcome outcome = mode == GIMP_RUN_INTERACTIVE ? window_run(fit) : follow(fit);
  char *failure;
  if (outcome != RUN_REFUSED)
    return outcome;
  failure = fit_failure(fit);
  refuse(error, "%s. The image was not changed.", failure);
  g_free(failure);
  return RUN_REFUSED;
}

RunOutcome run_job(const Job *job, GimpRunMode mode, Result *out_result, GError **error) {
  Fit fit;
  RunOutcome outcome = RUN_REFUSED;
  if (fit_start(&fit, job, error))
    outcome = run_fit(&fit, mode, error);
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
