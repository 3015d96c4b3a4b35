// The rendering of a frame. The source goes to the window first, so that a host that ignores a failure shows a picture.
// Then the fit is found or run, and the window gets its result.
#include "jobs.h"
#include "parameters.h"
#include "picture.h"
#include "plugin.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECONDS_BETWEEN_PROGRESS 0.1
#define AGAIN "render again"

typedef struct Render {
  const Kind *kind;
  OfxImageEffectHandle effect;
  Told *told;
  OfxTime time;
  OfxRectI window;
  int is_draft, is_thumbnail;
  Settings settings;
  Picture source, output;
  const Engine *engine;
  DipOptions options;
  DipImage image, mask;
  DipInputs inputs;
  float *mask_pixels;
  // Of what the host is shown.
  int has_progress;
  double shown, shown_at;
} Render;

#define SAY(render, ...) tell((render)->effect, (render)->told, kOfxMessageError, __VA_ARGS__)

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void start_progress(Render *render) {
  if (!render->has_progress && host.progress != NULL)
    host.progress->progressStart(render->effect, render->kind->label);
  render->has_progress = 1;
}

static int keep_going(void *user, double progress) {
  Render *render = user;
  if (host.effects->abort(render->effect))
    return 0;
  if (host.progress == NULL || progress < 0 || now() - render->shown_at < SECONDS_BETWEEN_PROGRESS)
    return 1;
  start_progress(render);
  render->shown_at = now();
  if (progress > render->shown)
    render->shown = progress;
  return host.progress->progressUpdate(render->effect, render->shown) != kOfxStatReplyNo;
}

static void end_progress(Render *render) {
  if (render->has_progress && host.progress != NULL)
    host.progress->progressEnd(render->effect);
}

// Opens the library, on one thread at a time.
static const Engine *find_engine(Render *render) {
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  const Engine *engine;
  const char *why;
  pthread_mutex_lock(&lock);
  engine = engine_open(&why);
  if (engine == NULL)
    SAY(render, "%s", why);
  pthread_mutex_unlock(&lock);
  return engine;
}

// The channels that are fitted: alpha is left out where it says nothing, or says what is to be filled.
static uint32_t channels_to_fit(const Render *render) {
  return render->source.channels == 4 && (!picture_has_alpha(&render->source) || render->settings.is_mask_transparency)
             ? 3
             : render->source.channels;
}

typedef enum { MASK_THERE, MASK_NONE, MASK_NO_ROOM } MaskOutcome;

static MaskOutcome find_mask(Render *render) {
  const int keeps = render->settings.is_mask_inverted;
  Picture mask;
  if (render->settings.is_mask_transparency) {
    if (!picture_has_alpha(&render->source))
      return MASK_NONE;
    render->mask_pixels = mask_of_alpha(&render->source, keeps);
  } else {
    const int is_there = picture_fetch(&mask, render->effect, MASK_CLIP, render->time);
    if (is_there)
      render->mask_pixels = mask_own(&mask, render->source.bounds, keeps);
    picture_release(&mask);
    if (!is_there)
      return MASK_NONE;
  }
  render->mask = (DipImage){
      .width = render->image.width, .height = render->image.height, .channels = 1, .sample = DIP_SAMPLE_F32,
      .channel_stride = sizeof(float), .pixel_stride = sizeof(float),
      .row_stride = (ptrdiff_t)(sizeof(float) * render->image.width)};
  render->inputs.mask = &render->mask;
  render->inputs.mask_pixels = render->mask_pixels;
  return render->mask_pixels == NULL ? MASK_NO_ROOM : MASK_THERE;
}

static int is_fielded(const Picture *picture) {
  const char *field = string_of(picture->handle, kOfxImagePropField);
  return field[0] != '\0' && strcmp(field, kOfxImageFieldNone) != 0 && strcmp(field, kOfxImageFieldBoth) != 0;
}

static int is_clip_fielded(const Render *render) {
  OfxImageClipHandle clip;
  OfxPropertySetHandle set = NULL;
  if (host.effects->clipGetHandle(render->effect, kOfxImageEffectSimpleSourceClipName, &clip, &set) != kOfxStatOK)
    return 0;
  // melt says OfxFieldBoth of progressive clips, which is no order.
  return is_string(set, kOfxImageClipPropFieldOrder, kOfxImageFieldLower) ||
         is_string(set, kOfxImageClipPropFieldOrder, kOfxImageFieldUpper);
}

// What the user can do about a failure, by its kind.
static const char *remedy(DipStatus status) {
  switch (status) {
  case DIP_ERROR_INVALID_ARGUMENT:
    return "Change it, and " AGAIN;
  case DIP_ERROR_UNSUPPORTED:
    return "Choose another device or option, and " AGAIN;
  case DIP_ERROR_OUT_OF_MEMORY:
    return "Close other programs, or write tile_size=256 among the options, and " AGAIN;
  case DIP_ERROR_DIVERGED:
    return "Choose another seed, or a smaller learning_rate among the options, and " AGAIN;
  default:
    return "Choose the device cpu, and " AGAIN;
  }
}

static OfxStatus write_result(Render *render, DipSession *session) {
  const OfxRectI whole = scaled_area(render->source.bounds, render->settings.factor);
  const OfxRectI written = common_area(common_area(render->window, render->output.bounds), whole);
  const int fills_alpha = render->settings.is_mask_transparency && render->output.channels == 4;
  const uint32_t channels = fills_alpha ? 4 : channels_to_fit(render);
  DipImage image;
  void *pixels;
  DipStatus status;
  if (width_of(written) == 0 || height_of(written) == 0)
    return kOfxStatOK;
  pixels = picture_describe(&render->output, written, channels, render->settings.transfer, &image);
  if (!fills_alpha)
    image.flags = render->image.flags;
  jobs_lock_picture();
  status = render->engine->set_strength(session, render->options.strength);
  if (status == DIP_OK)
    status = render->engine->get_preview_region(
        session, DIP_OUTPUT_RESULT, (uint32_t)(written.x1 - whole.x1), (uint32_t)(whole.y2 - written.y2), image.width,
        image.height, &image, pixels);
  jobs_unlock_picture();
  if (status == DIP_OK)
    return kOfxStatOK;
  SAY(render, "%s. %s.", render->engine->last_error(), remedy(status));
  return kOfxStatFailed;
}

static OfxStatus take_result(Render *render, Worker *worker) {
  DipMetrics metrics;
  if (worker_look(worker, &metrics) != WORKER_FAILED)
    return write_result(render, worker_session(worker));
  if (worker_status(worker) != DIP_ERROR_DIVERGED || !worker_has_picture(&metrics)) {
    SAY(render, "%s. %s.", worker_error(worker), remedy(worker_status(worker)));
    return kOfxStatFailed;
  }
  tell(render->effect, render->told, kOfxMessageWarning,
       "The fit diverged at iteration %u of %u, and the best picture before that is shown. %s.",
       (unsigned)metrics.iteration, (unsigned)metrics.iterations_total, remedy(DIP_ERROR_DIVERGED));
  return write_result(render, worker_session(worker));
}

static OfxStatus fit(Render *render) {
  Order order = {.engine = render->engine, .options = &render->options, .inputs = &render->inputs};
  OfxStatus outcome = kOfxStatFailed;
  DipStatus status;
  Job *job;
  // The key of a large picture takes a tenth of a second, with nothing to be asked in between.
  if (host.effects->abort(render->effect))
    return kOfxStatFailed;
  status = render->engine->key(&render->options, &render->inputs, order.key);
  if (status != DIP_OK) {
    SAY(render, "%s. %s.", render->engine->last_error(), remedy(status));
    return kOfxStatFailed;
  }
  render->shown_at = now();
  switch (jobs_run(&order, render->is_thumbnail ? JOBS_ONLY_KEPT : JOBS_FIT, keep_going, render, &job)) {
  case JOB_DONE:
    outcome = take_result(render, job_worker(job));
    jobs_release(job);
    break;
  case JOB_ABORTED:
    break;
  case JOB_NO_ROOM:
    SAY(render, "There is not enough memory to restore this frame. Close other programs, and " AGAIN ".");
    break;
  case JOB_NOT_KEPT:
    outcome = kOfxStatOK; // a thumbnail of the source
    break;
  }
  end_progress(render);
  return outcome;
}

static OfxStatus prepare_and_fit(Render *render) {
  char why[2048];
  render->engine = find_engine(render);
  if (render->engine == NULL)
    return kOfxStatFailed;
  if (!parameters_to_options(render->effect, render->kind->task, render->time, render->is_draft, render->engine,
                             &render->options, why, sizeof why)) {
    SAY(render, "%s", why);
    return kOfxStatFailed;
  }
  if (render->options.task != render->kind->task) {
    SAY(render, "The option task does not belong to this plug-in. Remove it from the options, and use the other plug-in.");
    return kOfxStatFailed;
  }
  if (render->kind->task == DIP_TASK_SUPER_RESOLVE)
    render->options.factor = (uint32_t)render->settings.factor;
  render->inputs = (DipInputs){.struct_size = sizeof render->inputs, .image = &render->image};
  render->inputs.pixels = picture_describe(&render->source, render->source.bounds, channels_to_fit(render),
                                           render->settings.transfer, &render->image);
  if (render->kind->task == DIP_TASK_INPAINT) {
    switch (find_mask(render)) {
    case MASK_THERE:
      break;
    case MASK_NONE:
      return kOfxStatOK; // nothing is to be filled: the source
    case MASK_NO_ROOM:
      SAY(render, "There is not enough memory for the mask. Close other programs, and " AGAIN ".");
      return kOfxStatFailed;
    }
  }
  return fit(render);
}

static OfxStatus restore(Render *render, int has_source) {
  const int is_large =
      has_source && contains_area(render->output.bounds, scaled_area(render->source.bounds, render->settings.factor));
  const int is_enlarged = render->kind->task == DIP_TASK_SUPER_RESOLVE && is_large && host.has_multiresolution;
  picture_copy(&render->source, &render->output, render->window, is_enlarged ? render->settings.factor : 1);
  if (!has_source) {
    SAY(render, "The clip Source has no picture at this time, or one of a kind that cannot be read. Connect it, or "
                "stay within its frames.");
    return kOfxStatFailed;
  }
  if (render->kind->task == DIP_TASK_SUPER_RESOLVE && !is_enlarged) {
    SAY(render, "This program does not let a plug-in make the picture larger, so it is shown as it was. Enlarge it "
                "with the dipkit command, or before it comes here.");
    return kOfxStatOK;
  }
  if (!picture_is_like(&render->source, &render->output)) {
    SAY(render, "Source and output have different channels or depths here. Convert the source before this effect.");
    return kOfxStatFailed;
  }
  if (is_fielded(&render->source) || is_clip_fielded(render)) {
    SAY(render, "The source is interlaced, and a fit would take its two moments for one. Deinterlace it before this "
                "effect.");
    return kOfxStatFailed;
  }
  return prepare_and_fit(render);
}

OfxStatus render(const Kind *kind, OfxImageEffectHandle effect, OfxPropertySetHandle in) {
  Render render = {.kind = kind, .effect = effect, .told = told_of(effect)};
  OfxStatus status = kOfxStatFailed;
  if (render.told == NULL)
    return kOfxStatErrBadHandle;
  render.time = double_of(in, kOfxPropTime, 0);
  host.properties->propGetIntN(in, kOfxImageEffectPropRenderWindow, 4, &render.window.x1);
  render.is_draft = int_of(in, kOfxImageEffectPropRenderQualityDraft, 0);
  render.is_thumbnail = int_of(in, kOfxImageEffectPropThumbnailRender, 0);
  parameters_read(effect, kind->task, render.time, &render.settings);
  if (picture_fetch(&render.output, effect, kOfxImageEffectOutputClipName, render.time)) {
    const int has_source =
        picture_fetch(&render.source, effect, kOfxImageEffectSimpleSourceClipName, render.time);
    if (!has_source)
      picture_release(&render.source);
    status = restore(&render, has_source);
    picture_release(&render.source);
  }
  picture_release(&render.output);
  free(render.mask_pixels);
  return status;
}
