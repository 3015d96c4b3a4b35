// The arguments' dialog of GIMP 2.10.
#include "host.h"
#if !GIMP_CHECK_VERSION(3, 0, 0)
#include "dialog.h"
#include "estimate.h"

#define RESPONSE_RESET 1
#define DECIMALS 2

// What holds an argument's value: the adjustment of a number, the combo box of a choice, the entry of a text.
typedef struct Controls {
  GtkWidget *widgets[ARGUMENTS];
} Controls;

static GtkWidget *new_choice(const Argument *argument) {
  GtkWidget *combo = gtk_combo_box_text_new();
  char **words = g_strsplit(argument->choices, "|", 0);
  int i;
  for (i = 0; words[i] != NULL; i++) {
    char *label = choice_label(words[i]);
    gtk_combo_box_text_append_text(GTK_COMBO_BOX_TEXT(combo), label);
    g_free(label);
  }
  g_strfreev(words);
  return combo;
}

static GtkWidget *new_number(const Argument *argument) {
  const double range = argument->maximum - argument->minimum;
  const gboolean is_share = argument->kind == KIND_NUMBER && range <= 1;
  GtkWidget *spin = gtk_spin_button_new_with_range(argument->minimum, argument->maximum, is_share ? 0.05 : 1);
  gtk_spin_button_set_digits(GTK_SPIN_BUTTON(spin), argument->kind == KIND_NUMBER ? DECIMALS : 0);
  gtk_entry_set_activates_default(GTK_ENTRY(spin), TRUE);
  return spin;
}

static GtkWidget *new_control(const Argument *argument) {
  GtkWidget *entry;
  if (argument->kind == KIND_CHOICE)
    return new_choice(argument);
  if (argument->kind != KIND_TEXT)
    return new_number(argument);
  entry = gtk_entry_new();
  gtk_entry_set_max_length(GTK_ENTRY(entry), TEXT_SIZE - 1);
  gtk_entry_set_activates_default(GTK_ENTRY(entry), TRUE);
  return entry;
}

static void show_settings(const Controls *controls, const Settings *settings) {
  ArgumentId id;
  for (id = 0; id < ARGUMENTS; id++) {
    GtkWidget *widget = controls->widgets[id];
    if (GTK_IS_COMBO_BOX(widget))
      gtk_combo_box_set_active(GTK_COMBO_BOX(widget), (gint)settings->numbers[id]);
    else if (GTK_IS_SPIN_BUTTON(widget))
      gtk_spin_button_set_value(GTK_SPIN_BUTTON(widget), settings->numbers[id]);
    else if (GTK_IS_ENTRY(widget))
      gtk_entry_set_text(GTK_ENTRY(widget), settings->options);
  }
}

static void read_settings(Settings *settings, gpointer data) {
  const Controls *controls = data;
  ArgumentId id;
  for (id = 0; id < ARGUMENTS; id++) {
    GtkWidget *widget = controls->widgets[id];
    if (GTK_IS_COMBO_BOX(widget))
      settings->numbers[id] = gtk_combo_box_get_active(GTK_COMBO_BOX(widget));
    else if (GTK_IS_SPIN_BUTTON(widget))
      settings->numbers[id] = gtk_spin_button_get_value(GTK_SPIN_BUTTON(widget));
    else if (GTK_IS_ENTRY(widget))
      g_strlcpy(settings->options, gtk_entry_get_text(GTK_ENTRY(widget)), sizeof settings->options);
  }
}

static GtkWidget *new_table(const Entry *entry, Controls *controls) {
  GtkWidget *table = gtk_table_new(ARGUMENTS, 2, FALSE);
  guint row = 0;
  ArgumentId id;
  for (id = 0; id < ARGUMENTS; id++) {
    const Argument *argument = argument_at(id);
    char *label;
    controls->widgets[id] = NULL;
    if (!entry_has(entry, id))
      continue;
    controls->widgets[id] = new_control(argument);
    gimp_help_set_help_data(controls->widgets[id], argument->hint, NULL);
    label = g_strconcat(argument->label, ":", NULL);
    gimp_table_attach_aligned(GTK_TABLE(table), 0, (gint)row++, label, 0.0, 0.5, controls->widgets[id], 1, FALSE);
    g_free(label);
  }
  gtk_table_resize(GTK_TABLE(table), row, 2);
  gtk_table_set_row_spacings(GTK_TABLE(table), GAP);
  gtk_table_set_col_spacings(GTK_TABLE(table), GAP);
  gtk_container_set_border_width(GTK_CONTAINER(table), BORDER);
  return table;
}

gboolean dialog_run(Job *job) {
  GtkWidget *dialog = gimp_dialog_new(job->entry->title, job->entry->procedure, NULL, 0, NULL, NULL, "_Reset",
                                      RESPONSE_RESET, "_Cancel", GTK_RESPONSE_CANCEL, "_OK", GTK_RESPONSE_OK, NULL);
  GtkWidget *content = gtk_dialog_get_content_area(GTK_DIALOG(dialog));
  Controls controls;
  Estimate *estimate = estimate_start(job, read_settings, &controls);
  gint response;
  gtk_dialog_set_default_response(GTK_DIALOG(dialog), GTK_RESPONSE_OK);
  gimp_window_set_transient(GTK_WINDOW(dialog));
  gtk_box_pack_start(GTK_BOX(content), new_table(job->entry, &controls), TRUE, TRUE, 0);
  gtk_misc_set_padding(GTK_MISC(estimate_label(estimate)), BORDER, 0);
  gtk_box_pack_start(GTK_BOX(content), estimate_label(estimate), FALSE, FALSE, GAP);
  show_settings(&controls, &job->settings);
  gtk_widget_show_all(dialog);
  while ((response = gimp_dialog_run(GIMP_DIALOG(dialog))) == RESPONSE_RESET) {
    Settings presets;
    settings_reset(&presets, job->entry);
    show_settings(&controls, &presets);
  }
  if (response == GTK_RESPONSE_OK)
    read_settings(&job->settings, &controls);
  estimate_end(estimate);
  gtk_widget_destroy(dialog);
  return response == GTK_RESPONSE_OK;
}
#endif
