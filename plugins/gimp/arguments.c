#include "arguments.h"
#include "option_rows.h"
#include "refusal.h"

#include <string.h>

const Entry entries[ENTRIES] = {
    {DIP_TASK_DENOISE, "plug-in-dipkit-denoise", "DIP _Denoise...", "DIP Denoise",
     "Remove noise with a Deep Image Prior",
     "Fits an untrained network to this one layer and stops before it learns the noise. A selection limits what is "
     "fitted and changed."},
    {DIP_TASK_DEJPEG, "plug-in-dipkit-dejpeg", "DIP Remove _JPEG Artifacts...", "DIP Remove JPEG Artifacts",
     "Remove JPEG artifacts with a Deep Image Prior",
     "Fits an untrained network to this one layer and stops before it learns the blocks and rings. A selection limits "
     "what is fitted and changed."},
    {DIP_TASK_INPAINT, "plug-in-dipkit-inpaint", "DIP _Inpaint Selection...", "DIP Inpaint",
     "Fill the selection with a Deep Image Prior",
     "Fits an untrained network to the rest of the layer and shows what it makes of the selected hole."},
    {DIP_TASK_SUPER_RESOLVE, "plug-in-dipkit-super-resolve", "DIP S_uper-resolve...", "DIP Super-resolve",
     "Enlarge with a Deep Image Prior",
     "Fits an untrained network until its large picture, made smaller, equals this layer. A selection limits what is "
     "enlarged."},
};

// The arguments. The plug-in's own are complete here; those that are options of the engine get the rest from its table.
static Argument arguments[ARGUMENTS] = {
    {.name = "iterations", .mnemonic = 'I', .option = "iterations", .is_auto_at_zero = TRUE},
    {.name = "output",
     .label = "O_utput",
     .hint = "Where the result goes",
     .choices = "new-layer|replace|new-image",
     .kind = KIND_CHOICE,
     .maximum = OUTPUT_NEW_IMAGE},
    {.name = "factor", .mnemonic = 'a', .option = "factor"},
    {.name = "mask-source",
     .label = "_Fill",
     .hint = "What is missing: the selected or the transparent pixels",
     .choices = "selection|transparency",
     .kind = KIND_CHOICE,
     .maximum = MASK_FROM_TRANSPARENCY},
    {.name = "grow",
     .label = "Gro_w (pixels)",
     .hint = "Makes the hole larger on all sides",
     .kind = KIND_INTEGER,
     .maximum = 1000},
    {.name = "feather",
     .label = "Fe_ather (pixels)",
     .hint = "Softens the border of the hole",
     .kind = KIND_NUMBER,
     .maximum = 1000},
    {.name = "quality", .mnemonic = 'Q', .option = "quality"},
    {.name = "strength", .mnemonic = 't', .option = "strength"},
    {.name = "noise-level", .mnemonic = 'N', .option = "noise_level", .is_auto_at_zero = TRUE},
    {.name = "seed", .mnemonic = 'e', .option = "seed"},
    {.name = "time-limit", .mnemonic = 'm', .option = "time_limit"},
    {.name = "threads", .mnemonic = 'd', .option = "threads"},
    {.name = "device", .mnemonic = 'v', .option = "device"},
    {.name = "options",
     .label = "More o_ptions",
     .hint = "The engine's other options, as name=value with blanks between",
     .kind = KIND_TEXT},
};

const Entry *entry_named(const char *procedure) {
  int i;
  for (i = 0; i < ENTRIES; i++)
    if (strcmp(entries[i].procedure, procedure) == 0)
      return &entries[i];
  return NULL;
}

static char *new_label(const OptionRow *row, char mnemonic) {
  const char *at = strchr(row->label, mnemonic);
  GString *label = g_string_new(row->label);
  if (at != NULL)
    g_string_insert_c(label, at - row->label, '_');
  if (row->unit[0] != '\0')
    g_string_append_printf(label, " (%s)", row->unit);
  return g_string_free(label, FALSE);
}

static ArgumentKind argument_kind(unsigned kind) {
  switch (kind) {
  case DIP_KIND_INTEGER:
    return KIND_INTEGER;
  case DIP_KIND_FLOAT:
    return KIND_NUMBER;
  default:
    return KIND_CHOICE;
  }
}

static void take_row(Argument *argument, const OptionRow *row) {
  argument->label = new_label(row, argument->mnemonic);
  argument->choices = row->choices;
  argument->kind = argument_kind(row->kind);
  argument->minimum = argument->is_auto_at_zero ? 0 : row->minimum;
  argument->maximum = argument->kind == KIND_INTEGER ? MIN(row->maximum, G_MAXINT) : row->maximum;
  argument->hint = g_strconcat(row->hint, argument->is_auto_at_zero ? OPTION_AUTO_AT_ZERO : "", NULL);
}

const Argument *argument_at(ArgumentId id) {
  Argument *argument = &arguments[id];
  if (argument->label == NULL)
    take_row(argument, option_row(argument->option));
  return argument;
}

char *choice_label(const char *word) {
  char *label = g_strdelimit(g_strdup(word), "-", ' ');
  label[0] = g_ascii_toupper(label[0]);
  return label;
}

gboolean entry_has(const Entry *entry, ArgumentId id) {
  const char *const option = argument_at(id)->option;
  if (option != NULL)
    return option_concerns(option_row(option), entry->task);
  if (id == ARGUMENT_MASK_SOURCE || id == ARGUMENT_GROW || id == ARGUMENT_FEATHER)
    return entry->task == DIP_TASK_INPAINT;
  return TRUE;
}

double entry_default(const Entry *entry, ArgumentId id) {
  const Argument *argument = argument_at(id);
  if (id == ARGUMENT_OUTPUT)
    return entry->task == DIP_TASK_SUPER_RESOLVE ? OUTPUT_NEW_IMAGE : OUTPUT_NEW_LAYER;
  if (argument->option == NULL || argument->is_auto_at_zero)
    return 0;
  return option_row(argument->option)->preset;
}

void settings_reset(Settings *settings, const Entry *entry) {
  ArgumentId id;
  for (id = 0; id < ARGUMENTS; id++)
    settings->numbers[id] = entry_default(entry, id);
  settings->options[0] = '\0';
}

// Sets an option by its name, so that the engine checks the value and its sentence names the option.
static gboolean set_option(const Engine *engine, DipOptions *options, const char *name, const char *value,
                           GError **error) {
  if (engine->options_set(options, name, value) == DIP_OK)
    return TRUE;
  return refuse(error, "%s. Change it, and try again.", engine->last_error());
}

static gboolean set_number(const Engine *engine, DipOptions *options, const Argument *argument, double number,
                           GError **error) {
  char text[G_ASCII_DTOSTR_BUF_SIZE];
  char **words;
  gboolean is_set;
  if (argument->is_auto_at_zero && number == 0)
    return TRUE;
  if (argument->kind != KIND_CHOICE)
    return set_option(engine, options, argument->option, g_ascii_formatd(text, sizeof text, "%.9g", number), error);
  words = g_strsplit(argument->choices, "|", 0);
  is_set = set_option(engine, options, argument->option, words[(int)number], error);
  g_strfreev(words);
  return is_set;
}

gboolean settings_to_options(const Settings *settings, const Entry *entry, const Engine *engine,
                             DipOptions *out_options, GError **error) {
  const DipQuality quality = (DipQuality)settings->numbers[ARGUMENT_QUALITY];
  char why[TEXT_SIZE];
  ArgumentId id;
  if (engine->options_init(out_options, sizeof *out_options, entry->task, quality) != DIP_OK)
    return refuse(error, "%s. Choose another quality.", engine->last_error());
  for (id = 0; id < ARGUMENTS; id++) {
    const Argument *argument = argument_at(id);
    if (argument->option == NULL || !entry_has(entry, id))
      continue;
    if (!set_number(engine, out_options, argument, settings->numbers[id], error))
      return FALSE;
  }
  return options_take_text(engine, out_options, settings->options, why, sizeof why) || refuse(error, "%s", why);
}
