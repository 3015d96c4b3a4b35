#include "parameters.h"
#include "host.h"
#include "option_rows.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EVERY_TASK DIP_AUTO
#define LONGEST_CHOICE 64
// The variable that overrides the device of every instance, since the machines of a farm differ.
#define DEVICE_OVERRIDE "DIPKIT_DEVICE"

typedef struct Parameter {
  const char *name; // the option's, where the table has it
  size_t field;     // where that option is in DipOptions
  uint32_t task;    // the only task that has it; the table has those of an option
  int is_auto_at_zero;
  int animates;
  int keeps_picture; // whether a change leaves the result as it is
  const char *label, *hint, *choices;
} Parameter;

enum { TRANSFER_AUTO, TRANSFER_ENCODED, TRANSFER_LINEAR };

#define OPTION(option) .name = #option, .field = offsetof(DipOptions, option)

// The parameters in the order in which hosts show them.
static const Parameter parameters[] = {
    {OPTION(quality)},
    {OPTION(factor)},
    {OPTION(strength), .animates = 1},
    {OPTION(noise_level), .is_auto_at_zero = 1, .animates = 1},
    {OPTION(iterations), .is_auto_at_zero = 1},
    {"mask_from", .task = DIP_TASK_INPAINT, .label = "Mask from", .choices = "mask|transparency",
     .hint = "What is to be filled: what the clip Mask marks, or what is not opaque"},
    {"mask_invert", .task = DIP_TASK_INPAINT, .label = "Invert mask", .hint = "Fill what is not marked instead"},
    {OPTION(seed)},
    {OPTION(device)},
    {OPTION(threads), .keeps_picture = 1},
    {OPTION(time_limit)},
    {"transfer", .task = EVERY_TASK, .label = "Transfer", .choices = "auto|encoded|linear",
     .hint = "What the samples are: encoded for a display, or linear light. auto: linear in Natron and Nuke, else "
             "encoded"},
    {"options", .task = EVERY_TASK, .label = "More options",
     .hint = "The engine's other options, as name=value with blanks between"},
    {CLEAR_CACHE, .task = EVERY_TASK, .label = "Clear cache", .keeps_picture = 1,
     .hint = "Forgets every restored frame, in memory and on disk"},
};

#define PARAMETERS (sizeof parameters / sizeof *parameters)

static int belongs(const Parameter *parameter, DipTask task) {
  const OptionRow *const row = option_row(parameter->name);
  return row != NULL ? option_concerns(row, task) : parameter->task == EVERY_TASK || parameter->task == task;
}

static OfxPropertySetHandle define(OfxParamSetHandle set, const Parameter *parameter, const char *type) {
  OfxPropertySetHandle properties = NULL;
  host.parameters->paramDefine(set, type, parameter->name, &properties);
  put_int(properties, kOfxParamPropAnimates, parameter->animates);
  if (parameter->keeps_picture)
    put_int(properties, kOfxParamPropEvaluateOnChange, 0);
  return properties;
}

static OfxPropertySetHandle define_choice(OfxParamSetHandle set, const Parameter *parameter, const char *choices,
                                          int preset) {
  const OfxPropertySetHandle properties = define(set, parameter, kOfxParamTypeChoice);
  char word[LONGEST_CHOICE];
  int index;
  for (index = 0; *choices != '\0'; index++) {
    const size_t length = strcspn(choices, "|");
    snprintf(word, sizeof word, "%.*s", (int)length, choices);
    put_string(properties, kOfxParamPropChoiceOption, index, word);
    choices += length + (choices[length] == '|');
  }
  put_int(properties, kOfxParamPropDefault, preset);
  return properties;
}

static int whole(double number) {
  return number > INT_MAX ? INT_MAX : (int)number;
}

static OfxPropertySetHandle define_integer(OfxParamSetHandle set, const Parameter *parameter, const OptionRow *row) {
  const OfxPropertySetHandle properties = define(set, parameter, kOfxParamTypeInteger);
  put_int(properties, kOfxParamPropMin, parameter->is_auto_at_zero ? 0 : whole(row->minimum));
  put_int(properties, kOfxParamPropMax, whole(row->maximum));
  put_int(properties, kOfxParamPropDefault, parameter->is_auto_at_zero ? 0 : whole(row->preset));
  return properties;
}

static OfxPropertySetHandle define_number(OfxParamSetHandle set, const Parameter *parameter, const OptionRow *row) {
  const OfxPropertySetHandle properties = define(set, parameter, kOfxParamTypeDouble);
  put_double(properties, kOfxParamPropMin, row->minimum);
  put_double(properties, kOfxParamPropMax, row->maximum);
  put_double(properties, kOfxParamPropDisplayMin, row->minimum);
  put_double(properties, kOfxParamPropDisplayMax, row->maximum);
  put_double(properties, kOfxParamPropDefault, parameter->is_auto_at_zero ? 0 : row->preset);
  return properties;
}

static OfxPropertySetHandle define_option(OfxParamSetHandle set, const Parameter *parameter, const OptionRow *row) {
  switch (row->kind) {
  case DIP_KIND_INTEGER:
    return define_integer(set, parameter, row);
  case DIP_KIND_FLOAT:
    return define_number(set, parameter, row);
  default:
    return define_choice(set, parameter, row->choices, whole(row->preset));
  }
}

static OfxPropertySetHandle define_own(OfxParamSetHandle set, const Parameter *parameter) {
  if (parameter->choices != NULL)
    return define_choice(set, parameter, parameter->choices, 0);
  if (strcmp(parameter->name, CLEAR_CACHE) == 0)
    return define(set, parameter, kOfxParamTypePushButton);
  if (strcmp(parameter->name, "options") == 0)
    return define(set, parameter, kOfxParamTypeString);
  return define(set, parameter, kOfxParamTypeBoolean);
}

static void describe(OfxParamSetHandle set, const Parameter *parameter) {
  const OptionRow *row = option_row(parameter->name);
  const OfxPropertySetHandle properties = row == NULL ? define_own(set, parameter) : define_option(set, parameter, row);
  char text[512];
  if (row == NULL) {
    put_string(properties, kOfxPropLabel, 0, parameter->label);
    put_string(properties, kOfxParamPropHint, 0, parameter->hint);
    return;
  }
  snprintf(text, sizeof text, row->unit[0] == '\0' ? "%s" : "%s (%s)", row->label, row->unit);
  put_string(properties, kOfxPropLabel, 0, text);
  snprintf(text, sizeof text, "%s%s", row->hint, parameter->is_auto_at_zero ? OPTION_AUTO_AT_ZERO : "");
  put_string(properties, kOfxParamPropHint, 0, text);
}

void parameters_describe(OfxParamSetHandle set, DipTask task) {
  size_t i;
  for (i = 0; i < PARAMETERS; i++)
    if (belongs(&parameters[i], task))
      describe(set, &parameters[i]);
}

// Asks the host for a value: it writes an int, a double or a pointer to its text, by the parameter's type. What it does
// not write stays as it was.
static void read_value(OfxImageEffectHandle effect, const char *name, OfxTime time, void *value) {
  OfxParamSetHandle set = NULL;
  OfxParamHandle parameter = NULL;
  if (host.effects->getParamSet(effect, &set) == kOfxStatOK &&
      host.parameters->paramGetHandle(set, name, &parameter, NULL) == kOfxStatOK)
    host.parameters->paramGetValueAtTime(parameter, time, value);
}

static int read_int(OfxImageEffectHandle effect, const char *name, OfxTime time, int otherwise) {
  read_value(effect, name, time, &otherwise);
  return otherwise;
}

void parameters_read(OfxImageEffectHandle effect, DipTask task, OfxTime time, Settings *settings) {
  const int transfer = read_int(effect, "transfer", time, TRANSFER_AUTO);
  const int is_linear = transfer == TRANSFER_LINEAR || (transfer == TRANSFER_AUTO && host.has_linear_pictures);
  memset(settings, 0, sizeof *settings);
  settings->factor = 1;
  if (task == DIP_TASK_SUPER_RESOLVE)
    settings->factor = read_int(effect, "factor", time, whole(option_row("factor")->preset));
  settings->strength = option_row("strength")->preset;
  read_value(effect, "strength", time, &settings->strength);
  settings->transfer = is_linear ? DIP_TRANSFER_LINEAR : DIP_TRANSFER_ENCODED;
  if (task == DIP_TASK_INPAINT) {
    settings->is_mask_transparency = read_int(effect, "mask_from", time, 0);
    settings->is_mask_inverted = read_int(effect, "mask_invert", time, 0);
  }
}

static void read_option(OfxImageEffectHandle effect, const Parameter *parameter, OfxTime time, DipOptions *options) {
  const OptionRow *row = option_row(parameter->name);
  char *field = (char *)options + parameter->field;
  double number = row->preset;
  int integer = parameter->is_auto_at_zero ? 0 : whole(row->preset);
  uint32_t count;
  float single;
  if (row->kind == DIP_KIND_FLOAT) {
    read_value(effect, parameter->name, time, &number);
    single = (float)number;
    if (!parameter->is_auto_at_zero || single != 0)
      memcpy(field, &single, sizeof single);
    return;
  }
  read_value(effect, parameter->name, time, &integer);
  count = (uint32_t)integer;
  if (!parameter->is_auto_at_zero || count != 0)
    memcpy(field, &count, sizeof count);
}

int parameters_to_options(OfxImageEffectHandle effect, DipTask task, OfxTime time, int is_draft, const Engine *engine,
                          DipOptions *options, char *why, size_t size_of_why) {
  const DipQuality quality =
      is_draft ? DIP_QUALITY_FAST
               : (DipQuality)read_int(effect, "quality", time, whole(option_row("quality")->preset));
  const char *device = getenv(DEVICE_OVERRIDE);
  char *text = NULL;
  size_t i;
  if (engine->options_init(options, sizeof *options, task, quality) != DIP_OK) {
    snprintf(why, size_of_why, "%s. Choose another quality.", engine->last_error());
    return 0;
  }
  for (i = 0; i < PARAMETERS; i++)
    if (belongs(&parameters[i], task) && option_row(parameters[i].name) != NULL &&
        strcmp(parameters[i].name, "quality") != 0)
      read_option(effect, &parameters[i], time, options);
  read_value(effect, "options", time, &text);
  if (text != NULL && !options_take_text(engine, options, text, why, size_of_why))
    return 0;
  if (device != NULL && device[0] != '\0' && engine->options_set(options, "device", device) != DIP_OK) {
    snprintf(why, size_of_why, "The variable " DEVICE_OVERRIDE ": %s. Change it, and start this program again.",
             engine->last_error());
    return 0;
  }
  return 1;
}
