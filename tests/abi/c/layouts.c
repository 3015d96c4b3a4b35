// The same picture in other layouts, and other meanings of its samples.
#include "fixture.h"

#define WIDTH 9
#define HEIGHT 7
#define ROOM 4096 // bytes for any layout of it
#define UNTOUCHED 0xAB

typedef enum Order { PACKED, PLANAR, REVERSED, BOTTOM_UP, PADDED, EVERYTHING, ORDERS } Order;

// A layout and where in a buffer its top-left sample lies.
typedef struct Place {
  DipImage image;
  ptrdiff_t origin;
} Place;

static ptrdiff_t bytes_of(DipSample sample) { return sample == DIP_SAMPLE_U8 ? 1 : sample == DIP_SAMPLE_F32 ? 4 : 2; }

static Place place(Order order, uint32_t channels, DipSample sample) {
  const ptrdiff_t bytes = bytes_of(sample);
  Place place = {packed(WIDTH, HEIGHT, channels, sample), 0};
  DipImage *image = &place.image;
  if (order == PACKED)
    return place; // strides 0
  image->channel_stride = bytes;
  image->pixel_stride = bytes * (ptrdiff_t)channels;
  if (order == PADDED)
    image->pixel_stride += bytes;
  image->row_stride = image->pixel_stride * WIDTH + (order == PADDED ? 5 : 0);
  if (order == PLANAR || order == EVERYTHING) {
    image->pixel_stride = bytes;
    image->row_stride = bytes * WIDTH + (order == EVERYTHING ? 3 : 0);
    image->channel_stride = image->row_stride * HEIGHT;
  }
  if (order == REVERSED || order == EVERYTHING) { // BGR, ABGR
    place.origin += image->channel_stride * ((ptrdiff_t)channels - 1);
    image->channel_stride = -image->channel_stride;
  }
  if (order == BOTTOM_UP || order == EVERYTHING) {
    place.origin += image->row_stride * (HEIGHT - 1);
    image->row_stride = -image->row_stride;
  }
  if (order == EVERYTHING) { // mirrored as well
    place.origin += image->pixel_stride * (WIDTH - 1);
    image->pixel_stride = -image->pixel_stride;
  }
  return place;
}

// Moves the samples between a packed buffer and one in another layout.
static void move(const Place *place, unsigned char *packed_bytes, unsigned char *buffer, int is_to_buffer) {
  const ptrdiff_t bytes = bytes_of(place->image.sample), channels = (ptrdiff_t)place->image.channels;
  DipImage image = place->image;
  ptrdiff_t x, y, c;
  if (image.row_stride == 0) {
    image.channel_stride = bytes;
    image.pixel_stride = bytes * channels;
    image.row_stride = bytes * channels * WIDTH;
  }
  for (y = 0; y < HEIGHT; y++)
    for (x = 0; x < WIDTH; x++)
      for (c = 0; c < channels; c++) {
        unsigned char *one = packed_bytes + ((y * WIDTH + x) * channels + c) * bytes;
        const ptrdiff_t offset = c * image.channel_stride + x * image.pixel_stride + y * image.row_stride;
        unsigned char *other = buffer + place->origin + offset;
        memcpy(is_to_buffer ? other : one, is_to_buffer ? one : other, (size_t)bytes);
      }
}

static uint16_t half_of(float value) { // positive normal numbers below 1
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return (uint16_t)(((bits >> 13) & 0x3FFF) | ((bits >> 23) - 112) << 10);
}

static void paint_samples(unsigned char *bytes, size_t count, DipSample sample) {
  size_t i;
  for (i = 0; i < count; i++) {
    const float value = ((float)wave(i) + 0.25f) / 256;
    const uint16_t wide = (uint16_t)(wave(i) * 257u + i), half = half_of(value);
    if (sample == DIP_SAMPLE_U8)
      bytes[i] = wave(i);
    else if (sample == DIP_SAMPLE_F32)
      memcpy(bytes + 4 * i, &value, 4);
    else
      memcpy(bytes + 2 * i, sample == DIP_SAMPLE_U16 ? &wide : &half, 2);
  }
}

// Restores a picture that lies in one layout and reads the result in the same.
static void restore(const Place *place, unsigned char *packed_bytes, unsigned char *result) {
  static unsigned char buffer[ROOM], out[ROOM];
  const DipInputs inputs = inputs_of(&place->image, buffer + place->origin);
  DipOptions options = tiny(DIP_TASK_DENOISE);
  DipSession *session = NULL;
  set(&options, "iterations", "2");
  memset(buffer, UNTOUCHED, sizeof buffer);
  memset(out, UNTOUCHED, sizeof out);
  move(place, packed_bytes, buffer, 1);
  OK(dip_create(&options, &inputs, &session));
  finish(session);
  OK(dip_get_preview(session, DIP_OUTPUT_RESULT, &place->image, out + place->origin));
  move(place, result, out, 0);
  memset(buffer, UNTOUCHED, sizeof buffer);
  move(place, result, buffer, 1);
  CHECK(memcmp(buffer, out, ROOM) == 0); // bytes between the samples are left alone
  dip_destroy(session);
}

static void every_layout_gives_the_bytes_of_packed(void) {
  static unsigned char given[ROOM], expected[ROOM], seen[ROOM];
  uint32_t channels;
  DipSample sample;
  Order order;
  for (channels = 1; channels <= 4; channels++)
    for (sample = DIP_SAMPLE_U8; sample <= DIP_SAMPLE_F32; sample++) {
      const size_t bytes = (size_t)(WIDTH * HEIGHT * channels * (uint32_t)bytes_of(sample));
      Place packed_place = place(PACKED, channels, sample);
      paint_samples(given, WIDTH * HEIGHT * channels, sample);
      restore(&packed_place, given, expected);
      for (order = PLANAR; order < ORDERS; order++) {
        Place other = place(order, channels, sample);
        restore(&other, given, seen);
        CHECK(memcmp(expected, seen, bytes) == 0);
      }
    }
}

static void masks_take_every_layout(void) {
  static unsigned char given[ROOM], mask[ROOM], buffer[ROOM], expected[ROOM], seen[ROOM];
  const DipImage image = packed(WIDTH, HEIGHT, 3, DIP_SAMPLE_U8);
  const DipOptions options = tiny(DIP_TASK_INPAINT);
  Order order;
  paint(given, WIDTH * HEIGHT * 3);
  paint_mask(mask, WIDTH, HEIGHT);
  for (order = PACKED; order < ORDERS; order++) {
    Place mask_place = place(order, 1, DIP_SAMPLE_U8);
    DipInputs inputs = inputs_of(&image, given);
    DipSession *session = NULL;
    move(&mask_place, mask, buffer, 1);
    inputs.mask = &mask_place.image;
    inputs.mask_pixels = buffer + mask_place.origin;
    OK(dip_create(&options, &inputs, &session));
    finish(session);
    OK(dip_get_preview(session, DIP_OUTPUT_RESULT, &image, order == PACKED ? expected : seen));
    CHECK(order == PACKED || memcmp(expected, seen, WIDTH * HEIGHT * 3) == 0);
    dip_destroy(session);
  }
}

static void premultiplied_comes_back_within_one_step(void) {
  unsigned char given[WIDTH * HEIGHT * 4], seen[WIDTH * HEIGHT * 4], straight[WIDTH * HEIGHT * 4];
  DipImage image = packed(WIDTH, HEIGHT, 4, DIP_SAMPLE_U8);
  const DipInputs inputs = inputs_of(&image, given);
  const DipOptions options = tiny(DIP_TASK_DENOISE);
  DipSession *session = NULL;
  size_t i;
  paint(given, sizeof given);
  for (i = 0; i < sizeof given; i++)
    if (i % 4 != 3)
      given[i] = (unsigned char)(given[i] * given[i | 3] / 255);
  given[3] = 0;
  image.flags = DIP_IMAGE_PREMULTIPLIED;
  OK(dip_create(&options, &inputs, &session));
  OK(dip_get_preview(session, DIP_OUTPUT_INPUT, &image, seen));
  image.flags = 0;
  OK(dip_get_preview(session, DIP_OUTPUT_INPUT, &image, straight));
  for (i = 4; i < sizeof given; i++) {
    CHECK(abs(given[i] - seen[i]) <= 1);
    CHECK(i % 4 == 3 ? straight[i] == given[i] : abs(straight[i] * given[i | 3] / 255 - given[i]) <= 1);
  }
  CHECK(seen[3] == 0);
  finish(session);
  image.flags = DIP_IMAGE_PREMULTIPLIED;
  OK(dip_get_preview(session, DIP_OUTPUT_RESULT, &image, seen));
  for (i = 0; i < sizeof given; i++)
    // Colour stays below alpha; a glow has no alpha and stays as it is.
    CHECK(i % 4 == 3 || given[i | 3] == 0 ? seen[i] == given[i] : seen[i] <= seen[i | 3]);
  dip_destroy(session);
}

static void samples_beyond_the_nominal_range_survive(void) {
  float given[WIDTH * HEIGHT * 3], seen[WIDTH * HEIGHT * 3];
  DipImage image = packed(WIDTH, HEIGHT, 3, DIP_SAMPLE_F32);
  const DipInputs inputs = inputs_of(&image, given);
  const DipOptions options = tiny(DIP_TASK_DENOISE);
  DipSession *session = NULL;
  size_t i;
  for (i = 0; i < WIDTH * HEIGHT * 3; i++)
    given[i] = (float)wave(i) / 200 - 0.1f;
  given[0] = 40;
  given[1] = -0.5f;
  image.transfer = DIP_TRANSFER_LINEAR;
  OK(dip_create(&options, &inputs, &session));
  OK(dip_get_preview(session, DIP_OUTPUT_INPUT, &image, seen));
  CHECK(memcmp(given, seen, sizeof given) == 0);
  finish(session);
  OK(dip_get_preview(session, DIP_OUTPUT_RESULT, &image, seen));
  for (i = 0; i < WIDTH * HEIGHT * 3; i++)
    CHECK(isfinite(seen[i]) && fabsf(seen[i]) < 100);
  dip_destroy(session);
}

static void grey_spreads_and_alpha_appears_opaque(void) {
  unsigned char given[WIDTH * HEIGHT], seen[WIDTH * HEIGHT * 4];
  const DipImage grey = packed(WIDTH, HEIGHT, 1, DIP_SAMPLE_U8), colour = packed(WIDTH, HEIGHT, 4, DIP_SAMPLE_U8);
  const DipInputs inputs = inputs_of(&grey, given);
  const DipOptions options = tiny(DIP_TASK_DENOISE);
  DipSession *session = NULL;
  size_t i;
  paint(given, sizeof given);
  OK(dip_create(&options, &inputs, &session));
  OK(dip_get_preview(session, DIP_OUTPUT_RESULT, &colour, seen));
  for (i = 0; i < sizeof seen; i++)
    CHECK(seen[i] == (i % 4 == 3 ? 255 : given[i / 4]));
  dip_destroy(session);
}

MAIN(NAMED(every_layout_gives_the_bytes_of_packed), NAMED(masks_take_every_layout),
     NAMED(premultiplied_comes_back_within_one_step), NAMED(samples_beyond_the_nominal_range_survive),
     NAMED(grey_spreads_and_alpha_appears_opaque))
