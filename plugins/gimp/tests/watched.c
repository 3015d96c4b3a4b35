// The engine as the plug-in opens it, in front of the real one: it writes down the size of every picture that it gets
// and the memory that its fit needs, and diverges after some steps while a file is there, since no option makes every
// machine's fit diverge alike.
//   DIPKIT_FITTED   the file to write into
//   DIPKIT_DIVERGE  the file that makes fits diverge
#define _GNU_SOURCE // RTLD_NEXT
#include <dipkit.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define GOOD_STEPS 2

static int steps;

DipStatus dip_create(const DipOptions *options, const DipInputs *inputs, DipSession **out_session) {
  __typeof__(&dip_create) real = (__typeof__(&dip_create))dlsym(RTLD_NEXT, "dip_create");
  const char *path = getenv("DIPKIT_FITTED");
  FILE *file = path == NULL ? NULL : fopen(path, "a");
  uint64_t bytes = 0;
  steps = 0;
  if (file != NULL) {
    dip_estimate_memory(options, inputs, &bytes);
    fprintf(file, "%ux%u\n%llu\n", inputs->image->width, inputs->image->height, (unsigned long long)bytes);
    fclose(file);
  }
  return real(options, inputs, out_session);
}

DipStatus dip_step(DipSession *session, uint32_t iterations, DipMetrics *out_metrics) {
  __typeof__(&dip_step) real = (__typeof__(&dip_step))dlsym(RTLD_NEXT, "dip_step");
  const char *path = getenv("DIPKIT_DIVERGE");
  if (steps++ >= GOOD_STEPS && path != NULL && access(path, F_OK) == 0)
    return DIP_ERROR_DIVERGED;
  return real(session, iterations, out_metrics);
}
