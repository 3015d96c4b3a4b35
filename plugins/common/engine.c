#define _GNU_SOURCE // dladdr
#include "engine.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __APPLE__
#define LIBRARY "libdipkit.dylib"
#else
#define LIBRARY "libdipkit.so"
#endif
#define OVERRIDE "DIPKIT_LIBRARY"

static char why[3 * PATH_MAX];
static char folder[PATH_MAX]; // the plug-in's own

static void *refuse(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(why, sizeof why, format, arguments);
  va_end(arguments);
  return NULL;
}

// Finds the folder of the plug-in; it is empty if the system does not tell.
static void find_folder(void) {
  Dl_info info;
  char *slash;
  folder[0] = '\0';
  if (dladdr((void *)why, &info) == 0 || realpath(info.dli_fname, folder) == NULL)
    return;
  slash = strrchr(folder, '/');
  if (slash != NULL)
    *slash = '\0';
}

static int is_there(const char *path) {
  FILE *file = fopen(path, "rb");
  if (file != NULL)
    fclose(file);
  return file != NULL;
}

// Loads this file. A file that is there but does not load is an error: looking in other places would hide it.
static void *load_file(const char *path) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL)
    return refuse("The engine does not load: %s. Install the plug-in again, with the library built for this "
                  "system.",
                  dlerror());
  return library;
}

static void *load_anywhere(char *path, size_t size) {
  static const char *const places[] = {"%s/" LIBRARY, "%s/../lib/" LIBRARY};
  const char *override = getenv(OVERRIDE);
  void *library;
  size_t i;
  if (override != NULL && override[0] != '\0') {
    snprintf(path, size, "%s", override);
    return load_file(path);
  }
  find_folder();
  for (i = 0; folder[0] != '\0' && i < sizeof places / sizeof *places; i++) {
    snprintf(path, size, places[i], folder);
    if (is_there(path))
      return load_file(path);
  }
  snprintf(path, size, "%s", LIBRARY);
  library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL)
    return refuse("The engine, " LIBRARY ", is missing. Put it into %s, where the plug-in is, or set " OVERRIDE
                  " to its path and start this program again.",
                  folder[0] == '\0' ? "the plug-in's folder" : folder);
  return library;
}

// Fills in the engine's functions; gives the name of the first one that is missing. They are copied, since in C an
// object pointer must not be converted to a function pointer.
static const char *resolve(void *library, Engine *engine) {
  void *symbol;
#define RESOLVE(name)                                                                                                  \
  symbol = dlsym(library, "dip_" #name);                                                                               \
  if (symbol == NULL)                                                                                                  \
    return "dip_" #name;                                                                                               \
  memcpy(&engine->name, &symbol, sizeof symbol);
  ENGINE_FUNCTIONS(RESOLVE)
#undef RESOLVE
  return NULL;
}

static const Engine *bind(void *library, const char *path) {
  static Engine engine;
  const char *missing;
  uint32_t (*abi_version)(void) = NULL;
  void *symbol = dlsym(library, "dip_abi_version");
  memcpy(&abi_version, &symbol, sizeof symbol);
  if (abi_version == NULL)
    return refuse("%s is not dipkit's engine: it has no dip_abi_version. Put the library of this plug-in's release "
                  "there.",
                  path);
  if (abi_version() != DIP_ABI_VERSION)
    return refuse("%s has version %u of dipkit's interface, this plug-in needs version %u. Install the plug-in and the "
                  "library of one and the same release.",
                  path, (unsigned)abi_version(), (unsigned)DIP_ABI_VERSION);
  missing = resolve(library, &engine);
  if (missing != NULL)
    return refuse("%s is too old for this plug-in: it has no %s. Install the plug-in and the library of one and the "
                  "same release.",
                  path, missing);
  return &engine;
}

const Engine *engine_open(const char **out_why) {
  static const Engine *opened;
  char path[2 * PATH_MAX];
  void *library;
  *out_why = why;
  if (opened != NULL)
    return opened;
  library = load_anywhere(path, sizeof path);
  if (library != NULL)
    opened = bind(library, path);
  if (library != NULL && opened == NULL)
    dlclose(library);
  return opened;
}
