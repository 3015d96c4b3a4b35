#include "option_rows.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define LONGEST_WORD 256
#define BLANKS " \t\r\n"

static const OptionRow rows[] = {
#define X(name, label, hint, unit, kind, minimum, maximum, choices, preset, tasks)                                     \
  {#name, label, hint, unit, choices, kind, minimum, maximum, preset, tasks},
#include "options.inc"
#undef X
};

const OptionRow *option_row(const char *name) {
  size_t i;
  for (i = 0; i < sizeof rows / sizeof *rows; i++)
    if (strcmp(rows[i].name, name) == 0)
      return &rows[i];
  return NULL;
}

int option_concerns(const OptionRow *row, DipTask task) {
  return row->tasks >> task & 1;
}

int options_take_text(const Engine *engine, DipOptions *options, const char *text, char *why, size_t size_of_why) {
  char word[LONGEST_WORD];
  for (text += strspn(text, BLANKS); *text != '\0'; text += strspn(text, BLANKS)) {
    const size_t length = strcspn(text, BLANKS), kept = length < sizeof word ? length : sizeof word - 1;
    char *equals;
    memcpy(word, text, kept);
    word[kept] = '\0';
    text += length;
    equals = kept < length ? NULL : strchr(word, '=');
    if (equals == NULL) {
      snprintf(why, size_of_why,
               "\"%s\" among the options has no value: write name=value, with blanks between options.", word);
      return 0;
    }
    *equals = '\0';
    if (engine->options_set(options, word, equals + 1) != DIP_OK) {
      snprintf(why, size_of_why, "%s. Change it, and try again.", engine->last_error());
      return 0;
    }
  }
  return 1;
}
