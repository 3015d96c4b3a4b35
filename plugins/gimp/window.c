#include "window.h"
#include "estimate.h"
#include "view.h"

#include <math.h>

#define REFRESH_MS 300
#define STATUS_WIDTH 600 // GTK 2 by itself wraps much sooner
#define REST_FACTOR 3 // rest after reading a picture, over the time that it took, so that the window stays awake

typedef struct Window {
  const Fit *fit;
  View *view;
  GtkWidget *dialog, *progress, *status, *strength;
  RunOutcome outcome;
  gboolean must_keep; // as soon as the worker has ended
  gboolean has_ended;
  gboolean is_in_loop;
  gboolean is_finished;
  gint64 next_refresh; // microseconds
  gboolean is_stale;   // the strength has changed since
} Window;

static char *ending_of(const DipMetrics *metrics) {
  switch (metrics->state) {
  case DIP_STATE_STOPPED_EARLY:
    return g_strdup_printf("stopped by itself: the best picture is that of iteration %u", metrics->best_iteration);
  case DIP_STATE_TIMED_OUT:
    return g_strdup("the time limit is reached");
  default:
    return g_strdup(metrics->jobs_total > 0 ? "done" : "nothing was found to restore: the picture is as it was");
  }
}

static void say(Window *window, const char *text) {
  gtk_label_set_text(GTK_LABEL(window->status), text);
}

static void show_failure(Window *window) {
  char *failure = fit_failure(window->fit);
  char *text =
      g_strdup_printf("%s. Keep takes the best picture before that; Cancel leaves the image as it was.", failure);
  say(window, text);
  g_free(text);
  g_free(failure);
}

static void show_metrics(Window *window, WorkerPhase phase, const DipMetrics *metrics) {
  char *elapsed = estimate_clock(metrics->seconds);
  char *left = NULL, *text;
  if (phase == WORKER_PREPARING)
    left = g_strdup("measuring the picture");
  else if (phase == WORKER_DONE)
    left = ending_of(metrics);
  else if (isnan(metrics->seconds_left))
    left = g_strdup("estimating the rest");
  else {
    char *rest = estimate_clock(metrics->seconds_left);
    left = g_strdup_printf("about %s left", rest);
    g_free(rest);
  }
  text = g_strdup_printf("Iteration %u of %u,  %s elapsed,  %s", metrics->iteration, metrics->iterations_total, elapsed,
                         left);
  say(window, text);
  gtk_progress_bar_set_fraction(GTK_PROGRESS_BAR(window->progress), CLAMP(metrics->progress, 0.0, 1.0));
  g_free(text);
  g_free(left);
  g_free(elapsed);
}

static void finish(Window *window, RunOutcome outcome) {
  window->outcome = outcome;
  window->is_finished = TRUE;
  if (window->is_in_loop)
    gtk_main_quit();
}

// Shows that the fit is over and that its picture waits to be kept.
static void offer_to_keep(Window *window) {
  GtkWidget *keep = gtk_dialog_get_widget_for_response(GTK_DIALOG(window->dialog), GTK_RESPONSE_OK);
  window->has_ended = TRUE;
  gtk_button_set_label(GTK_BUTTON(keep), "_Keep");
  gtk_button_set_use_underline(GTK_BUTTON(keep), TRUE);
}

static void refresh(Window *window) {
  const gint64 start = g_get_monotonic_time();
  window->is_stale = FALSE;
  view_refresh(window->view);
  window->next_refresh = start + (g_get_monotonic_time() - start) * (1 + REST_FACTOR);
}

static gboolean has_rested(const Window *window) {
  return g_get_monotonic_time() >= window->next_refresh;
}

static void show(Window *window, WorkerPhase phase, const DipMetrics *metrics) {
  const gboolean is_over = worker_is_over(phase);
  if (is_over)
    offer_to_keep(window);
  show_metrics(window, phase, metrics);
  gtk_dialog_set_response_sensitive(GTK_DIALOG(window->dialog), GTK_RESPONSE_OK,
                                    is_over || worker_has_picture(metrics));
  if (phase == WORKER_FAILED)
    show_failure(window);
  if (is_over || has_rested(window))
    refresh(window);
}

// Sets the strength again, since the slider may have been moved before there was a session.
static void apply_strength(Window *window) {
  DipSession *session = worker_session(window->fit->worker);
  if (session != NULL)
    window->fit->engine->set_strength(session, (float)gtk_range_get_value(GTK_RANGE(window->strength)));
}

static gboolean on_time(gpointer data) {
  Window *window = data;
  DipMetrics metrics;
  const WorkerPhase phase = worker_look(window->fit->worker, &metrics);
  apply_strength(window);
  if (phase == WORKER_FAILED && !worker_has_picture(&metrics))
    finish(window, RUN_REFUSED);
  else if (worker_is_over(phase) && window->must_keep)
    finish(window, RUN_DONE);
  else if (!window->has_ended)
    show(window, phase, &metrics);
  else if (window->is_stale && has_rested(window))
    refresh(window);
  return TRUE;
}

static void on_response(GtkWidget *dialog, gint response, Window *window) {
  (void)dialog;
  if (response != GTK_RESPONSE_OK) {
    finish(window, RUN_CANCELLED);
    return;
  }
  window->must_keep = TRUE;
  worker_stop(window->fit->worker);
  on_time(window);
}

static void on_strength(GtkRange *slider, Window *window) {
  (void)slider;
  apply_strength(window);
  window->is_stale = TRUE;
  if (has_rested(window))
    refresh(window);
}

static void on_fit(GtkToggleButton *button, Window *window) {
  view_set_fit(window->view, gtk_toggle_button_get_active(button));
}

static void on_split(GtkToggleButton *button, Window *window) {
  view_set_split(window->view, gtk_toggle_button_get_active(button));
}

static GtkWidget *new_controls(Window *window) {
  GtkWidget *row = new_row();
  GtkWidget *fitted = gtk_radio_button_new_with_mnemonic(NULL, "_Fit");
  GtkWidget *whole = gtk_radio_button_new_with_mnemonic_from_widget(GTK_RADIO_BUTTON(fitted), "_100%");
  GtkWidget *split = gtk_check_button_new_with_mnemonic("_Before/after");
  GtkWidget *label = gtk_label_new_with_mnemonic("S_trength:");
  window->strength = new_slider(0, 1, 0.01);
  gtk_range_set_value(GTK_RANGE(window->strength), window->fit->job->settings.numbers[ARGUMENT_STRENGTH]);
  gtk_scale_set_value_pos(GTK_SCALE(window->strength), GTK_POS_RIGHT);
  gtk_label_set_mnemonic_widget(GTK_LABEL(label), window->strength);
  gtk_widget_set_tooltip_text(window->strength, argument_at(ARGUMENT_STRENGTH)->hint);
  gtk_widget_set_tooltip_text(whole, "A pixel of the picture is a pixel of the screen; drag the picture to move it");
  gtk_widget_set_tooltip_text(split, "The given picture on the left; drag the line between");
  g_signal_connect(fitted, "toggled", G_CALLBACK(on_fit), window);
  g_signal_connect(split, "toggled", G_CALLBACK(on_split), window);
  g_signal_connect(window->strength, "value-changed", G_CALLBACK(on_strength), window);
  gtk_box_pack_start(GTK_BOX(row), fitted, FALSE, FALSE, 0);
  gtk_box_pack_start(GTK_BOX(row), whole, FALSE, FALSE, 0);
  gtk_box_pack_start(GTK_BOX(row), split, FALSE, FALSE, GAP);
  gtk_box_pack_start(GTK_BOX(row), label, FALSE, FALSE, GAP);
  gtk_box_pack_start(GTK_BOX(row), window->strength, TRUE, TRUE, 0);
  return row;
}

static void build(Window *window) {
  const Entry *entry = window->fit->job->entry;
  GtkWidget *column = new_column();
  window->dialog = gimp_dialog_new(entry->title, "dipkit-run", NULL, 0, NULL, NULL, "_Cancel", GTK_RESPONSE_CANCEL,
                                   "Stop and _Keep", GTK_RESPONSE_OK, NULL);
  window->view = view_new(window->fit);
  window->progress = gtk_progress_bar_new();
  window->status = gtk_label_new("");
  gtk_label_set_line_wrap(GTK_LABEL(window->status), TRUE);
  align_left(window->status); // where it stays steady while numbers change
  gtk_widget_set_size_request(window->status, STATUS_WIDTH, -1);
  gtk_container_set_border_width(GTK_CONTAINER(column), BORDER);
  gtk_box_pack_start(GTK_BOX(column), view_widget(window->view), TRUE, TRUE, 0);
  gtk_box_pack_start(GTK_BOX(column), new_controls(window), FALSE, FALSE, 0);
  gtk_box_pack_start(GTK_BOX(column), window->progress, FALSE, FALSE, 0);
  gtk_box_pack_start(GTK_BOX(column), window->status, FALSE, FALSE, 0);
  gtk_box_pack_start(GTK_BOX(gtk_dialog_get_content_area(GTK_DIALOG(window->dialog))), column, TRUE, TRUE, 0);
  gtk_dialog_set_default_response(GTK_DIALOG(window->dialog), GTK_RESPONSE_OK);
  gimp_window_set_transient(GTK_WINDOW(window->dialog));
  g_signal_connect(window->dialog, "response", G_CALLBACK(on_response), window);
  gtk_widget_show_all(window->dialog);
}

RunOutcome window_run(const Fit *fit) {
  Window window = {.fit = fit, .outcome = RUN_CANCELLED};
  guint timer;
  build(&window);
  timer = g_timeout_add(REFRESH_MS, on_time, &window);
  on_time(&window);
  if (!window.is_finished) {
    window.is_in_loop = TRUE;
    gtk_main();
  }
  g_source_remove(timer);
  gtk_widget_destroy(window.dialog);
  return window.outcome;
}
