// Preloaded into GIMP: writes down what the plug-in's labels and progress bars are told, as a test cannot read a
// screen.
//   DIPKIT_HEARD  the file to write into
#define _GNU_SOURCE // RTLD_NEXT, program_invocation_short_name
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static FILE *book(void) {
  const char *path = getenv("DIPKIT_HEARD");
  return path == NULL || strcmp(program_invocation_short_name, "dipkit") != 0 ? NULL : fopen(path, "a");
}

void gtk_label_set_text(void *label, const char *text) {
  void (*real)(void *, const char *) = (void (*)(void *, const char *))dlsym(RTLD_NEXT, "gtk_label_set_text");
  FILE *file = book();
  if (file != NULL) {
    fprintf(file, "%s\n", text);
    fclose(file);
  }
  real(label, text);
}

void gtk_progress_bar_set_fraction(void *bar, double fraction) {
  void (*real)(void *, double) = (void (*)(void *, double))dlsym(RTLD_NEXT, "gtk_progress_bar_set_fraction");
  FILE *file = book();
  if (file != NULL) {
    fprintf(file, "progress %.6f\n", fraction);
    fclose(file);
  }
  real(bar, fraction);
}
