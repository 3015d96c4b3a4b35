// About how long a job will take on this machine: a fit that is begun while the dialog is open, timed and dropped.
#ifndef DIPKIT_GIMP_ESTIMATE_H
#define DIPKIT_GIMP_ESTIMATE_H
#include "fit.h"
#include "widgets.h"

typedef struct Estimate Estimate;
typedef void (*EstimateRead)(Settings *settings, gpointer data); // the dialog's settings as they are now

// Its label says what it found; it begins anew when the settings change.
Estimate *estimate_start(const Job *job, EstimateRead read, gpointer data);
GtkWidget *estimate_label(Estimate *estimate);
void estimate_end(Estimate *estimate);

// Minutes and seconds, or hours; to be freed with g_free.
char *estimate_clock(double seconds);

#endif
