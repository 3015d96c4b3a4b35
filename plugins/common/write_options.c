// write_options - prints options.inc, the engine's option table as C, for hosts that must register their menu entries
// without the library. It has a row for each option, X(name, label, hint, unit, kind, minimum, maximum, choices, default,
// tasks): the kind is a DIP_KIND_*, the default is NAN where it depends on task or picture, and bit 1 << DIP_TASK_* is
// set for each task that the option concerns.
#include "engine.h"

#include <math.h>
#include <stdio.h>

static void print_number(double number) {
  if (isnan(number))
    printf("NAN");
  else
    printf("%.9g", number);
}

static void print_text(const char *text) {
  putchar('"');
  for (; *text != '\0'; text++) {
    if (*text == '"' || *text == '\\')
      putchar('\\');
    putchar(*text);
  }
  printf("\", ");
}

static const char *kind_name(uint32_t kind) {
  switch (kind) {
  case DIP_KIND_INTEGER:
    return "DIP_KIND_INTEGER";
  case DIP_KIND_FLOAT:
    return "DIP_KIND_FLOAT";
  default:
    return "DIP_KIND_CHOICE";
  }
}

// The number that all tasks share at balanced quality.
static double shared_default(const Engine *engine, uint32_t index) {
  DipOptionInfo info = {.struct_size = sizeof info};
  double shared = NAN;
  DipTask task;
  for (task = DIP_TASK_DENOISE; task <= DIP_TASK_INPAINT; task++) {
    engine->option_info(index, task, DIP_QUALITY_BALANCED, &info);
    if (task == DIP_TASK_DENOISE)
      shared = info.default_value;
    else if (info.default_value != shared)
      shared = NAN;
  }
  return shared;
}

int main(void) {
  const char *why;
  const Engine *engine = engine_open(&why);
  DipOptionInfo info = {.struct_size = sizeof info};
  uint32_t index;
  if (engine == NULL) {
    fprintf(stderr, "write_options: %s\n", why);
    return 1;
  }
  printf("// Generated from the engine's option table by `make -C plugins/common options`; its suite compares.\n");
  for (index = 0; engine->option_info(index, DIP_TASK_DENOISE, DIP_QUALITY_BALANCED, &info) == DIP_OK; index++) {
    printf("X(%s, ", info.name);
    print_text(info.label);
    print_text(info.hint);
    print_text(info.unit);
    printf("%s, %.16g, %.16g, ", kind_name(info.kind), info.minimum, info.maximum);
    print_text(info.choices);
    print_number(shared_default(engine, index));
    printf(", 0x%x)\n", (unsigned)info.tasks);
  }
  return 0;
}
