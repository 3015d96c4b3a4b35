#include "area.h"
#include "refusal.h"

// The pixels around a selection that are fitted too: about what a network of five scales sees around a pixel.
#define MARGIN 32

static GeglRectangle whole_of(HostLayer layer) {
  return *GEGL_RECTANGLE(0, 0, gimp_drawable_get_width(GIMP_DRAWABLE(layer)),
                         gimp_drawable_get_height(GIMP_DRAWABLE(layer)));
}

static gsize pixels_in(const GeglRectangle *part) {
  return (gsize)part->width * (gsize)part->height;
}

gfloat *area_read_selection(HostImage image, HostLayer layer, const GeglRectangle *part) {
  GeglRectangle on_canvas = *part;
  GeglBuffer *buffer;
  gfloat *selected;
  gint x, y;
  if (gimp_selection_is_empty(image))
    return NULL;
  gimp_drawable_get_offsets(GIMP_DRAWABLE(layer), &x, &y);
  on_canvas.x += x;
  on_canvas.y += y;
  selected = g_new(gfloat, pixels_in(part));
  buffer = gimp_drawable_get_buffer(GIMP_DRAWABLE(gimp_image_get_selection(image)));
  gegl_buffer_get(buffer, &on_canvas, 1.0, babl_format("Y float"), selected, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
  g_object_unref(buffer);
  return selected;
}

static gfloat *read_transparency(HostLayer layer, const GeglRectangle *part) {
  gfloat *missing = g_new(gfloat, pixels_in(part));
  gfloat *row = g_new(gfloat, (gsize)part->width * 2); // GIMP 2.10's babl has no format of alpha alone
  GeglBuffer *buffer = gimp_drawable_get_buffer(GIMP_DRAWABLE(layer));
  gint x, y;
  for (y = 0; y < part->height; y++) {
    gegl_buffer_get(buffer, GEGL_RECTANGLE(part->x, part->y + y, part->width, 1), 1.0, babl_format("YA float"), row,
                    GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
    for (x = 0; x < part->width; x++)
      missing[(gsize)y * part->width + x] = 1 - row[2 * x + 1];
  }
  g_object_unref(buffer);
  g_free(row);
  return missing;
}

void area_select(HostImage image, HostItem channel) {
  gimp_context_push();
  gimp_context_set_feather(FALSE);
  gimp_image_select_item(image, GIMP_CHANNEL_OP_REPLACE, channel);
  gimp_context_pop();
}

// Grows and feathers by GIMP's own functions, on an image that nobody sees: the user's selection and undo stay as they
// are.
static void grow_and_feather(gfloat *hole, const GeglRectangle *part, gint grow, gdouble feather) {
  HostImage scratch = gimp_image_new(part->width, part->height, GIMP_GRAY);
  const Babl *format = babl_format("Y float");
  HostItem channel;
  GeglBuffer *buffer;
  gimp_selection_all(scratch);
  channel = GIMP_ITEM(gimp_selection_save(scratch));
  buffer = gimp_drawable_get_buffer(GIMP_DRAWABLE(channel));
  gegl_buffer_set(buffer, NULL, 0, format, hole, GEGL_AUTO_ROWSTRIDE);
  g_object_unref(buffer); // sends the pixels to GIMP
  area_select(scratch, channel);
  if (grow > 0)
    gimp_selection_grow(scratch, grow);
  if (feather > 0)
    gimp_selection_feather(scratch, feather);
  buffer = gimp_drawable_get_buffer(GIMP_DRAWABLE(gimp_image_get_selection(scratch)));
  gegl_buffer_get(buffer, GEGL_RECTANGLE(0, 0, part->width, part->height), 1.0, format, hole, GEGL_AUTO_ROWSTRIDE,
                  GEGL_ABYSS_NONE);
  g_object_unref(buffer);
  gimp_image_delete(scratch);
}

// The smallest rectangle around all pixels that are missing at least in part; empty if none is.
static GeglRectangle bounds_of(const gfloat *hole, const GeglRectangle *part) {
  gint left = part->width, top = part->height, right = 0, bottom = 0, x, y;
  for (y = 0; y < part->height; y++)
    for (x = 0; x < part->width; x++)
      if (hole[(gsize)y * part->width + x] > 0) {
        left = MIN(left, x);
        right = MAX(right, x + 1);
        top = MIN(top, y);
        bottom = y + 1;
      }
  return *GEGL_RECTANGLE(left, top, MAX(right - left, 0), MAX(bottom - top, 0));
}

static gboolean has_observed(const gfloat *hole, const GeglRectangle *part) {
  gsize i;
  for (i = 0; i < pixels_in(part); i++)
    if (hole[i] < 1)
      return TRUE;
  return FALSE;
}

// Says what is written: the engine blends by the mask, so all that is missing at least in part is written as the engine
// has it.
static void take_hole(Area *area, gfloat *hole) {
  gint x, y;
  gsize i;
  area->coverage = g_new(gfloat, pixels_in(&area->written));
  for (y = 0; y < area->written.height; y++)
    for (x = 0; x < area->written.width; x++) {
      const gsize at = (gsize)(y + area->written.y) * area->fitted.width + x + area->written.x;
      area->coverage[(gsize)y * area->written.width + x] = hole[at] > 0 ? 1 : 0;
    }
  for (i = 0; i < pixels_in(&area->fitted); i++)
    hole[i] = 1 - hole[i];
  area->mask = hole;
}

static gfloat *read_hole(const Settings *settings, HostImage image, HostLayer layer, const GeglRectangle *part,
                         GError **error) {
  const gboolean is_selected = settings->numbers[ARGUMENT_MASK_SOURCE] == MASK_FROM_SELECTION;
  const gint grow = (gint)settings->numbers[ARGUMENT_GROW];
  const gdouble feather = settings->numbers[ARGUMENT_FEATHER];
  gfloat *hole;
  if (!is_selected && !gimp_drawable_has_alpha(GIMP_DRAWABLE(layer))) {
    refuse(error, "This layer has no transparency to fill. Erase what is to be filled after Layer > Transparency > Add "
                  "Alpha Channel, or fill the selection instead.");
    return NULL;
  }
  hole = is_selected ? area_read_selection(image, layer, part) : read_transparency(layer, part);
  if (hole == NULL)
    refuse(error, "Nothing is selected. Select what is to be filled, and try again.");
  else if (grow > 0 || feather > 0)
    grow_and_feather(hole, part, grow, feather);
  return hole;
}

static gboolean find_hole(Area *area, const Settings *settings, HostImage image, HostLayer layer, GError **error) {
  const gboolean is_selected = settings->numbers[ARGUMENT_MASK_SOURCE] == MASK_FROM_SELECTION;
  gfloat *hole = read_hole(settings, image, layer, &area->fitted, error);
  gboolean is_found = FALSE;
  if (hole == NULL)
    return FALSE;
  area->written = bounds_of(hole, &area->fitted);
  if (area->written.width == 0)
    refuse(error, is_selected ? "The selection lies outside this layer. Choose the layer under it, or select a part of "
                                "this one."
                              : "No pixel of this layer is transparent. Erase what is to be filled, or fill the "
                                "selection instead.");
  else if (!has_observed(hole, &area->fitted))
    refuse(error, is_selected
                      ? "All of this layer is selected, so there is nothing to fill it from. Select only what is "
                        "to be filled."
                      : "All of this layer is transparent, so there is nothing to fill it from. Choose a layer "
                        "with a picture.");
  else
    is_found = TRUE;
  if (is_found)
    take_hole(area, hole);
  else
    g_free(hole);
  return is_found;
}

static gboolean find_selected(Area *area, HostImage image, HostLayer layer, GError **error) {
  GeglRectangle selected;
  gboolean is_any = FALSE;
  gint x, y, right, bottom;
  const GeglRectangle whole = area->fitted;
  gimp_selection_bounds(image, &is_any, &selected.x, &selected.y, &right, &bottom);
  if (!is_any)
    return TRUE;
  gimp_drawable_get_offsets(GIMP_DRAWABLE(layer), &x, &y);
  gegl_rectangle_set(&selected, selected.x - x, selected.y - y, (guint)(right - selected.x),
                     (guint)(bottom - selected.y));
  if (!gegl_rectangle_intersect(&area->written, &selected, &whole))
    return refuse(error,
                  "The selection lies outside this layer. Choose the layer under it, or Select > None for all of "
                  "this one.");
  gegl_rectangle_set(&selected, area->written.x - MARGIN, area->written.y - MARGIN, area->written.width + 2 * MARGIN,
                     area->written.height + 2 * MARGIN);
  gegl_rectangle_intersect(&area->fitted, &selected, &whole);
  area->coverage = area_read_selection(image, layer, &area->written);
  return TRUE;
}

gboolean area_find(Area *area, const Entry *entry, const Settings *settings, HostImage image, HostLayer layer,
                   GError **error) {
  area->fitted = area->written = whole_of(layer);
  area->coverage = area->mask = NULL;
  if (entry->task == DIP_TASK_INPAINT)
    return find_hole(area, settings, image, layer, error);
  return find_selected(area, image, layer, error);
}

void area_clear(Area *area) {
  g_clear_pointer(&area->coverage, g_free);
  g_clear_pointer(&area->mask, g_free);
}
