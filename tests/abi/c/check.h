// Named checks: `program NAME` runs one, `program --list` prints all names. A check that holds
// prints nothing, so that the library's own silence is seen with every one of them.
#ifndef CHECK_H
#define CHECK_H

#include <dipkit.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECONDS_A_CHECK 300 // a check that hangs is killed

#define CHECK(condition)                                                                             \
  do {                                                                                               \
    if (!(condition)) {                                                                              \
      fprintf(stderr, "%s:%d: %s (last error: %s)\n", __FILE__, __LINE__, #condition, dip_last_error()); \
      exit(1);                                                                                       \
    }                                                                                                \
  } while (0)

#define OK(call) CHECK((call) == DIP_OK)
#define INVALID(call) CHECK((call) == DIP_ERROR_INVALID_ARGUMENT)

// The text of the last error names this.
#define SAYS(words) CHECK(strstr(dip_last_error(), words) != NULL)

typedef struct Check {
  const char *name;
  void (*run)(void);
} Check;

#define NAMED(function) {#function, function}

static inline int run_checks(const Check *checks, size_t count, int argc, char **argv) {
  size_t i;
  alarm(SECONDS_A_CHECK);
  for (i = 0; argc == 2 && i < count; i++) {
    if (strcmp(argv[1], "--list") == 0)
      puts(checks[i].name);
    if (strcmp(argv[1], checks[i].name) != 0)
      continue;
    checks[i].run();
    return 0;
  }
  return argc == 2 && strcmp(argv[1], "--list") == 0 ? 0 : 2;
}

#define MAIN(...)                                                                     \
  int main(int argc, char **argv) {                                                   \
    static const Check checks[] = {__VA_ARGS__};                                      \
    return run_checks(checks, sizeof checks / sizeof *checks, argc, argv);            \
  }

#endif
