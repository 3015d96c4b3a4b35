// The four menu entries and their arguments in one table. For both versions of GIMP, registration, dialogs, last values
// and the engine's options are loops over it. Procedure names and the order of the arguments are permanent.
#ifndef DIPKIT_GIMP_ARGUMENTS_H
#define DIPKIT_GIMP_ARGUMENTS_H
#include "engine.h"
#include <glib.h>

#define ENTRIES 4
#define TEXT_SIZE 1024

typedef struct Entry {
  DipTask task;
  const char *procedure;
  const char *menu_label;
  const char *title; // names the undo step, the new layer and the windows
  const char *blurb;
  const char *help;
} Entry;

typedef enum {
  ARGUMENT_ITERATIONS,
  ARGUMENT_OUTPUT,
  ARGUMENT_FACTOR,
  ARGUMENT_MASK_SOURCE,
  ARGUMENT_GROW,
  ARGUMENT_FEATHER,
  ARGUMENT_QUALITY,
  ARGUMENT_STRENGTH,
  ARGUMENT_NOISE_LEVEL,
  ARGUMENT_SEED,
  ARGUMENT_TIME_LIMIT,
  ARGUMENT_THREADS,
  ARGUMENT_DEVICE,
  ARGUMENT_OPTIONS,
  ARGUMENTS,
} ArgumentId;

typedef enum { OUTPUT_NEW_LAYER, OUTPUT_REPLACE, OUTPUT_NEW_IMAGE } OutputPlace;
typedef enum { MASK_FROM_SELECTION, MASK_FROM_TRANSPARENCY } MaskSource;

typedef enum { KIND_INTEGER, KIND_NUMBER, KIND_CHOICE, KIND_TEXT } ArgumentKind;

typedef struct Argument {
  const char *name; // "noise-level"
  char *label;      // with its unit, and a mnemonic that no button of the dialog and no other argument of the entry has
  char mnemonic;
  char *hint;
  const char *choices; // words joined by '|'
  ArgumentKind kind;
  double minimum;
  double maximum;
  const char *option; // the engine's name for it; NULL for an argument of the plug-in's own
  gboolean is_auto_at_zero;
} Argument;

typedef struct Settings {
  double numbers[ARGUMENTS]; // for a choice, its index
  char options[TEXT_SIZE];
} Settings;

extern const Entry entries[ENTRIES];
const Entry *entry_named(const char *procedure);

const Argument *argument_at(ArgumentId id);
gboolean entry_has(const Entry *entry, ArgumentId id);
double entry_default(const Entry *entry, ArgumentId id);
// What a dialog shows for the word of a choice, such as "new-layer"; to be freed with g_free.
char *choice_label(const char *word);

void settings_reset(Settings *settings, const Entry *entry);

// Sets the engine's options. Gives FALSE and the engine's sentence if it refuses a value.
gboolean settings_to_options(const Settings *settings, const Entry *entry, const Engine *engine,
                             DipOptions *out_options, GError **error);

#endif
