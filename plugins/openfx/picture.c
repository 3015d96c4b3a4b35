#include "picture.h"
#include "host.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int is_depth(Picture *picture, const char *depth, DipSample sample, size_t bytes) {
  if (!is_string(picture->handle, kOfxImageEffectPropPixelDepth, depth))
    return 0;
  picture->sample = sample;
  picture->sample_bytes = bytes;
  return 1;
}

static int describe_samples(Picture *picture) {
  const OfxPropertySetHandle handle = picture->handle;
  if (is_string(handle, kOfxImageEffectPropComponents, kOfxImageComponentRGBA))
    picture->channels = 4;
  else if (is_string(handle, kOfxImageEffectPropComponents, kOfxImageComponentRGB))
    picture->channels = 3;
  else if (is_string(handle, kOfxImageEffectPropComponents, kOfxImageComponentAlpha))
    picture->channels = 1;
  else
    return 0;
  picture->is_opaque = is_string(handle, kOfxImageEffectPropPreMultiplication, kOfxImageOpaque);
  picture->is_premultiplied = is_string(handle, kOfxImageEffectPropPreMultiplication, kOfxImagePreMultiplied);
  return is_depth(picture, kOfxBitDepthByte, DIP_SAMPLE_U8, 1) ||
         is_depth(picture, kOfxBitDepthShort, DIP_SAMPLE_U16, 2) ||
         is_depth(picture, kOfxBitDepthHalf, DIP_SAMPLE_F16, 2) ||
         is_depth(picture, kOfxBitDepthFloat, DIP_SAMPLE_F32, 4);
}

int picture_fetch(Picture *picture, OfxImageEffectHandle effect, const char *name, OfxTime time) {
  OfxImageClipHandle clip = NULL;
  void *data = NULL;
  memset(picture, 0, sizeof *picture);
  if (host.effects->clipGetHandle(effect, name, &clip, NULL) != kOfxStatOK ||
      host.effects->clipGetImage(clip, time, NULL, &picture->handle) != kOfxStatOK || picture->handle == NULL) {
    picture->handle = NULL;
    return 0;
  }
  host.properties->propGetPointer(picture->handle, kOfxImagePropData, 0, &data);
  host.properties->propGetIntN(picture->handle, kOfxImagePropBounds, 4, &picture->bounds.x1);
  picture->data = data;
  picture->row_bytes = int_of(picture->handle, kOfxImagePropRowBytes, 0);
  return data != NULL && width_of(picture->bounds) > 0 && height_of(picture->bounds) > 0 && describe_samples(picture);
}

void picture_release(Picture *picture) {
  if (picture->handle != NULL)
    host.effects->clipReleaseImage(picture->handle);
  picture->handle = NULL;
}

int picture_has_alpha(const Picture *picture) {
  return picture->channels == 4 && !picture->is_opaque;
}

int picture_is_like(const Picture *picture, const Picture *other) {
  return picture->channels == other->channels && picture->sample == other->sample;
}

int width_of(OfxRectI area) {
  return area.x2 - area.x1;
}

int height_of(OfxRectI area) {
  return area.y2 - area.y1;
}

OfxRectI common_area(OfxRectI one, OfxRectI other) {
  OfxRectI common = {one.x1 > other.x1 ? one.x1 : other.x1, one.y1 > other.y1 ? one.y1 : other.y1,
                     one.x2 < other.x2 ? one.x2 : other.x2, one.y2 < other.y2 ? one.y2 : other.y2};
  if (common.x2 < common.x1)
    common.x2 = common.x1;
  if (common.y2 < common.y1)
    common.y2 = common.y1;
  return common;
}

OfxRectI scaled_area(OfxRectI area, int factor) {
  const OfxRectI scaled = {area.x1 * factor, area.y1 * factor, area.x2 * factor, area.y2 * factor};
  return scaled;
}

int contains_area(OfxRectI area, OfxRectI other) {
  return area.x1 <= other.x1 && area.y1 <= other.y1 && area.x2 >= other.x2 && area.y2 >= other.y2;
}

static char *pixel_at(const Picture *picture, int x, int y) {
  return picture->data + (y - picture->bounds.y1) * picture->row_bytes +
         (ptrdiff_t)(x - picture->bounds.x1) * (ptrdiff_t)(picture->channels * picture->sample_bytes);
}

void *picture_describe(const Picture *picture, OfxRectI part, uint32_t channels, DipTransfer transfer,
                       DipImage *out_image) {
  *out_image = (DipImage){
      .width = (uint32_t)width_of(part),
      .height = (uint32_t)height_of(part),
      .channels = channels,
      .sample = picture->sample,
      .transfer = transfer,
      .flags = picture->is_premultiplied && channels == 4 ? DIP_IMAGE_PREMULTIPLIED : 0,
      .channel_stride = (ptrdiff_t)picture->sample_bytes,
      .pixel_stride = (ptrdiff_t)(picture->channels * picture->sample_bytes),
      .row_stride = -picture->row_bytes,
  };
  return pixel_at(picture, part.x1, part.y2 - 1);
}

// Divides, rounding towards minus infinity, as pixels are counted.
static int divided(int x, int factor) {
  return x >= 0 ? x / factor : -((-x + factor - 1) / factor);
}

void picture_copy(const Picture *source, const Picture *output, OfxRectI window, int factor) {
  const size_t bytes = output->channels * output->sample_bytes;
  const OfxRectI written = common_area(window, output->bounds);
  const OfxRectI shown = source->handle == NULL || !picture_is_like(source, output)
                             ? common_area(written, (OfxRectI){0, 0, 0, 0})
                             : common_area(written, scaled_area(source->bounds, factor));
  int x, y;
  for (y = written.y1; y < written.y2; y++) {
    const int is_shown = y >= shown.y1 && y < shown.y2 && width_of(shown) > 0;
    if (!is_shown || width_of(shown) < width_of(written))
      memset(pixel_at(output, written.x1, y), 0, bytes * (size_t)width_of(written));
    if (!is_shown)
      continue;
    if (factor == 1)
      memcpy(pixel_at(output, shown.x1, y), pixel_at(source, shown.x1, y), bytes * (size_t)width_of(shown));
    for (x = shown.x1; factor > 1 && x < shown.x2; x++)
      memcpy(pixel_at(output, x, y), pixel_at(source, divided(x, factor), divided(y, factor)), bytes);
  }
}

static float half_to_float(uint16_t half) {
  const int exponent = half >> 10 & 31, mantissa = half & 1023;
  const float magnitude = exponent == 31  ? (mantissa == 0 ? INFINITY : NAN)
                          : exponent == 0 ? ldexpf((float)mantissa, -24)
                                          : ldexpf((float)(mantissa + 1024), exponent - 25);
  return half >> 15 ? -magnitude : magnitude;
}

static float number_at(const char *place, DipSample sample) {
  uint16_t half;
  float number;
  switch (sample) {
  case DIP_SAMPLE_U8:
    return (float)*(const unsigned char *)place / 255.0f;
  case DIP_SAMPLE_U16:
    memcpy(&half, place, sizeof half);
    return (float)half / 65535.0f;
  case DIP_SAMPLE_F16:
    memcpy(&half, place, sizeof half);
    return half_to_float(half);
  default:
    memcpy(&number, place, sizeof number);
    return number;
  }
}

float *mask_own(const Picture *mask, OfxRectI area, int keeps) {
  const size_t last = (mask->channels - 1) * mask->sample_bytes;
  float *own = malloc(sizeof *own * (size_t)width_of(area) * (size_t)height_of(area)), *to = own;
  int x, y;
  for (y = area.y2 - 1; own != NULL && y >= area.y1; y--)
    for (x = area.x1; x < area.x2; x++) {
      const OfxRectI pixel = {x, y, x + 1, y + 1};
      const float marked =
          contains_area(mask->bounds, pixel) ? number_at(pixel_at(mask, x, y) + last, mask->sample) : 0;
      *to++ = keeps ? marked : 1 - marked;
    }
  return own;
}

float *mask_of_alpha(const Picture *picture, int keeps) {
  const size_t count = (size_t)width_of(picture->bounds) * (size_t)height_of(picture->bounds);
  float *own = mask_own(picture, picture->bounds, 1);
  size_t i;
  // It is not a weight: what shines through is not a sample of the picture.
  for (i = 0; own != NULL && i < count; i++)
    own[i] = (own[i] >= 1) != keeps ? 1 : 0;
  return own;
}
