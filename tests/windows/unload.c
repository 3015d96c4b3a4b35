// The library loaded by hand, used and unloaded, from the first and from other threads. Its path is the argument.
#include <dipkit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#define TIMES 10
#define SIDE 8

#define CHECK(condition)                                              \
  do {                                                                \
    if (!(condition)) {                                               \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
      exit(1);                                                        \
    }                                                                 \
  } while (0)

static void find(HMODULE library, const char *name, void *function) {
  FARPROC symbol = GetProcAddress(library, name);
  CHECK(symbol != NULL);
  memcpy(function, &symbol, sizeof symbol);
}

static void restore(HMODULE library) {
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
  CHECK(set(&options, "scales", "1") == DIP_OK && set(&options, "threads", "2") == DIP_OK);
  CHECK(create(&options, &inputs, &session) == DIP_OK);
  CHECK(step(session, 1, NULL) == DIP_OK);
  destroy(session);
}

static DWORD WINAPI use(void *path) {
  HMODULE library = LoadLibraryA(path);
  CHECK(library != NULL);
  restore(library);
  CHECK(FreeLibrary(library));
  return 0;
}

int main(int argc, char **argv) {
  int i;
  CHECK(argc == 2);
  for (i = 0; i < TIMES; i++) {
    HANDLE thread;
    use(argv[1]);
    thread = CreateThread(NULL, 0, use, argv[1], 0, NULL);
    CHECK(thread != NULL && WaitForSingleObject(thread, 60000) == WAIT_OBJECT_0);
    CloseHandle(thread);
  }
  return 0;
}
