#include "pixels.h"

// GIMP numbers its precisions so that the hundreds are the type and the rest is the encoding.
#define TYPE_OF(precision) ((int)(precision) / 100)
#define ENCODING_OF(precision) ((int)(precision) % 100)
#define LINEAR 0
#define PERCEPTUAL 75

typedef struct SampleType {
  const char *name;
  DipSample sample;
  gsize bytes;
} SampleType;

static const SampleType in_float = {"float", DIP_SAMPLE_F32, 4};

static const SampleType *type_for(GimpPrecision precision) {
  static const SampleType u8 = {"u8", DIP_SAMPLE_U8, 1}, u16 = {"u16", DIP_SAMPLE_U16, 2},
                          half = {"half", DIP_SAMPLE_F16, 2};
  switch (TYPE_OF(precision)) {
  case TYPE_OF(GIMP_PRECISION_U8_LINEAR):
    return &u8;
  case TYPE_OF(GIMP_PRECISION_U16_LINEAR):
    return &u16;
  case TYPE_OF(GIMP_PRECISION_HALF_LINEAR):
    return &half;
  default: // 32-bit integers and doubles
    return &in_float;
  }
}

static const Babl *format_of(GimpPrecision precision, gboolean is_grey, gboolean has_alpha, const char *type,
                             const Babl *space) {
  const char *const grey[] = {"Y", "Y'", "Y~"}, *const colour[] = {"RGB", "R'G'B'", "R~G~B~"};
  const int encoding = ENCODING_OF(precision) == LINEAR ? 0 : ENCODING_OF(precision) == PERCEPTUAL ? 2 : 1;
  char *name = g_strdup_printf("%s%s %s", (is_grey ? grey : colour)[encoding], has_alpha ? "A" : "", type);
  const Babl *format = babl_format_with_space(name, space);
  g_free(name);
  return format;
}

void pixels_describe(Pixels *pixels, HostImage image, HostLayer layer) {
  const GimpPrecision precision = gimp_image_get_precision(image);
  const gboolean is_grey = gimp_drawable_is_gray(GIMP_DRAWABLE(layer));
  const SampleType *type = type_for(precision);
  const Babl *space;
  pixels->native = gimp_drawable_get_format(GIMP_DRAWABLE(layer));
  pixels->has_alpha = gimp_drawable_has_alpha(GIMP_DRAWABLE(layer));
  space = babl_format_get_space(pixels->native);
  pixels->own = format_of(precision, is_grey, pixels->has_alpha, type->name, space);
  pixels->as_float = format_of(precision, is_grey, pixels->has_alpha, in_float.name, space);
  pixels->image = (DipImage){
      .channels = (is_grey ? 1 : 3) + (pixels->has_alpha ? 1 : 0),
      .sample = type->sample,
      .transfer = ENCODING_OF(precision) == LINEAR ? DIP_TRANSFER_LINEAR : DIP_TRANSFER_ENCODED,
      .channel_stride = (ptrdiff_t)type->bytes,
  };
}

static DipImage packed(DipImage image, gint width, gint height) {
  image.width = (uint32_t)width;
  image.height = (uint32_t)height;
  image.pixel_stride = image.channel_stride * (ptrdiff_t)image.channels;
  image.row_stride = image.pixel_stride * width;
  return image;
}

DipImage pixels_own(const Pixels *pixels, gint width, gint height) {
  return packed(pixels->image, width, height);
}

DipImage pixels_float(const Pixels *pixels, gint width, gint height) {
  DipImage image = pixels->image;
  image.sample = in_float.sample;
  image.channel_stride = (ptrdiff_t)in_float.bytes;
  return packed(image, width, height);
}

DipImage pixels_without_alpha(DipImage image) {
  image.channels -= image.channels % 2 == 0 ? 1 : 0;
  return image;
}

void *pixels_read(const Pixels *pixels, HostLayer layer, const GeglRectangle *part) {
  const gsize stride = (gsize)part->width * babl_format_get_bytes_per_pixel(pixels->own);
  void *samples = g_try_malloc(stride * (gsize)part->height);
  GeglBuffer *buffer;
  if (samples == NULL)
    return NULL;
  buffer = gimp_drawable_get_buffer(GIMP_DRAWABLE(layer));
  gegl_buffer_get(buffer, part, 1.0, pixels->own, samples, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
  g_object_unref(buffer);
  return samples;
}
