// Puts a part of the engine's picture into a layer's buffer: soft where the selection is soft, bit for bit as before
// where nothing is selected.
#ifndef DIPKIT_GIMP_PATCH_H
#define DIPKIT_GIMP_PATCH_H
#include "pixels.h"

typedef enum {
  ALPHA_KEPT,   // as the layer has it, to the bit
  ALPHA_OPAQUE, // holes in the transparency are filled
  ALPHA_RESIZED // the engine's
} AlphaRule;

typedef struct Patch {
  const Engine *engine;
  DipSession *session;
  const Pixels *pixels;
  GeglRectangle part;     // of the engine's picture
  gint x, y;              // where that is in the buffers
  const gfloat *coverage; // of `part`, 0 to 1; NULL: all of it
  AlphaRule alpha;
} Patch;

// `source` has what is kept; it may be `target`, and NULL where nothing is.
gboolean patch_write(const Patch *patch, GeglBuffer *source, GeglBuffer *target, GError **error);

#endif
