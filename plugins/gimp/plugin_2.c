// The registration for GIMP 2.10, in which arguments go by position and a plug-in keeps the last values itself.
#include "host.h"
#if !GIMP_CHECK_VERSION(3, 0, 0)
#include "dialog.h"
#include "refusal.h"
#include "run.h"

#include <libgimp/gimpui.h>
#include <string.h>

#define GIVEN 3 // run-mode, image, drawable: they come before the arguments of the table

static const GimpParamDef given[GIVEN] = {
    {GIMP_PDB_INT32, "run-mode",
     "The run mode { RUN-INTERACTIVE (0), RUN-NONINTERACTIVE (1), RUN-WITH-LAST-VALS (2) }"},
    {GIMP_PDB_IMAGE, "image", "The image"},
    {GIMP_PDB_DRAWABLE, "drawable", "The layer"},
};

static const GimpParamDef returned[] = {
    {GIMP_PDB_IMAGE, "result-image", "The image with the result"},
    {GIMP_PDB_LAYER, "result-layer", "The layer with the result"},
};

static char *description(const Argument *argument) {
  GString *text = g_string_new(argument->hint);
  char **words;
  int i;
  if (argument->kind == KIND_INTEGER || argument->kind == KIND_NUMBER)
    g_string_append_printf(text, " (%g to %g)", argument->minimum, argument->maximum);
  if (argument->kind != KIND_CHOICE)
    return g_string_free(text, FALSE);
  words = g_strsplit(argument->choices, "|", 0);
  for (i = 0; words[i] != NULL; i++)
    g_string_append_printf(text, "%s %s (%d)", i == 0 ? " {" : ",", words[i], i);
  g_strfreev(words);
  return g_string_free(g_string_append(text, " }"), FALSE);
}

static GimpParamDef definition(const Argument *argument) {
  const GimpPDBArgType types[] = {GIMP_PDB_INT32, GIMP_PDB_FLOAT, GIMP_PDB_INT32, GIMP_PDB_STRING};
  return (GimpParamDef){types[argument->kind], (gchar *)argument->name, description(argument)};
}

static void install(const Entry *entry) {
  GimpParamDef parameters[GIVEN + ARGUMENTS];
  gint count = GIVEN;
  ArgumentId id;
  memcpy(parameters, given, sizeof given);
  for (id = 0; id < ARGUMENTS; id++)
    if (entry_has(entry, id))
      parameters[count++] = definition(argument_at(id));
  gimp_install_procedure(entry->procedure, entry->blurb, entry->help, "dipkit", "dipkit", "2026", entry->menu_label,
                         "RGB*, GRAY*", GIMP_PLUGIN, count, G_N_ELEMENTS(returned), parameters, returned);
  gimp_plugin_menu_register(entry->procedure, "<Image>/Filters/Enhance");
  while (count > GIVEN)
    g_free(parameters[--count].description);
}

static void query(void) {
  int i;
  for (i = 0; i < ENTRIES; i++)
    install(&entries[i]);
}

static gboolean read_parameters(Settings *settings, const Entry *entry, gint count, const GimpParam *parameters,
                                GError **error) {
  gint at = GIVEN;
  ArgumentId id;
  for (id = 0; id < ARGUMENTS; id++) {
    if (!entry_has(entry, id))
      continue;
    if (at >= count)
      return refuse(error, "%s needs more arguments: the next is %s. Help > Procedure Browser lists them.",
                    entry->procedure, argument_at(id)->name);
    switch (argument_at(id)->kind) {
    case KIND_NUMBER:
      settings->numbers[id] = parameters[at].data.d_float;
      break;
    case KIND_TEXT:
      g_strlcpy(settings->options, parameters[at].data.d_string == NULL ? "" : parameters[at].data.d_string,
                sizeof settings->options);
      break;
    default:
      settings->numbers[id] = parameters[at].data.d_int32;
    }
    at++;
  }
  return TRUE;
}

// Checks the numbers that the engine does not check.
static gboolean check_own(const Settings *settings, const Entry *entry, GError **error) {
  ArgumentId id;
  for (id = 0; id < ARGUMENTS; id++) {
    const Argument *argument = argument_at(id);
    const double number = settings->numbers[id];
    if (entry_has(entry, id) && argument->kind != KIND_TEXT &&
        (number < argument->minimum || number > argument->maximum))
      return refuse(error, "%s is %g, must be %g to %g.", argument->name, number, argument->minimum, argument->maximum);
  }
  return TRUE;
}

static RunOutcome run_mode(Job *job, GimpRunMode mode, gint count, const GimpParam *parameters, Result *result,
                           GError **error) {
  RunOutcome outcome;
  settings_reset(&job->settings, job->entry);
  if (!fit_check_layer(job->image, job->layer, error) || fit_engine(error) == NULL)
    return RUN_REFUSED;
  if (mode == GIMP_RUN_NONINTERACTIVE && !read_parameters(&job->settings, job->entry, count, parameters, error))
    return RUN_REFUSED;
  if (mode != GIMP_RUN_NONINTERACTIVE)
    gimp_get_data(job->entry->procedure, &job->settings);
  if (!check_own(&job->settings, job->entry, error))
    return RUN_REFUSED;
  if (mode == GIMP_RUN_INTERACTIVE) {
    gimp_ui_init("dipkit", FALSE);
    if (!dialog_run(job))
      return RUN_CANCELLED;
  }
  outcome = run_job(job, mode, result, error);
  if (outcome == RUN_DONE && mode != GIMP_RUN_NONINTERACTIVE)
    gimp_set_data(job->entry->procedure, &job->settings, sizeof job->settings);
  return outcome;
}

static void run(const gchar *name, gint count, const GimpParam *parameters, gint *out_count, GimpParam **out_values) {
  static GimpParam values[1 + G_N_ELEMENTS(returned)];
  Job job = {.entry = entry_named(name), .image = parameters[1].data.d_image, .layer = parameters[2].data.d_drawable};
  GError *error = NULL;
  Result result = {NOTHING, NOTHING};
  RunOutcome outcome;
  gimp_plugin_enable_precision();
  gegl_init(NULL, NULL);
  outcome = run_mode(&job, parameters[0].data.d_int32, count, parameters, &result, &error);
  *out_values = values;
  values[0].type = GIMP_PDB_STATUS;
  switch (outcome) {
  case RUN_DONE:
    values[0].data.d_status = GIMP_PDB_SUCCESS;
    values[1] = (GimpParam){.type = GIMP_PDB_IMAGE, .data.d_image = result.image};
    values[2] = (GimpParam){.type = GIMP_PDB_LAYER, .data.d_layer = result.layer};
    *out_count = G_N_ELEMENTS(values);
    break;
  case RUN_CANCELLED:
    values[0].data.d_status = GIMP_PDB_CANCEL;
    *out_count = 1;
    break;
  case RUN_REFUSED:
    values[0].data.d_status = GIMP_PDB_EXECUTION_ERROR;
    values[1] = (GimpParam){.type = GIMP_PDB_STRING, .data.d_string = error->message}; // read after this returns
    *out_count = 2;
    break;
  }
}

const GimpPlugInInfo PLUG_IN_INFO = {NULL, NULL, query, run};

MAIN()
#endif
