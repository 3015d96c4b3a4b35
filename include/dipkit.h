// dipkit.h - Deep Image Prior: restore one image by fitting an untrained CNN to it.
// Generated from src/capi by the build; the comments are written there.
//
// Use      dip_options_init, dip_create; then, in a loop you own, dip_step and
//          dip_get_preview; at the end dip_destroy.
// Memory   Only handles are allocated here. Pixel buffers are yours and are not kept after a call
//          returns. Returned strings are the library's: never free them.
// Errors   Any DipStatus but DIP_OK; dip_last_error() says why, per thread. A failed call leaves
//          out parameters alone unless its comment says otherwise.
// Threads  Any function on any thread. Steps of one session wait for each other; dip_get_preview,
//          dip_set_strength and dip_cancel never wait. Destroy when no other call on it is left.
//          A session is of the process that created it: create another one after a fork.
// Growth   Structs with struct_size gain fields at their end only; no constant changes value.

#ifndef DIPKIT_H
#define DIPKIT_H

#include <stddef.h>
#include <stdint.h>

// Raised with every change that an existing program would notice.
#define DIP_ABI_VERSION 1

// In an integer option: the preset decides, knowing the picture. In a float that is NaN.
#define DIP_AUTO UINT32_MAX

#define DIP_OK 0

// On request; the session can be stepped again.
#define DIP_CANCELLED 1

// Null, out of range, or sizes that do not match.
#define DIP_ERROR_INVALID_ARGUMENT 2

// Not in this build or not on this machine.
#define DIP_ERROR_UNSUPPORTED 3

// memory_limit, the machine, its container, a limit of the process (ulimit -v) or the device is too small; a session
// goes on when there is more.
#define DIP_ERROR_OUT_OF_MEMORY 4

// The driver or backend failed.
#define DIP_ERROR_DEVICE 5

// The loss left the finite range and did not come back.
#define DIP_ERROR_DIVERGED 6

// A file could not be read, written or understood.
#define DIP_ERROR_IO 7

// A bug here; this session takes only preview and destroy now.
#define DIP_ERROR_INTERNAL 8

#define DIP_TASK_DENOISE 0

// Remove JPEG artifacts.
#define DIP_TASK_DEJPEG 1

// The result is DipOptions.factor times larger.
#define DIP_TASK_SUPER_RESOLVE 2

// Needs a mask.
#define DIP_TASK_INPAINT 3

// The fastest of this build and machine.
#define DIP_DEVICE_AUTO 0

#define DIP_DEVICE_CPU 1

#define DIP_DEVICE_CUDA 2

#define DIP_DEVICE_METAL 3

// The paper's networks and numbers, task by task.
#define DIP_QUALITY_REFERENCE 0

// The default: at least the reference's PSNR in a fraction of its time.
#define DIP_QUALITY_BALANCED 1

// An interactive answer; PSNR a little below balanced.
#define DIP_QUALITY_FAST 2

// 0..255
#define DIP_SAMPLE_U8 0

// 0..65535, native byte order.
#define DIP_SAMPLE_U16 1

// IEEE half; 0..1 is the nominal range.
#define DIP_SAMPLE_F16 2

// 0..1 is the nominal range; brighter and negative values survive.
#define DIP_SAMPLE_F32 3

// Display-encoded; the fit works in this space.
#define DIP_TRANSFER_ENCODED 0

// Linear light; converted with the sRGB curve, both ways.
#define DIP_TRANSFER_LINEAR 1

// In DipImage.flags: colour is multiplied by alpha.
#define DIP_IMAGE_PREMULTIPLIED 1

// What to save: the best snapshot, else the average, blended by strength.
#define DIP_OUTPUT_RESULT 0

// Moving average of the network output.
#define DIP_OUTPUT_AVERAGE 1

// Network output at the last control interval.
#define DIP_OUTPUT_LATEST 2

// What was given, at the result's size: for before/after views.
#define DIP_OUTPUT_INPUT 3

#define DIP_DOWNSAMPLE_LANCZOS2 0

#define DIP_DOWNSAMPLE_LANCZOS3 1

#define DIP_DOWNSAMPLE_BICUBIC 2

#define DIP_DOWNSAMPLE_BOX 3

#define DIP_DOWNSAMPLE_GAUSSIAN 4

// Thin holes all over the picture: text, scratches.
#define DIP_HOLE_TEXT 0

// A few large regions.
#define DIP_HOLE_REGION 1

// Scattered missing pixels.
#define DIP_HOLE_SPARSE 2

#define DIP_INPUT_NOISE 0

#define DIP_INPUT_MESHGRID 1

// The degraded picture, or the guide.
#define DIP_INPUT_PICTURE 2

#define DIP_OPTIMIZER_ADAM 0

#define DIP_OPTIMIZER_MUON 1

#define DIP_NOISE_UNKNOWN 0

#define DIP_NOISE_WHITE 1

// Grows with brightness.
#define DIP_NOISE_BRIGHTNESS 2

#define DIP_NOISE_CORRELATED 3

#define DIP_NOISE_IMPULSE 4

// So little that a fit would hardly change a sample: the picture is returned as it is.
#define DIP_NOISE_NONE 5

// Smooth noise in colour, and hardly any in brightness.
#define DIP_NOISE_CHROMA 6

// A whole number.
#define DIP_KIND_INTEGER 0

#define DIP_KIND_FLOAT 1

// The number of a word in DipOptionInfo.choices.
#define DIP_KIND_CHOICE 2

// Reserved; no option has it.
#define DIP_KIND_SWITCH 3

#define DIP_STATE_RUNNING 0

// All iterations done.
#define DIP_STATE_FINISHED 1

// The early-stopping rule fired.
#define DIP_STATE_STOPPED_EARLY 2

// DipOptions.time_limit reached; the result is the best so far.
#define DIP_STATE_TIMED_OUT 3

// One picture being restored.
typedef struct DipSession DipSession;

// What every function that can fail returns: DIP_OK, DIP_CANCELLED or DIP_ERROR_*.
typedef int32_t DipStatus;

// Where it runs: DIP_DEVICE_*.
typedef uint32_t DipDevice;

// What to do with the picture: DIP_TASK_*.
typedef uint32_t DipTask;

// A preset of the options: DIP_QUALITY_*. Each documents its measured cost.
typedef uint32_t DipQuality;

// What to run. Fill with dip_options_init, then change fields; dip_option_info has texts and ranges.
// Every field from factor on may be AUTO, but memory_limit and time_limit.
typedef struct DipOptions {
  uint32_t struct_size;
  DipTask task;
  DipQuality quality;
  DipDevice device;
  uint32_t device_index;
  // CPU threads of this session; 0 is all cores. Fewer where memory is short; the result does not depend on it.
  uint32_t threads;
  uint32_t seed;
  // How many times larger super-resolution makes each side, 2 to 8.
  uint32_t factor;
  // Kernel of super-resolution: DIP_DOWNSAMPLE_*.
  uint32_t downsample;
  // Inpainting preset: DIP_HOLE_*.
  uint32_t hole;
  // Network input z: DIP_INPUT_*.
  uint32_t input;
  // DIP_OPTIMIZER_*
  uint32_t optimizer;
  // Side of a tile in the result, in pixels; 0 is one job for the whole picture.
  uint32_t tile_size;
  // Updates of a job, at most.
  uint32_t iterations;
  // Channels of the random part of the network input z.
  uint32_t input_depth;
  // Feature channels at the finest scale.
  uint32_t channels;
  // They double from scale to scale up to this; equal to channels: a flat network.
  uint32_t channels_deepest;
  // Depth of the encoder-decoder.
  uint32_t scales;
  // Channels of each skip connection; 0 is none.
  uint32_t skip_channels;
  // Patience in iterations; 0 is off.
  uint32_t early_stop;
  // Independent fits to average.
  uint32_t runs;
  // 0
  uint32_t reserved;
  // Bytes; with tile_size AUTO more makes tiles. 0: only the machine's own memory refuses.
  uint64_t memory_limit;
  // Seconds of stepping; 0 is none.
  float time_limit;
  // 0 the input .. 1 the restored picture; dip_set_strength changes it later.
  float strength;
  // Standard deviation on the 0..255 scale; AUTO estimates it.
  float noise_level;
  // Learning rate of Adam.
  float learning_rate;
  // Learning rate of Muon, for the convolutions' weights.
  float matrix_learning_rate;
  // Standard deviation of the noise added to z at each iteration.
  float input_noise;
  // Weight of the past in the moving average, 0..1.
  float average_weight;
  // Total variation, the R of the MAP estimate; 0 is off.
  float tv_weight;
  // Alpha of the recorrupted target (denoise, input PICTURE); 0 is off.
  float recorruption;
  // Share of samples kept out of the loss to judge the fit by.
  float held_out;
} DipOptions;

// One field of DipOptions, for dialogs and command lines. Set struct_size before the call.
typedef struct DipOptionInfo {
  uint32_t struct_size;
  // DIP_KIND_*
  uint32_t kind;
  double minimum;
  double maximum;
  // The default of this task and quality; NaN is AUTO.
  double default_value;
  // The field's name; permanent once released.
  const char *name;
  const char *label;
  const char *hint;
  // "" if none.
  const char *unit;
  // The words of a choice joined by '|', else "".
  const char *choices;
  // The tasks in which the option means something: bit 1 << DIP_TASK_* of each.
  uint32_t tasks;
  // 0
  uint32_t reserved;
} DipOptionInfo;

// Type of a stored sample: DIP_SAMPLE_*.
typedef uint32_t DipSample;

// What the samples mean: DIP_TRANSFER_*.
typedef uint32_t DipTransfer;

// A buffer of yours. The pointer beside it is channel 0 of the top-left pixel; strides are bytes
// and may be negative or planar, all three 0 mean packed (0 for some of them is refused). During a
// call the whole span from the first to the last sample must be readable (and writable where we
// write), and nobody else writes there; bytes between the samples are left alone.
typedef struct DipImage {
  uint32_t width;
  uint32_t height;
  // 1 grey, 2 grey+alpha, 3 RGB, 4 RGB+alpha; alpha is resized, not restored.
  uint32_t channels;
  DipSample sample;
  DipTransfer transfer;
  // 0 or DIP_IMAGE_PREMULTIPLIED.
  uint32_t flags;
  ptrdiff_t channel_stride;
  ptrdiff_t pixel_stride;
  ptrdiff_t row_stride;
} DipImage;

// What a session works on. Zero it, set struct_size and the first two; the rest may stay NULL.
typedef struct DipInputs {
  uint32_t struct_size;
  // 0
  uint32_t reserved;
  const struct DipImage *image;
  const void *pixels;
  // For DIP_TASK_INPAINT: one channel, the image's size; 0 is missing, the maximum is observed,
  // between is a weight.
  const struct DipImage *mask;
  const void *mask_pixels;
  // For DIP_TASK_DENOISE: a cleaner picture of the same scene (flash), same size.
  const struct DipImage *guide;
  const void *guide_pixels;
} DipInputs;

// How far the work is: DIP_STATE_*.
typedef uint32_t DipState;

// Where the work stands. Set struct_size before the call. Written on DIP_CANCELLED too.
typedef struct DipMetrics {
  uint32_t struct_size;
  DipState state;
  // Done so far, over all jobs.
  uint32_t iteration;
  // Planned over all jobs; early stopping may need fewer.
  uint32_t iterations_total;
  // The iteration of the current job that DIP_OUTPUT_RESULT comes from.
  uint32_t best_iteration;
  uint32_t jobs_done;
  uint32_t jobs_total;
  // Where it really runs.
  DipDevice device;
  // 0..1 over the whole work; 1 only when the state is not RUNNING.
  double progress;
  // Estimate; NaN until it is known.
  double seconds_left;
  // Spent stepping; measuring the picture in the first step is not counted.
  double seconds;
  // Loss of the last iteration; NaN before the first.
  double loss;
  // dB against the degraded input, not against the truth: it rises while the picture gets worse.
  double psnr_observed;
  // Moving variance of the output; NaN until it means something.
  double variance;
  // Estimated or given, 0..255; NaN if unknown.
  double noise_level;
  // Estimated mean squared error on held-out samples; NaN without them.
  double risk;
  // DIP_NOISE_*
  uint32_t noise_kind;
  // The inpainting preset in use, DIP_HOLE_*; DIP_AUTO in other tasks.
  uint32_t hole;
  // Bytes that the session takes at most; once its work is done, about what it still holds.
  uint64_t memory_bytes;
} DipMetrics;

// Which picture to read: DIP_OUTPUT_*.
typedef uint32_t DipOutput;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// Compare with DIP_ABI_VERSION after loading by hand.
uint32_t dip_abi_version(void);

const char *dip_version_string(void);

// A few words for a status.
const char *dip_status_string(DipStatus status);

// Why this thread's last failing call failed; valid until its next failing call. "" if there was none.
const char *dip_last_error(void);

// 1 or 0.
int32_t dip_device_is_available(DipDevice device, uint32_t device_index);

// The device's name, or why there is none.
const char *dip_device_description(DipDevice device, uint32_t device_index);

// Writes at most size_of_options bytes (pass sizeof) and sets struct_size.
DipStatus dip_options_init(struct DipOptions *options,
                           size_t size_of_options,
                           DipTask task,
                           DipQuality quality);

// Sets the field called name; value is "auto", "0.5", "lanczos2" and the like, in any locale.
DipStatus dip_options_set(struct DipOptions *options, const char *name, const char *value);

// The field called name; NaN is AUTO.
DipStatus dip_options_get(const struct DipOptions *options, const char *name, double *out_value);

// Describes field number index, from 0 until DIP_ERROR_INVALID_ARGUMENT.
DipStatus dip_option_info(uint32_t index, DipTask task, DipQuality quality, struct DipOptionInfo *out_info);

// Bytes that a session would need at most, without creating it; at least, where the image's size alone is too much
// for memory_limit or the machine.
DipStatus dip_estimate_memory(const struct DipOptions *options,
                              const struct DipInputs *inputs,
                              uint64_t *out_bytes);

// Copies the inputs and checks them. Measuring the picture, which may take seconds, happens in the first step.
// *out_session is NULL on failure.
DipStatus dip_create(const struct DipOptions *options,
                     const struct DipInputs *inputs,
                     struct DipSession **out_session);

// Runs so many iterations, or fewer when the work ends. out_metrics may be NULL.
DipStatus dip_step(struct DipSession *session, uint32_t iterations, struct DipMetrics *out_metrics);

// Never waits for a running step. Before the first step nothing is planned yet: iterations_total and jobs_total
// are 0, and memory_bytes is what the session takes at least.
DipStatus dip_get_metrics(struct DipSession *session,
                          struct DipMetrics *out_metrics);

// The options in use. AUTO is resolved once the first step has measured the picture. What there is nothing to say
// of stays AUTO: hole in other tasks than inpainting, noise_level where none was found. Set struct_size before the
// call.
DipStatus dip_get_options(struct DipSession *session,
                          struct DipOptions *out_options);

// Size of the result, in pixels.
DipStatus dip_get_size(struct DipSession *session, uint32_t *out_width, uint32_t *out_height);

// Writes the picture of that size in any layout; before the first step: the input, enlarged.
DipStatus dip_get_preview(struct DipSession *session,
                          DipOutput output,
                          const struct DipImage *image,
                          void *pixels);

// The same for a rectangle of it, scaled by area averaging to image's size when that is smaller.
DipStatus dip_get_preview_region(struct DipSession *session,
                                 DipOutput output,
                                 uint32_t x,
                                 uint32_t y,
                                 uint32_t width,
                                 uint32_t height,
                                 const struct DipImage *image,
                                 void *pixels);

// 0 the input .. 1 the restored picture, from now on, also after the work is done.
DipStatus dip_set_strength(struct DipSession *session, float strength);

// Saves the session for dip_load; waits for a running step. What is saved goes on to the same bits as if it had never
// been interrupted; of a session whose work is done only the result is saved. path is UTF-8. At any time there
// is the old file, the new one or none. The call takes memory for a copy of what it saves, about the file's size, which
// no estimate counts; DIP_ERROR_OUT_OF_MEMORY where there is too little.
DipStatus dip_save(struct DipSession *session,
                   const char *path);

// A session that dip_save wrote, with the inputs that it was created from. *out_session is NULL on failure:
// DIP_ERROR_IO if the file cannot be read or is not whole, DIP_ERROR_UNSUPPORTED if another version or another kind
// of machine wrote it, DIP_ERROR_INVALID_ARGUMENT if it belongs to other inputs.
DipStatus dip_load(const char *path,
                   const struct DipInputs *inputs,
                   struct DipSession **out_session);

// 32 bytes over everything that the result's bits depend on (task, options, samples of image, mask and guide,
// this version, device and instructions), and nothing else: not strength, threads, time_limit or the layout of
// buffers. Programs that keep results keep them by it.
DipStatus dip_key(const struct DipOptions *options,
                  const struct DipInputs *inputs,
                  uint8_t *out_key);

// Ends the running or next step, once; that step returns DIP_CANCELLED. Signal handlers may call it.
void dip_cancel(struct DipSession *session);

// NULL is allowed.
void dip_destroy(struct DipSession *session);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* DIPKIT_H */
