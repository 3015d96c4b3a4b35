// A layer's pixels as the engine takes them: in their own type and encoding where the engine knows the type, else as
// floats of the same encoding and colour space, so that profiles survive.
#ifndef DIPKIT_GIMP_PIXELS_H
#define DIPKIT_GIMP_PIXELS_H
#include "engine.h"
#include "host.h"

typedef struct Pixels {
  const Babl *native;   // the layer's own
  const Babl *own;      // what the engine reads and writes
  const Babl *as_float; // the same channels and encoding in floats, to blend and to show
  gboolean has_alpha;
  DipImage image; // one pixel of `own`
} Pixels;

void pixels_describe(Pixels *pixels, HostImage image, HostLayer layer);

// Describes packed pixels of `own` or `as_float` to the engine.
DipImage pixels_own(const Pixels *pixels, gint width, gint height);
DipImage pixels_float(const Pixels *pixels, gint width, gint height);

// Describes their colours alone: the engine neither reads nor writes the alpha between them.
DipImage pixels_without_alpha(DipImage image);

// Copies a rectangle of the layer as `own`, to be freed with g_free; NULL if there is no memory.
void *pixels_read(const Pixels *pixels, HostLayer layer, const GeglRectangle *part);

#endif
