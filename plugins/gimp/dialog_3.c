// The arguments' dialog of GIMP 3, where GIMP itself makes the widgets.
#include "host.h"
#if GIMP_CHECK_VERSION(3, 0, 0)
#include "dialog.h"
#include "estimate.h"

#define FINE_STEPS 1.0

typedef struct Source {
  const Entry *entry;
  GimpProcedureConfig *config;
} Source;

static void read_settings(Settings *settings, gpointer data) {
  const Source *source = data;
  settings_from_config(settings, source->entry, source->config);
}

// GIMP would show few choices as buttons, which makes the dialog taller than a small screen.
static void choose_widgets(GimpProcedureDialog *dialog, const Entry *entry) {
  ArgumentId id;
  for (id = 0; id < ARGUMENTS; id++)
    if (entry_has(entry, id) && argument_at(id)->kind == KIND_CHOICE)
      gimp_procedure_dialog_get_widget(dialog, argument_at(id)->name, GTK_TYPE_COMBO_BOX);
  gimp_procedure_dialog_get_scale_entry(dialog, argument_at(ARGUMENT_STRENGTH)->name, FINE_STEPS);
}

gboolean dialog_run(Job *job, GimpProcedure *procedure, GimpProcedureConfig *config) {
  GtkWidget *dialog = gimp_procedure_dialog_new(procedure, config, job->entry->title);
  Source source = {job->entry, config};
  Estimate *estimate = estimate_start(job, read_settings, &source);
  gboolean is_run;
  choose_widgets(GIMP_PROCEDURE_DIALOG(dialog), job->entry);
  gimp_procedure_dialog_fill(GIMP_PROCEDURE_DIALOG(dialog), NULL);
  gtk_box_pack_start(GTK_BOX(gtk_dialog_get_content_area(GTK_DIALOG(dialog))), estimate_label(estimate), FALSE, FALSE,
                     GAP);
  gtk_widget_show(estimate_label(estimate));
  is_run = gimp_procedure_dialog_run(GIMP_PROCEDURE_DIALOG(dialog));
  estimate_end(estimate);
  gtk_widget_destroy(dialog);
  settings_from_config(&job->settings, job->entry, config);
  return is_run;
}
#endif
