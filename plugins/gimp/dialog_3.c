// The arguments' dialog of GIMP 3, where GIMP itself makes the widgets.
#include "host.h"
#if GIMP_CHECK_VERSION(3, 0, 0)
#include "dialog.h"

#include <libgimp/gimpui.h>

gboolean dialog_run(Job *job, GimpProcedure *procedure, GimpProcedureConfig *config) {
  GtkWidget *dialog = gimp_procedure_dialog_new(procedure, config, job->entry->title);
  gboolean is_run;
  gimp_procedure_dialog_fill(GIMP_PROCEDURE_DIALOG(dialog), NULL);
  is_run = gimp_procedure_dialog_run(GIMP_PROCEDURE_DIALOG(dialog));
  gtk_widget_destroy(dialog);
  settings_from_config(&job->settings, job->entry, config);
  return is_run;
}
#endif
