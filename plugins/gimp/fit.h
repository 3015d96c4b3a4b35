// One run of a menu entry: checks the layer, hands its pixels to a worker, and holds all that the window and the
// result need. The image is only read here.
#ifndef DIPKIT_GIMP_FIT_H
#define DIPKIT_GIMP_FIT_H
#include "area.h"
#include "arguments.h"
#include "pixels.h"
#include "worker.h"

typedef struct Job {
  const Entry *entry;
  Settings settings;
  HostImage image;
  HostLayer layer;
} Job;

typedef struct Fit {
  const Job *job;
  const Engine *engine;
  Pixels pixels;
  gint width, height; // the layer's
  Area area;
  gint factor; // how much larger the result is
  gboolean fills_transparency;
  DipOptions options;
  void *samples;
  DipImage image, mask;
  DipInputs inputs;
  Worker *worker;
} Fit;

// Refuses a layer that the plug-in cannot restore, before any dialog is shown.
gboolean fit_check_layer(HostImage image, HostLayer layer, GError **error);

// Opens the engine; gives NULL and a sentence that says what to install.
const Engine *fit_engine(GError **error);

// Starts the worker. Clear the fit whatever this gives.
gboolean fit_start(Fit *fit, const Job *job, GError **error);
void fit_clear(Fit *fit);

// What went wrong with a worker that failed: a sentence without its full stop, to be freed with g_free.
char *fit_failure(const Fit *fit);

#endif
