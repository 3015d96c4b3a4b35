#include "fit.h"
#include "refusal.h"

// Whether the layer is locked, by itself or by a group that it is in.
static gboolean is_locked(HostItem item) {
  for (; item != NOTHING; item = gimp_item_get_parent(item))
    if (gimp_item_get_lock_content(item))
      return TRUE;
  return FALSE;
}

gboolean fit_check_layer(HostImage image, HostLayer layer, GError **error) {
  const HostItem item = GIMP_ITEM(layer);
  if (gimp_image_get_base_type(image) == GIMP_INDEXED)
    return refuse(error, "This image is indexed: its pixels are numbers of colours. Choose Image > Mode > RGB first.");
  if (!gimp_item_is_layer(item))
    return refuse(error, "This is not a layer but a mask or channel. Click the picture of a layer in the Layers dialog "
                         "first.");
  if (gimp_layer_is_floating_sel(layer))
    return refuse(error, "This is a floating selection. Choose Layer > Anchor Layer or Layer > To New Layer first.");
  if (gimp_item_is_group(item))
    return refuse(error, "This is a group of layers. Choose a layer in it, or Layer > New from Visible.");
  if (is_locked(item))
    return refuse(error, "The pixels of this layer, or of a group that it is in, are locked. Unlock them in the Layers "
                         "dialog first.");
  return TRUE;
}

const Engine *fit_engine(GError **error) {
  const char *why;
  const Engine *engine = engine_open(&why);
  if (engine == NULL)
    refuse(error, "%s", why);
  return engine;
}

static void describe_inputs(Fit *fit) {
  fit->image = pixels_own(&fit->pixels, fit->area.fitted.width, fit->area.fitted.height);
  // What is to be filled counts as missing already; as transparent it would stay so.
  if (fit->fills_transparency)
    fit->image = pixels_without_alpha(fit->image);
  fit->inputs = (DipInputs){.struct_size = sizeof fit->inputs, .image = &fit->image, .pixels = fit->samples};
  if (fit->area.mask == NULL)
    return;
  fit->mask =
      (DipImage){.width = fit->image.width, .height = fit->image.height, .channels = 1, .sample = DIP_SAMPLE_F32};
  fit->inputs.mask = &fit->mask;
  fit->inputs.mask_pixels = fit->area.mask;
}

gboolean fit_start(Fit *fit, const Job *job, GError **error) {
  const Settings *settings = &job->settings;
  const gboolean inpaints = job->entry->task == DIP_TASK_INPAINT;
  *fit = (Fit){.job = job, .factor = 1};
  fit->engine = fit_engine(error);
  if (fit->engine == NULL || !fit_check_layer(job->image, job->layer, error))
    return FALSE;
  if (!settings_to_options(settings, job->entry, fit->engine, &fit->options, error))
    return FALSE;
  if (!area_find(&fit->area, job->entry, settings, job->image, job->layer, error))
    return FALSE;
  fit->fills_transparency = inpaints && settings->numbers[ARGUMENT_MASK_SOURCE] == MASK_FROM_TRANSPARENCY;
  if (fit->fills_transparency && settings->numbers[ARGUMENT_OUTPUT] == OUTPUT_REPLACE &&
      gimp_layer_get_lock_alpha(job->layer))
    return refuse(error, "The transparency of this layer is locked, so it cannot be filled. Unlock it in the Layers "
                         "dialog, or put the result in a new layer.");
  if (job->entry->task == DIP_TASK_SUPER_RESOLVE)
    fit->factor = (gint)settings->numbers[ARGUMENT_FACTOR];
  fit->width = gimp_drawable_get_width(GIMP_DRAWABLE(job->layer));
  fit->height = gimp_drawable_get_height(GIMP_DRAWABLE(job->layer));
  pixels_describe(&fit->pixels, job->image, job->layer);
  fit->samples = pixels_read(&fit->pixels, job->layer, &fit->area.fitted);
  if (fit->samples == NULL)
    return refuse(error, "There is not enough memory for this layer's pixels. Close other images, or select a part.");
  describe_inputs(fit);
  fit->worker = worker_start(fit->engine, &fit->options, &fit->inputs);
  return fit->worker != NULL || refuse(error, "The system cannot start a thread. Close other programs, and try again.");
}

// What to tell of a failure. The engine's own sentence for a divergence says that the picture is kept, which is true of
// a session, but not always of what the user gets.
char *fit_failure(const Fit *fit) {
  DipMetrics metrics;
  char *text;
  worker_look(fit->worker, &metrics);
  if (worker_status(fit->worker) == DIP_ERROR_DIVERGED)
    return g_strdup_printf("The fit diverged at iteration %u of %u: choose another seed, or a smaller learning_rate "
                           "among the options",
                           metrics.iteration, metrics.iterations_total);
  text = g_strdup(worker_error(fit->worker));
  text[0] = g_ascii_toupper(text[0]);
  return text;
}

void fit_clear(Fit *fit) {
  worker_free(fit->worker);
  g_free(fit->samples);
  area_clear(&fit->area);
}
