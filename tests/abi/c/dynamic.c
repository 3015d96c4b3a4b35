// The library loaded by hand, used and closed. Not linked with it; LIBRARY is its path.
#include <dipkit.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TIMES 20
#define SIDE 8

#define CHECK(condition)                                                  \
  do {                                                                    \
    if (!(condition)) {                                                   \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);     \
      exit(1);                                                            \
    }                                                                     \
  } while (0)

// ISO C has no conversion from an object pointer to a function's.
static void find(void *library, const char *name, void *function) {
  void *symbol = dlsym(library, name);
  CHECK(symbol != NULL);
  memcpy(function, &symbol, sizeof symbol);
}

static void restore(void *library) {
  DipStatus (*init)(DipOptions *, size_t, DipTask, DipQuality);
  DipStatus (*set)(DipOptions *, const char *, const char *);
  DipStatus (*create)(const DipOptions *, const DipInputs *, DipSession **);
  DipStatus (*step)(DipSession *, uint32_t, DipMetrics *);
  void (*destroy)(DipSession *);
  unsigned char pixels[SIDE * SIDE] = {1, 2, 3};
  const DipImage image = {.width = SIDE, .height = SIDE, .channels = 1};
  const DipInputs inputs = {.struct_size = sizeof inputs, .image = &image, .pixels = pixels};
  DipOptions options;
  DipSession *session = NULL;
  find(library, "dip_options_init", &init);
  find(library, "dip_options_set", &set);
  find(library, "dip_create", &create);
  find(library, "dip_step", &step);
  find(library, "dip_destroy", &destroy);
  CHECK(init(&options, sizeof options, DIP_TASK_DENOISE, DIP_QUALITY_FAST) == DIP_OK);
  CHECK(set(&options, "channels", "2") == DIP_OK && set(&options, "channels_deepest", "2") == DIP_OK);
  CHECK(set(&options, "scales", "1") == DIP_OK && set(&options, "input_depth", "2") == DIP_OK);
  CHECK(set(&options, "no such option", "2") == DIP_ERROR_INVALID_ARGUMENT);
  CHECK(create(&options, &inputs, &session) == DIP_OK);
  CHECK(step(session, 1, NULL) == DIP_OK);
  destroy(session);
}

static void *use(void *argument) {
  uint32_t (*version)(void);
  void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
  CHECK(library != NULL);
  find(library, "dip_abi_version", &version);
  CHECK(version() == DIP_ABI_VERSION);
  restore(library);
  CHECK(dlclose(library) == 0);
  return argument;
}

int main(void) {
  int i;
  alarm(60);
  for (i = 0; i < TIMES; i++) {
    pthread_t thread;
    use(NULL);
    CHECK(pthread_create(&thread, NULL, use, NULL) == 0 && pthread_join(thread, NULL) == 0);
  }
  return 0;
}
