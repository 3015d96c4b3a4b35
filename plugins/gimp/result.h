// Where a fit's picture goes: a new layer, the layer itself, or a new image; one undo step at most.
#ifndef DIPKIT_GIMP_RESULT_H
#define DIPKIT_GIMP_RESULT_H
#include "fit.h"

typedef struct Result {
  HostImage image;
  HostLayer layer;
} Result;

gboolean result_write(const Fit *fit, Result *out_result, GError **error);

#endif
