// The engine's option table, compiled into a plug-in so that a host's dialog needs no library, and the text parameter
// that reaches every option.
#ifndef DIPKIT_PLUGIN_OPTION_ROWS_H
#define DIPKIT_PLUGIN_OPTION_ROWS_H
#include "engine.h"

typedef struct OptionRow {
  const char *name, *label, *hint, *unit;
  const char *choices; // words joined by '|'
  unsigned kind;       // DIP_KIND_*
  double minimum, maximum;
  double preset; // NAN where it depends on task or picture
  unsigned tasks; // bit 1 << DIP_TASK_* of each that the option concerns
} OptionRow;

// What hosts show behind the hint of an option that the preset decides where it is 0.
#define OPTION_AUTO_AT_ZERO "; 0: decided by the picture"

// The row of this option; NULL if there is none.
const OptionRow *option_row(const char *name);

// Whether an option of the table means something in a task.
int option_concerns(const OptionRow *row, DipTask task);

// Sets options from "name=value name=value", with any white space between. 0 with a sentence for the user where the
// engine refuses one, or one has no value.
int options_take_text(const Engine *engine, DipOptions *options, const char *text, char *why, size_t size_of_why);

#endif
