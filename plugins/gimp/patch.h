// Puts a part of the engine's picture into a layer's buffer: soft where the selection is soft, bit for bit as before
// where nothing is selected.
#ifndef DIPKIT_GIMP_PATCH_H
#define DIPKIT_GIMP_PATCH_H
#include "pixels.h"

typedef enum {
  ALPHA_KEPT,   // stays as the layer has it, to the bit
  ALPHA_OPAQUE, // becomes opaque, since holes are filled
  ALPHA_RESIZED // is what the engine made of it
} AlphaRule;

typedef struct Patch {
  const Engine *engine;
  DipSession *session;
  const Pixels *pixels;
  GeglRectangle part;     // which part of the engine's picture
  gint x, y;              // where it goes in the buffers
  const gfloat *coverage; // how far each pixel of `part` changes, 0 to 1; NULL: all of it
  AlphaRule alpha;
} Patch;

// Writes the part into `target`. `source` has the pixels that are kept; it may be `target` too, or NULL where none is.
gboolean patch_write(const Patch *patch, GeglBuffer *source, GeglBuffer *target, GError **error);

#endif
