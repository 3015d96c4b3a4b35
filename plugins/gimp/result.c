#include "result.h"
#include "patch.h"
#include "refusal.h"

static Patch patch_of(const Fit *fit) {
  const GeglRectangle *fitted = &fit->area.fitted, *written = &fit->area.written;
  const gint factor = fit->factor;
  return (Patch){
      .engine = fit->engine,
      .session = worker_session(fit->worker),
      .pixels = &fit->pixels,
      .part = {(written->x - fitted->x) * factor, (written->y - fitted->y) * factor, written->width * factor,
               written->height * factor},
      .x = written->x * factor,
      .y = written->y * factor,
      .coverage = fit->area.coverage,
      .alpha = factor > 1                ? ALPHA_RESIZED
               : fit->fills_transparency ? ALPHA_OPAQUE
                                         : ALPHA_KEPT,
  };
}

static gboolean write_to(const Patch *patch, HostLayer source, HostLayer target, GError **error) {
  GeglBuffer *from = source == NOTHING ? NULL : gimp_drawable_get_buffer(GIMP_DRAWABLE(source));
  GeglBuffer *to = gimp_drawable_get_buffer(GIMP_DRAWABLE(target));
  const gboolean is_written = patch_write(patch, from, to, error);
  g_clear_object(&from);
  g_object_unref(to); // sends the pixels to GIMP
  gimp_drawable_update(GIMP_DRAWABLE(target), patch->x, patch->y, patch->part.width, patch->part.height);
  return is_written;
}

// Makes a layer of the enlarged part alone.
static HostLayer enlarged_layer(const Fit *fit, HostImage image, GError **error) {
  const HostLayer from = fit->job->layer;
  Patch patch = patch_of(fit);
  HostLayer layer =
      gimp_layer_new(image, fit->job->entry->title, patch.part.width, patch.part.height,
                     gimp_drawable_type(GIMP_DRAWABLE(from)), gimp_layer_get_opacity(from), gimp_layer_get_mode(from));
  patch.x = patch.y = 0;
  patch.coverage = NULL;
  if (!write_to(&patch, NOTHING, layer, error)) {
    gimp_item_delete(GIMP_ITEM(layer));
    return NOTHING;
  }
  return layer;
}

// Rasterizes a layer that GIMP draws anew, such as text: it would lose what is written into it.
static void make_plain(HostLayer layer) {
#if GIMP_CHECK_VERSION(3, 2, 0)
  if (GIMP_IS_RASTERIZABLE(layer))
    gimp_rasterizable_rasterize(GIMP_RASTERIZABLE(layer));
#else
  (void)layer;
#endif
}

static HostLayer parent_of(HostLayer layer) {
  const HostItem parent = gimp_item_get_parent(GIMP_ITEM(layer));
#if GIMP_CHECK_VERSION(3, 0, 0)
  return parent == NULL ? NULL : GIMP_LAYER(parent);
#else
  return parent == NOTHING ? 0 : parent;
#endif
}

static gboolean add_layer(const Fit *fit, Result *result, GError **error) {
  const Job *job = fit->job;
  const gint position = gimp_image_get_item_position(job->image, GIMP_ITEM(job->layer));
  const Patch patch = patch_of(fit);
  gint x, y;
  result->image = job->image;
  if (fit->factor == 1) {
    result->layer = gimp_layer_copy(job->layer); // with its mask, mode and opacity
    gimp_item_set_name(GIMP_ITEM(result->layer), job->entry->title);
  } else {
    gimp_drawable_get_offsets(GIMP_DRAWABLE(job->layer), &x, &y);
    result->layer = enlarged_layer(fit, job->image, error);
    if (result->layer == NOTHING)
      return FALSE;
    gimp_layer_set_offsets(result->layer, x + fit->area.written.x, y + fit->area.written.y);
  }
  if (!gimp_image_insert_layer(job->image, result->layer, parent_of(job->layer), position))
    return refuse(error, "GIMP did not take the new layer. Unlock the group that it belongs to.");
  if (fit->factor > 1)
    return TRUE;
  make_plain(result->layer);
  return write_to(&patch, job->layer, result->layer, error);
}

static void select_layer(HostImage image, HostLayer layer) {
#if GIMP_CHECK_VERSION(3, 0, 0)
  const GimpLayer *layers[] = {layer, NULL};
  gimp_image_set_selected_layers(image, layers);
#else
  gimp_image_set_active_layer(image, layer);
#endif
}

// Writes the pixels without the selection, by which GIMP would blend once more and in its own way.
static gboolean merge_shadow(HostImage image, HostLayer layer, GError **error) {
  const gboolean is_selected = !gimp_selection_is_empty(image);
  HostItem selection = NOTHING;
  gboolean is_merged;
  if (is_selected) {
    selection = GIMP_ITEM(gimp_selection_save(image));
    gimp_selection_none(image);
  }
  is_merged = gimp_drawable_merge_shadow(GIMP_DRAWABLE(layer), TRUE);
  if (is_selected) {
    area_select(image, selection);
    gimp_image_remove_channel(image, GIMP_CHANNEL(selection));
    select_layer(image, layer);
  }
  gimp_drawable_update(GIMP_DRAWABLE(layer), 0, 0, gimp_drawable_get_width(GIMP_DRAWABLE(layer)),
                       gimp_drawable_get_height(GIMP_DRAWABLE(layer)));
  return is_merged || refuse(error, "GIMP did not take the layer's new pixels. Unlock the layer, and start again.");
}

static gboolean replace_layer(const Fit *fit, Result *result, GError **error) {
  const HostImage image = fit->job->image;
  const HostLayer layer = fit->job->layer;
  const gint factor = fit->factor;
  Patch patch = patch_of(fit);
  gfloat *enlarged_selection = NULL;
  GeglBuffer *given, *shadow;
  gboolean is_written;
  *result = (Result){image, layer};
  if (factor > 1) {
    if (!gimp_image_scale(image, gimp_image_get_width(image) * factor, gimp_image_get_height(image) * factor))
      return refuse(error, "GIMP cannot make this image %d times larger. Put the result in a new image.", factor);
    patch.coverage = enlarged_selection =
        area_read_selection(image, layer, GEGL_RECTANGLE(patch.x, patch.y, patch.part.width, patch.part.height));
  }
  given = gimp_drawable_get_buffer(GIMP_DRAWABLE(layer));
  shadow = gimp_drawable_get_shadow_buffer(GIMP_DRAWABLE(layer));
  gegl_buffer_copy(given, NULL, GEGL_ABYSS_NONE, shadow, NULL);
  is_written = patch_write(&patch, given, shadow, error);
  g_object_unref(given);
  g_object_unref(shadow);
  g_free(enlarged_selection);
  return is_written && merge_shadow(image, layer, error);
}

static void copy_surroundings(const Fit *fit, HostImage to) {
  const HostImage from = fit->job->image;
  GimpColorProfile *profile = gimp_image_get_color_profile(from);
  GimpMetadata *metadata = gimp_image_get_metadata(from);
  gdouble x, y;
  gimp_image_get_resolution(from, &x, &y);
  gimp_image_set_resolution(to, x * fit->factor, y * fit->factor);
  gimp_image_set_unit(to, gimp_image_get_unit(from));
  if (profile != NULL)
    gimp_image_set_color_profile(to, profile);
  if (metadata != NULL)
    gimp_image_set_metadata(to, metadata);
  g_clear_object(&profile);
  g_clear_object(&metadata);
}

static gboolean new_image(const Fit *fit, Result *result, GError **error) {
  const Job *job = fit->job;
  const Patch patch = patch_of(fit);
  const gboolean is_larger = fit->factor > 1;
  const gint width = is_larger ? patch.part.width : gimp_drawable_get_width(GIMP_DRAWABLE(job->layer));
  const gint height = is_larger ? patch.part.height : gimp_drawable_get_height(GIMP_DRAWABLE(job->layer));
  const HostImage image = gimp_image_new_with_precision(width, height, gimp_image_get_base_type(job->image),
                                                        gimp_image_get_precision(job->image));
  gboolean is_written;
  gimp_image_undo_disable(image);
  copy_surroundings(fit, image);
  if (is_larger)
    result->layer = enlarged_layer(fit, image, error);
  else
    result->layer = gimp_layer_new_from_drawable(GIMP_DRAWABLE(job->layer), image);
  is_written = result->layer != NOTHING;
  if (is_written) {
    gimp_image_insert_layer(image, result->layer, 0, 0);
    gimp_item_set_name(GIMP_ITEM(result->layer), job->entry->title);
    gimp_layer_set_offsets(result->layer, 0, 0);
  }
  if (is_written && !is_larger) {
    make_plain(result->layer);
    is_written = write_to(&patch, job->layer, result->layer, error);
  }
  gimp_image_undo_enable(image);
  if (!is_written)
    gimp_image_delete(image);
  result->image = image;
  return is_written;
}

// Checks that the layer is still what it was when it was read, since what is written fits only that.
static gboolean is_unchanged(const Fit *fit) {
  const HostLayer layer = fit->job->layer;
  return gimp_drawable_get_width(GIMP_DRAWABLE(layer)) == fit->width &&
         gimp_drawable_get_height(GIMP_DRAWABLE(layer)) == fit->height &&
         gimp_drawable_get_format(GIMP_DRAWABLE(layer)) == fit->pixels.native;
}

gboolean result_write(const Fit *fit, Result *out_result, GError **error) {
  const HostImage image = fit->job->image;
  const OutputPlace place = (OutputPlace)fit->job->settings.numbers[ARGUMENT_OUTPUT];
  gboolean is_written;
  if (!gimp_item_is_valid(GIMP_ITEM(fit->job->layer)))
    return refuse(error, "The layer was deleted while its fit ran. Undo that, and start again.");
  if (!is_unchanged(fit))
    return refuse(error, "The layer's size or mode was changed while its fit ran. Undo that, and start again.");
  if (place == OUTPUT_NEW_IMAGE)
    return new_image(fit, out_result, error);
  if (!fit_check_layer(image, fit->job->layer, error))
    return FALSE;
  gimp_image_undo_group_start(image);
  is_written = place == OUTPUT_REPLACE ? replace_layer(fit, out_result, error) : add_layer(fit, out_result, error);
  gimp_image_undo_group_end(image);
  return is_written;
}
