// The window of a run: the picture as it improves, and the choice to stop, keep or cancel.
#ifndef DIPKIT_GIMP_WINDOW_H
#define DIPKIT_GIMP_WINDOW_H
#include "run.h"

// Shows the fit until the user keeps or cancels it. Gives RUN_REFUSED if it failed before there was anything to keep.
// gimp_ui_init must have been called.
RunOutcome window_run(const Fit *fit);

#endif
