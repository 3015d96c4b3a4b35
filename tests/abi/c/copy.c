// A plug-in with a copy of the library of its own: it exports one function, which fits a picture to the end.
#include <dipkit.h>
#include <stdio.h>

#define SIDE 24

// Writes SIDE * SIDE bytes. Returns 0, or says on stderr what failed.
int restore(unsigned char *restored);

static DipStatus fit(const DipOptions *options, const DipInputs *inputs, unsigned char *restored) {
  DipMetrics metrics = {.struct_size = sizeof metrics};
  DipSession *session = NULL;
  DipStatus status = dip_create(options, inputs, &session);
  while (status == DIP_OK && metrics.state == DIP_STATE_RUNNING)
    status = dip_step(session, 2, &metrics);
  if (status == DIP_OK)
    status = dip_get_preview(session, DIP_OUTPUT_RESULT, inputs->image, restored);
  dip_destroy(session);
  return status;
}

static DipStatus prepare(DipOptions *options) {
  static const char *const smaller[][2] = {{"iterations", "60"}, {"channels", "4"}, {"channels_deepest", "4"},
                                           {"scales", "1"},      {"early_stop", "0"}, {"threads", "2"}};
  DipStatus status = dip_options_init(options, sizeof *options, DIP_TASK_DENOISE, DIP_QUALITY_FAST);
  size_t i;
  for (i = 0; status == DIP_OK && i < sizeof smaller / sizeof *smaller; i++)
    status = dip_options_set(options, smaller[i][0], smaller[i][1]);
  return status;
}

int restore(unsigned char *restored) {
  unsigned char pixels[SIDE * SIDE];
  const DipImage image = {.width = SIDE, .height = SIDE, .channels = 1};
  const DipInputs inputs = {.struct_size = sizeof inputs, .image = &image, .pixels = pixels};
  DipOptions options;
  DipStatus status;
  size_t i;
  for (i = 0; i < sizeof pixels; i++)
    pixels[i] = (unsigned char)(i * 2654435761u % 97 + i / SIDE * 5);
  status = prepare(&options);
  if (status == DIP_OK)
    status = fit(&options, &inputs, restored);
  if (status != DIP_OK)
    fprintf(stderr, "copy.c: %s\n", dip_last_error());
  return status != DIP_OK;
}
