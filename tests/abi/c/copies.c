// Several copies of the library in one process: each argument is a plug-in with its own one or with the shared one. All
// fit at the same time, each on a thread of its own, twice, and come to the same picture.
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SIDE 24
#define MOST 8
#define TIMES 2

#define CHECK(condition)                                              \
  do {                                                                \
    if (!(condition)) {                                               \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
      exit(1);                                                        \
    }                                                                 \
  } while (0)

typedef struct Copy {
  const char *path;
  void *library;
  int (*restore)(unsigned char *);
  unsigned char restored[SIDE * SIDE];
  pthread_t thread;
} Copy;

static void open_copy(Copy *copy, const char *path) {
  void *symbol;
  copy->path = path;
  copy->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (copy->library == NULL)
    fprintf(stderr, "%s\n", dlerror());
  CHECK(copy->library != NULL);
  symbol = dlsym(copy->library, "restore");
  CHECK(symbol != NULL);
  memcpy(&copy->restore, &symbol, sizeof symbol);
}

static void *use(void *argument) {
  Copy *copy = argument;
  int i;
  for (i = 0; i < TIMES; i++)
    CHECK(copy->restore(copy->restored) == 0);
  return NULL;
}

int main(int argc, char **argv) {
  static Copy copies[MOST];
  int i, count = argc - 1;
  alarm(300);
  CHECK(count > 1 && count <= MOST);
  for (i = 0; i < count; i++)
    open_copy(&copies[i], argv[i + 1]);
  for (i = 0; i < count; i++) {
    CHECK(i == 0 || copies[i].restore != copies[i - 1].restore);
    CHECK(pthread_create(&copies[i].thread, NULL, use, &copies[i]) == 0);
  }
  for (i = 0; i < count; i++)
    CHECK(pthread_join(copies[i].thread, NULL) == 0);
  for (i = 1; i < count; i++)
    CHECK(memcmp(copies[0].restored, copies[i].restored, sizeof copies[0].restored) == 0);
  for (i = 0; i < count; i++)
    CHECK(dlclose(copies[i].library) == 0);
  return 0;
}
