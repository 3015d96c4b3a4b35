#include "estimate.h"

#include <math.h>
#include <string.h>

#define LOOK_MS 200
#define QUIET_LOOKS 3   // looks without a change of the settings, after which a fit is begun
#define LEAST_SECONDS 1 // of stepping, since the first iterations tell nothing
#define LEAST_ITERATIONS 4

struct Estimate {
  Job job;
  Fit fit;
  gboolean is_running;
  int looks; // since the settings changed
  EstimateRead read;
  gpointer data;
  GtkWidget *label;
  guint timer;
};

char *estimate_clock(double seconds) {
  const long whole = (long)(seconds + 0.5);
  if (whole >= 3600)
    return g_strdup_printf("%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
  return g_strdup_printf("%ld:%02ld", whole / 60, whole % 60);
}

// Rounds a duration as coarsely as an estimate is known.
static char *in_words(double seconds) {
  const long whole = (long)ceil(seconds), minutes = (whole + 30) / 60;
  if (whole < 100)
    return g_strdup_printf(whole == 1 ? "%ld second" : "%ld seconds", whole);
  if (minutes < 100)
    return g_strdup_printf("%ld minutes", minutes);
  return g_strdup_printf("%ld hours", (minutes + 30) / 60);
}

static void say(Estimate *estimate, const char *text) {
  gtk_label_set_text(GTK_LABEL(estimate->label), text);
}

static void drop(Estimate *estimate) {
  if (estimate->is_running)
    fit_clear(&estimate->fit);
  estimate->is_running = FALSE;
}

// Whether the fit that is timed still measures its picture: it cannot be dropped without a wait then.
static gboolean is_measuring(Estimate *estimate) {
  DipMetrics metrics;
  return estimate->is_running && worker_look(estimate->fit.worker, &metrics) == WORKER_PREPARING;
}

static void begin(Estimate *estimate) {
  GError *error = NULL;
  estimate->is_running = TRUE;
  if (fit_start(&estimate->fit, &estimate->job, &error)) {
    say(estimate, "Timing the first iterations...");
    return;
  }
  say(estimate, error->message);
  g_error_free(error);
  drop(estimate);
}

static void look(Estimate *estimate) {
  DipMetrics metrics;
  const WorkerPhase phase = worker_look(estimate->fit.worker, &metrics);
  char *duration, *text;
  if (phase == WORKER_PREPARING || (phase != WORKER_FAILED && isnan(metrics.seconds_left)))
    return;
  if (phase == WORKER_RUNNING && (metrics.seconds < LEAST_SECONDS || metrics.iteration < LEAST_ITERATIONS))
    return;
  duration = phase == WORKER_FAILED ? fit_failure(&estimate->fit) : in_words(metrics.seconds + metrics.seconds_left);
  text = g_strdup_printf(phase == WORKER_FAILED ? "%s." : "Takes at most about %s on this machine.", duration);
  say(estimate, text);
  g_free(text);
  g_free(duration);
  drop(estimate);
}

static gboolean on_look(gpointer data) {
  Estimate *estimate = data;
  Settings settings;
  memset(&settings, 0, sizeof settings);
  estimate->read(&settings, estimate->data);
  if (memcmp(&settings, &estimate->job.settings, sizeof settings) != 0) {
    if (is_measuring(estimate))
      return TRUE; // the next look sees the change, too
    drop(estimate);
    memcpy(&estimate->job.settings, &settings, sizeof settings);
    estimate->looks = 0;
  } else if (estimate->looks < QUIET_LOOKS && ++estimate->looks == QUIET_LOOKS)
    begin(estimate);
  else if (estimate->is_running)
    look(estimate);
  return TRUE;
}

Estimate *estimate_start(const Job *job, EstimateRead read, gpointer data) {
  Estimate *estimate = g_new0(Estimate, 1);
  estimate->job = (Job){.entry = job->entry, .image = job->image, .layer = job->layer};
  estimate->read = read;
  estimate->data = data;
  estimate->label = gtk_label_new("Looking at the picture...");
  gtk_label_set_line_wrap(GTK_LABEL(estimate->label), TRUE);
  estimate->timer = g_timeout_add(LOOK_MS, on_look, estimate);
  return estimate;
}

GtkWidget *estimate_label(Estimate *estimate) {
  return estimate->label;
}

void estimate_end(Estimate *estimate) {
  g_source_remove(estimate->timer);
  drop(estimate);
  g_free(estimate);
}
