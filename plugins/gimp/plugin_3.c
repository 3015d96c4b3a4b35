// The registration for GIMP 3.
#include "host.h"
#if GIMP_CHECK_VERSION(3, 0, 0)
#include "dialog.h"
#include "refusal.h"
#include "run.h"

#include <libgimp/gimpui.h>

#define DIPKIT_TYPE_PLUG_IN (dipkit_plug_in_get_type())
G_DECLARE_FINAL_TYPE(DipkitPlugIn, dipkit_plug_in, DIPKIT, PLUG_IN, GimpPlugIn)

struct _DipkitPlugIn {
  GimpPlugIn parent;
};

G_DEFINE_FINAL_TYPE(DipkitPlugIn, dipkit_plug_in, GIMP_TYPE_PLUG_IN)

static void add_choice(GimpProcedure *procedure, const Argument *argument, int preset) {
  char **words = g_strsplit(argument->choices, "|", 0);
  GimpChoice *choice = gimp_choice_new();
  int i;
  for (i = 0; words[i] != NULL; i++) {
    char *label = choice_label(words[i]);
    gimp_choice_add(choice, words[i], i, label, NULL);
    g_free(label);
  }
  gimp_procedure_add_choice_argument(procedure, argument->name, argument->label, argument->hint, choice, words[preset],
                                     G_PARAM_READWRITE);
  g_strfreev(words);
}

static void add_argument(GimpProcedure *procedure, const Entry *entry, ArgumentId id) {
  const Argument *argument = argument_at(id);
  const double preset = entry_default(entry, id);
  switch (argument->kind) {
  case KIND_INTEGER:
    gimp_procedure_add_int_argument(procedure, argument->name, argument->label, argument->hint, (gint)argument->minimum,
                                    (gint)argument->maximum, (gint)preset, G_PARAM_READWRITE);
    break;
  case KIND_NUMBER:
    gimp_procedure_add_double_argument(procedure, argument->name, argument->label, argument->hint, argument->minimum,
                                       argument->maximum, preset, G_PARAM_READWRITE);
    break;
  case KIND_CHOICE:
    add_choice(procedure, argument, (int)preset);
    break;
  case KIND_TEXT:
    gimp_procedure_add_string_argument(procedure, argument->name, argument->label, argument->hint, "",
                                       G_PARAM_READWRITE);
    break;
  }
}

void settings_from_config(Settings *settings, const Entry *entry, GimpProcedureConfig *config) {
  ArgumentId id;
  settings_reset(settings, entry);
  for (id = 0; id < ARGUMENTS; id++) {
    const Argument *argument = argument_at(id);
    gint integer;
    char *text = NULL;
    if (!entry_has(entry, id))
      continue;
    switch (argument->kind) {
    case KIND_INTEGER:
      g_object_get(config, argument->name, &integer, NULL);
      settings->numbers[id] = integer;
      break;
    case KIND_NUMBER:
      g_object_get(config, argument->name, &settings->numbers[id], NULL);
      break;
    case KIND_CHOICE:
      settings->numbers[id] = gimp_procedure_config_get_choice_id(config, argument->name);
      break;
    case KIND_TEXT:
      g_object_get(config, argument->name, &text, NULL);
      g_strlcpy(settings->options, text == NULL ? "" : text, sizeof settings->options);
      g_free(text);
      break;
    }
  }
}

static GimpValueArray *answer(GimpProcedure *procedure, GimpPDBStatusType status, GError *error) {
  return gimp_procedure_new_return_values(procedure, status, error);
}

static GimpValueArray *run(GimpProcedure *procedure, GimpRunMode mode, GimpImage *image, GimpDrawable **drawables,
                           GimpProcedureConfig *config, gpointer data) {
  Job job = {.entry = data, .image = image};
  const gint drawables_given = gimp_core_object_array_get_length((GObject **)drawables);
  GimpValueArray *values;
  GError *error = NULL;
  Result result;
  RunOutcome outcome;
  if (drawables_given != 1)
    refuse(&error, "%d layers are chosen, and one is restored at a time. Click one layer in the Layers dialog first.",
           drawables_given);
  else if (!GIMP_IS_LAYER(drawables[0]))
    refuse(&error, "This is not a layer but a mask or channel. Click the picture of a layer in the Layers dialog "
                   "first.");
  else if (fit_check_layer(image, GIMP_LAYER(drawables[0]), &error))
    fit_engine(&error);
  if (error != NULL)
    return answer(procedure, GIMP_PDB_CALLING_ERROR, error);
  job.layer = GIMP_LAYER(drawables[0]);
  settings_from_config(&job.settings, job.entry, config);
  gegl_init(NULL, NULL);
  if (mode == GIMP_RUN_INTERACTIVE) {
    gimp_ui_init("dipkit");
    if (!dialog_run(&job, procedure, config))
      return answer(procedure, GIMP_PDB_CANCEL, NULL);
  }
  outcome = run_job(&job, mode, &result, &error);
  if (outcome == RUN_CANCELLED)
    return answer(procedure, GIMP_PDB_CANCEL, NULL);
  if (outcome == RUN_REFUSED)
    return answer(procedure, GIMP_PDB_EXECUTION_ERROR, error);
  values = answer(procedure, GIMP_PDB_SUCCESS, NULL);
  GIMP_VALUES_SET_IMAGE(values, 1, result.image);
  GIMP_VALUES_SET_LAYER(values, 2, result.layer);
  return values;
}

static GList *query_procedures(GimpPlugIn *plug_in) {
  GList *names = NULL;
  int i;
  (void)plug_in;
  for (i = 0; i < ENTRIES; i++)
    names = g_list_append(names, g_strdup(entries[i].procedure));
  return names;
}

static GimpProcedure *create_procedure(GimpPlugIn *plug_in, const gchar *name) {
  const Entry *entry = entry_named(name);
  GimpProcedure *procedure =
      gimp_image_procedure_new(plug_in, name, GIMP_PDB_PROC_TYPE_PLUGIN, run, (gpointer)entry, NULL);
  ArgumentId id;
  gimp_procedure_set_image_types(procedure, "RGB*, GRAY*");
  // Several layers, or none, are let in too: the answer then says what to do, where a grey entry would not.
  gimp_procedure_set_sensitivity_mask(procedure, GIMP_PROCEDURE_SENSITIVE_DRAWABLE |
                                                     GIMP_PROCEDURE_SENSITIVE_DRAWABLES |
                                                     GIMP_PROCEDURE_SENSITIVE_NO_DRAWABLES);
  gimp_procedure_set_menu_label(procedure, entry->menu_label);
  gimp_procedure_add_menu_path(procedure, "<Image>/Filters/Enhance");
  gimp_procedure_set_documentation(procedure, entry->blurb, entry->help, NULL);
  gimp_procedure_set_attribution(procedure, "dipkit", "dipkit", "2026");
  for (id = 0; id < ARGUMENTS; id++)
    if (entry_has(entry, id))
      add_argument(procedure, entry, id);
  gimp_procedure_add_image_return_value(procedure, "result-image", "Image", "The image with the result", FALSE,
                                        G_PARAM_READWRITE);
  gimp_procedure_add_layer_return_value(procedure, "result-layer", "Layer", "The layer with the result", FALSE,
                                        G_PARAM_READWRITE);
  return procedure;
}

static void dipkit_plug_in_class_init(DipkitPlugInClass *class) {
  GimpPlugInClass *plug_in_class = GIMP_PLUG_IN_CLASS(class);
  plug_in_class->query_procedures = query_procedures;
  plug_in_class->create_procedure = create_procedure;
  plug_in_class->set_i18n = NULL;
}

static void dipkit_plug_in_init(DipkitPlugIn *plug_in) {
  (void)plug_in;
}

GIMP_MAIN(DIPKIT_TYPE_PLUG_IN)
#endif
