// What GTK 3 and GTK 2 name differently.
#ifndef DIPKIT_GIMP_WIDGETS_H
#define DIPKIT_GIMP_WIDGETS_H
#include "host.h"

#include <libgimp/gimpui.h>

#define GAP 6
#define BORDER 12

#if GTK_CHECK_VERSION(3, 0, 0)
#define new_row() gtk_box_new(GTK_ORIENTATION_HORIZONTAL, GAP)
#define new_column() gtk_box_new(GTK_ORIENTATION_VERTICAL, GAP)
#define new_slider(low, high, step) gtk_scale_new_with_range(GTK_ORIENTATION_HORIZONTAL, low, high, step)
#define align_left(label) gtk_label_set_xalign(GTK_LABEL(label), 0)
#define DRAW_SIGNAL "draw"
#else
#define new_row() gtk_hbox_new(FALSE, GAP)
#define new_column() gtk_vbox_new(FALSE, GAP)
#define new_slider(low, high, step) gtk_hscale_new_with_range(low, high, step)
#define align_left(label) gtk_misc_set_alignment(GTK_MISC(label), 0, 0.5)
#define DRAW_SIGNAL "expose-event"
#endif
#endif
