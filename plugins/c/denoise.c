// denoise IN.ppm OUT.ppm [name=value ...] - the smallest whole program on dipkit.h.
// Reads and writes binary PPM and PGM of 8 or 16 bits. Ctrl-C keeps the best picture so far.
#include <dipkit.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ITERATIONS_A_STEP 10
#define EXIT_CANCELLED 130 // what a shell expects after Ctrl-C

// Set once, before the handler is installed, and valid until the handler is gone.
static DipSession *session;

static void on_interrupt(int number) {
  dip_cancel(session); // an atomic store: allowed in a signal handler
  signal(number, SIG_DFL);
}

static int fail(const char *what, const char *why) {
  fprintf(stderr, "denoise: %s: %s\n", what, why);
  return EXIT_FAILURE;
}

static int skip_line(FILE *file) {
  int c;
  do
    c = fgetc(file);
  while (c != '\n' && c != EOF);
  return c;
}

// The next number of a PNM header, over white space and comments; -1 if there is none. Reads the one
// byte behind it too, as the format has it before the samples.
static long header_number(FILE *file) {
  long number = -1;
  int c = fgetc(file);
  while (c == '#' || c == ' ' || c == '\t' || c == '\r' || c == '\n')
    c = c == '#' ? skip_line(file) : fgetc(file);
  for (; c >= '0' && c <= '9' && number < 1000000; c = fgetc(file))
    number = (number < 0 ? 0 : number) * 10 + (c - '0');
  return number;
}

static int read_header(FILE *file, DipImage *image) {
  const int p = fgetc(file), kind = fgetc(file);
  const long width = header_number(file), height = header_number(file), maximum = header_number(file);
  if (p != 'P' || (kind != '5' && kind != '6') || width < 1 || height < 1 || (maximum != 255 && maximum != 65535))
    return 0;
  memset(image, 0, sizeof *image); // strides 0: packed
  image->width = (uint32_t)width;
  image->height = (uint32_t)height;
  image->channels = kind == '6' ? 3 : 1;
  image->sample = maximum == 255 ? DIP_SAMPLE_U8 : DIP_SAMPLE_U16;
  return 1;
}

static size_t samples_of(const DipImage *image) {
  return (size_t)image->width * image->height * image->channels;
}

static size_t bytes_of(const DipImage *image) {
  return samples_of(image) * (image->sample == DIP_SAMPLE_U8 ? 1 : 2);
}

// PNM stores 16 bits with the high byte first, dipkit.h takes the machine's own order.
static void to_machine_order(const DipImage *image, unsigned char *pixels) {
  size_t i;
  for (i = 0; image->sample == DIP_SAMPLE_U16 && i < samples_of(image); i++) {
    const uint16_t sample = (uint16_t)(pixels[2 * i] << 8 | pixels[2 * i + 1]);
    memcpy(pixels + 2 * i, &sample, sizeof sample);
  }
}

static void to_file_order(const DipImage *image, unsigned char *pixels) {
  size_t i;
  for (i = 0; image->sample == DIP_SAMPLE_U16 && i < samples_of(image); i++) {
    uint16_t sample;
    memcpy(&sample, pixels + 2 * i, sizeof sample);
    pixels[2 * i] = (unsigned char)(sample >> 8);
    pixels[2 * i + 1] = (unsigned char)(sample & 255);
  }
}

// The pixels, to be freed by the caller; NULL if the file is no such picture.
static unsigned char *read_picture(const char *path, DipImage *image) {
  unsigned char *pixels = NULL;
  FILE *file = fopen(path, "rb");
  if (file == NULL)
    return NULL;
  if (read_header(file, image))
    pixels = malloc(bytes_of(image));
  if (pixels != NULL && fread(pixels, 1, bytes_of(image), file) != bytes_of(image)) {
    free(pixels);
    pixels = NULL;
  }
  fclose(file);
  if (pixels != NULL)
    to_machine_order(image, pixels);
  return pixels;
}

static int write_picture(const char *path, const DipImage *image, unsigned char *pixels) {
  FILE *file = fopen(path, "wb");
  int is_written;
  if (file == NULL)
    return 0;
  to_file_order(image, pixels);
  fprintf(file, "P%c\n%lu %lu\n%d\n", image->channels == 3 ? '6' : '5', (unsigned long)image->width,
          (unsigned long)image->height, image->sample == DIP_SAMPLE_U8 ? 255 : 65535);
  is_written = fwrite(pixels, 1, bytes_of(image), file) == bytes_of(image);
  return fclose(file) == 0 && is_written;
}

// Options as "name=value": this program needs to know none of them.
static DipStatus read_options(char **arguments, int count, DipOptions *options) {
  DipStatus status = dip_options_init(options, sizeof *options, DIP_TASK_DENOISE, DIP_QUALITY_BALANCED);
  int i;
  for (i = 0; i < count && status == DIP_OK; i++) {
    char *equals = strchr(arguments[i], '=');
    if (equals != NULL)
      *equals = '\0';
    status = dip_options_set(options, arguments[i], equals == NULL ? "" : equals + 1);
  }
  return status;
}

static DipStatus fit(void) {
  DipMetrics metrics = {.struct_size = sizeof metrics, .state = DIP_STATE_RUNNING};
  DipStatus status = DIP_OK;
  while (status == DIP_OK && metrics.state == DIP_STATE_RUNNING) {
    status = dip_step(session, ITERATIONS_A_STEP, &metrics);
    fprintf(stderr, "\r%3.0f %%, iteration %lu", 100 * metrics.progress, (unsigned long)metrics.iteration);
  }
  fputc('\n', stderr);
  return status;
}

// Restores the picture in place.
static DipStatus denoise(const DipOptions *options, const DipImage *image, void *pixels) {
  const DipInputs inputs = {.struct_size = sizeof inputs, .image = image, .pixels = pixels};
  DipStatus status = dip_create(options, &inputs, &session), preview = DIP_OK;
  if (status == DIP_OK) {
    signal(SIGINT, on_interrupt);
    status = fit();
    signal(SIGINT, SIG_DFL);
  }
  if (status == DIP_OK || status == DIP_CANCELLED)
    preview = dip_get_preview(session, DIP_OUTPUT_RESULT, image, pixels);
  dip_destroy(session);
  return preview == DIP_OK ? status : preview;
}

int main(int argc, char **argv) {
  DipOptions options;
  DipImage image;
  DipStatus status;
  unsigned char *pixels;
  int code;
  if (argc < 3)
    return fail("usage", "denoise IN.ppm OUT.ppm [name=value ...]");
  if (read_options(argv + 3, argc - 3, &options) != DIP_OK)
    return fail("options", dip_last_error());
  pixels = read_picture(argv[1], &image);
  if (pixels == NULL)
    return fail(argv[1], "not a readable binary PPM or PGM of 8 or 16 bits");
  status = denoise(&options, &image, pixels);
  code = status == DIP_OK ? EXIT_SUCCESS : EXIT_CANCELLED;
  if (status != DIP_OK && status != DIP_CANCELLED)
    code = fail(argv[1], dip_last_error());
  else if (!write_picture(argv[2], &image, pixels))
    code = fail(argv[2], "cannot be written");
  free(pixels);
  return code;
}
