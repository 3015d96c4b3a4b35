// A host's images: where their samples are, as the engine takes them and as a window is copied.
#ifndef DIPKIT_OPENFX_PICTURE_H
#define DIPKIT_OPENFX_PICTURE_H
#include "engine.h"
#include "ofx.h"

typedef struct Picture {
  OfxPropertySetHandle handle; // NULL: there is none
  OfxRectI bounds;
  char *data; // the lowest row
  ptrdiff_t row_bytes;
  DipSample sample;
  size_t sample_bytes;
  uint32_t channels; // as stored
  int is_opaque;     // whether alpha, where there is one, says nothing
  int is_premultiplied;
} Picture;

// Fetches the image of a clip; gives 0 where there is none. Release it whatever this gives.
int picture_fetch(Picture *picture, OfxImageEffectHandle effect, const char *clip, OfxTime time);
void picture_release(Picture *picture);

int picture_has_alpha(const Picture *picture);
int picture_is_like(const Picture *picture, const Picture *other); // in channels and samples

int width_of(OfxRectI area);
int height_of(OfxRectI area);
OfxRectI common_area(OfxRectI one, OfxRectI other); // of no width or height where they share nothing
OfxRectI scaled_area(OfxRectI area, int factor);    // about the origin
int contains_area(OfxRectI area, OfxRectI other);

// Describes a part of a picture upright, as the engine has pictures, and finds its top left pixel. With 3 `channels`
// alpha is left out.
void *picture_describe(const Picture *picture, OfxRectI part, uint32_t channels, DipTransfer transfer,
                       DipImage *out_image);

// Writes what the source shows, `factor` times enlarged pixel by pixel, into a window; black where it shows nothing.
void picture_copy(const Picture *source, const Picture *output, OfxRectI window, int factor);

// How far each pixel of `area` is observed, 0 to 1, upright. It is read from the last channel of a mask that marks what
// is to be filled or, with `keeps`, what is to stay; outside the mask nothing is marked. To be freed with free.
float *mask_own(const Picture *mask, OfxRectI area, int keeps);

// How far each pixel of an area is observed by the alpha of a picture: what is not opaque is to be filled.
float *mask_of_alpha(const Picture *picture, int keeps);

#endif
