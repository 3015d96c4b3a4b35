// The view of a running fit, in the image's colours. It shows the picture fitted into the window or pixel by pixel,
// whole or split into before and after.
#ifndef DIPKIT_GIMP_VIEW_H
#define DIPKIT_GIMP_VIEW_H
#include "fit.h"
#include "widgets.h"

typedef struct View View;

// The view lives as long as its widget.
View *view_new(const Fit *fit);
GtkWidget *view_widget(View *view);

// Reads the picture of the fit again, and shows it.
void view_refresh(View *view);

void view_set_fit(View *view, gboolean is_fit);
void view_set_split(View *view, gboolean is_split);

#endif
