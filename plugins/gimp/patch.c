#include "patch.h"
#include "refusal.h"

#include <string.h>

// Rows that are written at a time, so that memory does not grow with the picture.
#define BAND 512

// The buffers of one band of rows.
typedef struct Band {
  GeglRectangle at; // in the layer's buffers
  const gfloat *coverage;
  guchar *kept;     // the layer's pixels, native
  guchar *restored; // the engine's pixels, native
  guchar *own;      // the engine's pixels, as it wrote them
  guchar *blended;  // both mixed, native
  gfloat *given_float, *restored_float;
} Band;

static gsize count_of(const Band *band) {
  return (gsize)band->at.width * (gsize)band->at.height;
}

static gsize bytes_of(const Babl *format) {
  return (gsize)babl_format_get_bytes_per_pixel(format);
}

static void band_init(Band *band, const Patch *patch) {
  const gsize count = (gsize)patch->part.width * BAND;
  const gsize native = bytes_of(patch->pixels->native), as_float = bytes_of(patch->pixels->as_float);
  band->kept = g_malloc0(count * native);
  band->restored = g_malloc(count * native);
  band->own = g_malloc(count * bytes_of(patch->pixels->own));
  band->blended = g_malloc(count * native);
  band->given_float = g_malloc(count * as_float);
  band->restored_float = g_malloc(count * as_float);
}

static void band_clear(Band *band) {
  g_free(band->kept);
  g_free(band->restored);
  g_free(band->own);
  g_free(band->blended);
  g_free(band->given_float);
  g_free(band->restored_float);
}

static void fill_opaque(const Patch *patch, Band *band) {
  const gfloat white[] = {1, 1, 1, 1};
  const gsize bytes = bytes_of(patch->pixels->own);
  gsize i;
  babl_process(babl_fish(babl_format("R'G'B'A float"), patch->pixels->own), white, band->own, 1);
  for (i = 1; i < count_of(band); i++)
    memcpy(band->own + i * bytes, band->own, bytes);
}

static gboolean read_restored(const Patch *patch, Band *band, gint row, GError **error) {
  const Pixels *pixels = patch->pixels;
  DipImage image = pixels_own(pixels, band->at.width, band->at.height);
  DipStatus status;
  if (patch->alpha == ALPHA_OPAQUE) {
    fill_opaque(patch, band);
    image = pixels_without_alpha(image);
  }
  status =
      patch->engine->get_preview_region(patch->session, DIP_OUTPUT_RESULT, (uint32_t)patch->part.x,
                                        (uint32_t)(patch->part.y + row), image.width, image.height, &image, band->own);
  if (status != DIP_OK)
    return refuse(error, "The result cannot be read: %s. Nothing was changed.", patch->engine->last_error());
  babl_process(babl_fish(pixels->own, pixels->native), band->own, band->restored, (glong)count_of(band));
  return TRUE;
}

static gboolean is_soft(const Band *band) {
  gsize i;
  for (i = 0; band->coverage != NULL && i < count_of(band); i++)
    if (band->coverage[i] > 0 && band->coverage[i] < 1)
      return TRUE;
  return FALSE;
}

// Blends in the layer's own encoding, which is what its user sees.
static void blend(const Pixels *pixels, Band *band) {
  const gsize channels = pixels->image.channels;
  const glong count = (glong)count_of(band);
  gsize i, c;
  babl_process(babl_fish(pixels->native, pixels->as_float), band->kept, band->given_float, count);
  babl_process(babl_fish(pixels->own, pixels->as_float), band->own, band->restored_float, count);
  for (i = 0; i < count_of(band); i++)
    for (c = 0; c < channels; c++) {
      gfloat *given = &band->given_float[i * channels + c];
      *given += band->coverage[i] * (band->restored_float[i * channels + c] - *given);
    }
  babl_process(babl_fish(pixels->as_float, pixels->native), band->given_float, band->blended, count);
}

static void merge(const Patch *patch, Band *band) {
  const gsize bytes = bytes_of(patch->pixels->native), channels = patch->pixels->image.channels;
  const gsize colour = bytes / channels * (channels - (patch->pixels->has_alpha ? 1 : 0));
  gsize i;
  for (i = 0; i < count_of(band); i++) {
    const gfloat share = band->coverage == NULL ? 1 : band->coverage[i];
    const guchar *from = (share < 1 ? band->blended : band->restored) + i * bytes;
    if (share <= 0)
      continue;
    memcpy(band->kept + i * bytes, from, colour);
    if (patch->alpha != ALPHA_KEPT)
      memcpy(band->kept + i * bytes + colour, from + colour, bytes - colour);
  }
}

gboolean patch_write(const Patch *patch, GeglBuffer *source, GeglBuffer *target, GError **error) {
  const Babl *native = patch->pixels->native;
  Band band;
  gint row;
  gboolean is_written = TRUE;
  band_init(&band, patch);
  for (row = 0; row < patch->part.height && is_written; row += BAND) {
    band.at = *GEGL_RECTANGLE(patch->x, patch->y + row, patch->part.width, MIN(BAND, patch->part.height - row));
    band.coverage = patch->coverage == NULL ? NULL : patch->coverage + (gsize)row * patch->part.width;
    if (source != NULL)
      gegl_buffer_get(source, &band.at, 1.0, native, band.kept, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
    is_written = read_restored(patch, &band, row, error);
    if (!is_written)
      break;
    if (is_soft(&band))
      blend(patch->pixels, &band);
    merge(patch, &band);
    gegl_buffer_set(target, &band.at, 0, native, band.kept, GEGL_AUTO_ROWSTRIDE);
  }
  band_clear(&band);
  return is_written;
}
