// Which part of a layer is fitted and which is written, by the selection or the transparency. All rectangles are in
// the layer's coordinates, whatever its offset, and lie inside the layer.
#ifndef DIPKIT_GIMP_AREA_H
#define DIPKIT_GIMP_AREA_H
#include "arguments.h"
#include "host.h"

typedef struct Area {
  GeglRectangle fitted;  // what the engine gets
  GeglRectangle written; // what may change
  gfloat *coverage;      // how far each pixel of `written` changes, 0 to 1; NULL: all of it
  gfloat *mask;          // which pixels of `fitted` are observed (1) or missing (0); NULL but for inpainting
} Area;

// Finds the area. Gives FALSE and a sentence if there is nothing to do or nothing to learn from.
gboolean area_find(Area *area, const Entry *entry, const Settings *settings, HostImage image, HostLayer layer,
                   GError **error);
void area_clear(Area *area);

// How far each pixel of `part` is selected, 0 to 1, to be freed with g_free; NULL if nothing is selected, which
// means everything.
gfloat *area_read_selection(HostImage image, HostLayer layer, const GeglRectangle *part);

// Selects what a channel says, and just that: a caller's script may have feathering on.
void area_select(HostImage image, HostItem channel);

#endif
