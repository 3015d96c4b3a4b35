// The dialog of a menu entry's arguments.
#ifndef DIPKIT_GIMP_DIALOG_H
#define DIPKIT_GIMP_DIALOG_H
#include "fit.h"

// Shows the dialog. The job's settings hold the last values before, and the chosen ones after; gives FALSE if the user
// cancels.
#if GIMP_CHECK_VERSION(3, 0, 0)
gboolean dialog_run(Job *job, GimpProcedure *procedure, GimpProcedureConfig *config);
void settings_from_config(Settings *settings, const Entry *entry, GimpProcedureConfig *config);
#else
gboolean dialog_run(Job *job);
#endif

#endif
