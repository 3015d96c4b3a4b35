//! The types and constants of `dipkit.h`. Always compiled: the library also talks to its own GPU
//! builds through them. cbindgen turns this file into the header; the comments are the header's.

// The comments below are written for C. Constants have plain types, since cbindgen then puts all of
// them at the head of the header.

use std::ffi::{c_char, c_void};

/// Raised with every change that an existing program would notice.
pub const DIP_ABI_VERSION: u32 = 1;
/// In an integer option: the preset decides, knowing the picture. In a float that is NaN.
pub const DIP_AUTO: u32 = u32::MAX;

/// What every function that can fail returns: DIP_OK, DIP_CANCELLED or DIP_ERROR_*.
pub type DipStatus = i32;
pub const DIP_OK: i32 = 0;
/// On request; the session can be stepped again.
pub const DIP_CANCELLED: i32 = 1;
/// Null, out of range, or sizes that do not match.
pub const DIP_ERROR_INVALID_ARGUMENT: i32 = 2;
/// Not in this build or not on this machine.
pub const DIP_ERROR_UNSUPPORTED: i32 = 3;
/// memory_limit, the machine, its container, a limit of the process (ulimit -v) or the device is too small; a session
/// goes on when there is more.
pub const DIP_ERROR_OUT_OF_MEMORY: i32 = 4;
/// The driver or backend failed.
pub const DIP_ERROR_DEVICE: i32 = 5;
/// The loss left the finite range and did not come back.
pub const DIP_ERROR_DIVERGED: i32 = 6;
/// A file could not be read, written or understood.
pub const DIP_ERROR_IO: i32 = 7;
/// A bug here; this session takes only preview and destroy now.
pub const DIP_ERROR_INTERNAL: i32 = 8;

/// What to do with the picture: DIP_TASK_*.
pub type DipTask = u32;
pub const DIP_TASK_DENOISE: u32 = 0;
/// Remove JPEG artifacts.
pub const DIP_TASK_DEJPEG: u32 = 1;
/// The result is DipOptions.factor times larger.
pub const DIP_TASK_SUPER_RESOLVE: u32 = 2;
/// Needs a mask.
pub const DIP_TASK_INPAINT: u32 = 3;

/// Where it runs: DIP_DEVICE_*.
pub type DipDevice = u32;
/// The fastest of this build and machine.
pub const DIP_DEVICE_AUTO: u32 = 0;
pub const DIP_DEVICE_CPU: u32 = 1;
pub const DIP_DEVICE_CUDA: u32 = 2;
pub const DIP_DEVICE_METAL: u32 = 3;

/// A preset of the options: DIP_QUALITY_*. Each documents its measured cost.
pub type DipQuality = u32;
/// The paper's networks and numbers, task by task.
pub const DIP_QUALITY_REFERENCE: u32 = 0;
/// The default: at least the reference's PSNR in a fraction of its time.
pub const DIP_QUALITY_BALANCED: u32 = 1;
/// An interactive answer; PSNR a little below balanced.
pub const DIP_QUALITY_FAST: u32 = 2;

/// Type of a stored sample: DIP_SAMPLE_*.
pub type DipSample = u32;
/// 0..255
pub const DIP_SAMPLE_U8: u32 = 0;
/// 0..65535, native byte order.
pub const DIP_SAMPLE_U16: u32 = 1;
/// IEEE half; 0..1 is the nominal range.
pub const DIP_SAMPLE_F16: u32 = 2;
/// 0..1 is the nominal range; brighter and negative values survive.
pub const DIP_SAMPLE_F32: u32 = 3;

/// What the samples mean: DIP_TRANSFER_*.
pub type DipTransfer = u32;
/// Display-encoded; the fit works in this space.
pub const DIP_TRANSFER_ENCODED: u32 = 0;
/// Linear light; converted with the sRGB curve, both ways.
pub const DIP_TRANSFER_LINEAR: u32 = 1;

/// In DipImage.flags: colour is multiplied by alpha.
pub const DIP_IMAGE_PREMULTIPLIED: u32 = 1;

/// Which picture to read: DIP_OUTPUT_*.
pub type DipOutput = u32;
/// What to save: the best snapshot, else the average, blended by strength.
pub const DIP_OUTPUT_RESULT: u32 = 0;
/// Moving average of the network output.
pub const DIP_OUTPUT_AVERAGE: u32 = 1;
/// Network output at the last control interval.
pub const DIP_OUTPUT_LATEST: u32 = 2;
/// What was given, at the result's size: for before/after views.
pub const DIP_OUTPUT_INPUT: u32 = 3;

pub const DIP_DOWNSAMPLE_LANCZOS2: u32 = 0;
pub const DIP_DOWNSAMPLE_LANCZOS3: u32 = 1;
pub const DIP_DOWNSAMPLE_BICUBIC: u32 = 2;
pub const DIP_DOWNSAMPLE_BOX: u32 = 3;
pub const DIP_DOWNSAMPLE_GAUSSIAN: u32 = 4;

/// Thin holes all over the picture: text, scratches.
pub const DIP_HOLE_TEXT: u32 = 0;
/// A few large regions.
pub const DIP_HOLE_REGION: u32 = 1;
/// Scattered missing pixels.
pub const DIP_HOLE_SPARSE: u32 = 2;

pub const DIP_INPUT_NOISE: u32 = 0;
pub const DIP_INPUT_MESHGRID: u32 = 1;
/// The degraded picture, or the guide.
pub const DIP_INPUT_PICTURE: u32 = 2;

pub const DIP_OPTIMIZER_ADAM: u32 = 0;
pub const DIP_OPTIMIZER_MUON: u32 = 1;

pub const DIP_NOISE_UNKNOWN: u32 = 0;
pub const DIP_NOISE_WHITE: u32 = 1;
/// Grows with brightness.
pub const DIP_NOISE_BRIGHTNESS: u32 = 2;
pub const DIP_NOISE_CORRELATED: u32 = 3;
pub const DIP_NOISE_IMPULSE: u32 = 4;
/// So little that a fit would hardly change a sample: the picture is returned as it is.
pub const DIP_NOISE_NONE: u32 = 5;
/// Smooth noise in colour, and hardly any in brightness.
pub const DIP_NOISE_CHROMA: u32 = 6;

/// A whole number.
pub const DIP_KIND_INTEGER: u32 = 0;
pub const DIP_KIND_FLOAT: u32 = 1;
/// The number of a word in DipOptionInfo.choices.
pub const DIP_KIND_CHOICE: u32 = 2;
/// Reserved; no option has it.
pub const DIP_KIND_SWITCH: u32 = 3;

/// How far the work is: DIP_STATE_*.
pub type DipState = u32;
pub const DIP_STATE_RUNNING: u32 = 0;
/// All iterations done.
pub const DIP_STATE_FINISHED: u32 = 1;
/// The early-stopping rule fired.
pub const DIP_STATE_STOPPED_EARLY: u32 = 2;
/// DipOptions.time_limit reached; the result is the best so far.
pub const DIP_STATE_TIMED_OUT: u32 = 3;

/// One picture being restored.
pub struct DipSession {
    _opaque: [u8; 0],
}

/// A buffer of yours. The pointer beside it is channel 0 of the top-left pixel; strides are bytes
/// and may be negative or planar, all three 0 mean packed (0 for some of them is refused). During a
/// call the whole span from the first to the last sample must be readable (and writable where we
/// write), and nobody else writes there; bytes between the samples are left alone.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct DipImage {
    pub width: u32,
    pub height: u32,
    /// 1 grey, 2 grey+alpha, 3 RGB, 4 RGB+alpha; alpha is resized, not restored.
    pub channels: u32,
    pub sample: DipSample,
    pub transfer: DipTransfer,
    /// 0 or DIP_IMAGE_PREMULTIPLIED.
    pub flags: u32,
    pub channel_stride: isize,
    pub pixel_stride: isize,
    pub row_stride: isize,
}

/// What a session works on. Zero it, set struct_size and the first two; the rest may stay NULL.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct DipInputs {
    pub struct_size: u32,
    /// 0
    pub reserved: u32,
    pub image: *const DipImage,
    pub pixels: *const c_void,
    /// For DIP_TASK_INPAINT: one channel, the image's size; 0 is missing, the maximum is observed,
    /// between is a weight.
    pub mask: *const DipImage,
    pub mask_pixels: *const c_void,
    /// For DIP_TASK_DENOISE: a cleaner picture of the same scene (flash), same size.
    pub guide: *const DipImage,
    pub guide_pixels: *const c_void,
}

/// What to run. Fill with dip_options_init, then change fields; dip_option_info has texts and ranges.
/// Every field from factor on may be AUTO, but memory_limit and time_limit.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct DipOptions {
    pub struct_size: u32,
    pub task: DipTask,
    pub quality: DipQuality,
    pub device: DipDevice,
    pub device_index: u32,
    /// CPU threads of this session; 0 is all cores. Fewer where memory is short; the result does not depend on it.
    pub threads: u32,
    pub seed: u32,
    /// How many times larger super-resolution makes each side, 2 to 8.
    pub factor: u32,
    /// Kernel of super-resolution: DIP_DOWNSAMPLE_*.
    pub downsample: u32,
    /// Inpainting preset: DIP_HOLE_*.
    pub hole: u32,
    /// Network input z: DIP_INPUT_*.
    pub input: u32,
    /// DIP_OPTIMIZER_*
    pub optimizer: u32,
    /// Side of a tile in the result, in pixels; 0 is one job for the whole picture.
    pub tile_size: u32,
    /// Updates of a job, at most.
    pub iterations: u32,
    /// Channels of the random part of the network input z.
    pub input_depth: u32,
    /// Feature channels at the finest scale.
    pub channels: u32,
    /// They double from scale to scale up to this; equal to channels: a flat network.
    pub channels_deepest: u32,
    /// Depth of the encoder-decoder.
    pub scales: u32,
    /// Channels of each skip connection; 0 is none.
    pub skip_channels: u32,
    /// Patience in iterations; 0 is off.
    pub early_stop: u32,
    /// Independent fits to average.
    pub runs: u32,
    /// 0
    pub reserved: u32,
    /// Bytes; with tile_size AUTO more makes tiles. 0: only the machine's own memory refuses.
    pub memory_limit: u64,
    /// Seconds of stepping; 0 is none.
    pub time_limit: f32,
    /// 0 the input .. 1 the restored picture; dip_set_strength changes it later.
    pub strength: f32,
    /// Standard deviation on the 0..255 scale; AUTO estimates it.
    pub noise_level: f32,
    /// Learning rate of Adam.
    pub learning_rate: f32,
    /// Learning rate of Muon, for the convolutions' weights.
    pub matrix_learning_rate: f32,
    /// Standard deviation of the noise added to z at each iteration.
    pub input_noise: f32,
    /// Weight of the past in the moving average, 0..1.
    pub average_weight: f32,
    /// Total variation, the R of the MAP estimate; 0 is off.
    pub tv_weight: f32,
    /// Alpha of the recorrupted target (denoise, input PICTURE); 0 is off.
    pub recorruption: f32,
    /// Share of samples kept out of the loss to judge the fit by.
    pub held_out: f32,
}

/// Where the work stands. Set struct_size before the call. Written on DIP_CANCELLED too.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct DipMetrics {
    pub struct_size: u32,
    pub state: DipState,
    /// Done so far, over all jobs.
    pub iteration: u32,
    /// Planned over all jobs; early stopping may need fewer.
    pub iterations_total: u32,
    /// The iteration of the current job that DIP_OUTPUT_RESULT comes from.
    pub best_iteration: u32,
    pub jobs_done: u32,
    pub jobs_total: u32,
    /// Where it really runs.
    pub device: DipDevice,
    /// 0..1 over the whole work; 1 only when the state is not RUNNING.
    pub progress: f64,
    /// Estimate; NaN until it is known.
    pub seconds_left: f64,
    /// Spent stepping; measuring the picture in the first step is not counted.
    pub seconds: f64,
    /// Loss of the last iteration; NaN before the first.
    pub loss: f64,
    /// dB against the degraded input, not against the truth: it rises while the picture gets worse.
    pub psnr_observed: f64,
    /// Moving variance of the output; NaN until it means something.
    pub variance: f64,
    /// Estimated or given, 0..255; NaN if unknown.
    pub noise_level: f64,
    /// Estimated mean squared error on held-out samples; NaN without them.
    pub risk: f64,
    /// DIP_NOISE_*
    pub noise_kind: u32,
    /// The inpainting preset in use, DIP_HOLE_*; DIP_AUTO in other tasks.
    pub hole: u32,
    /// Bytes that the session takes at most; once its work is done, about what it still holds.
    pub memory_bytes: u64,
}

/// One field of DipOptions, for dialogs and command lines. Set struct_size before the call.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct DipOptionInfo {
    pub struct_size: u32,
    /// DIP_KIND_*
    pub kind: u32,
    pub minimum: f64,
    pub maximum: f64,
    /// The default of this task and quality; NaN is AUTO.
    pub default_value: f64,
    /// The field's name; permanent once released.
    pub name: *const c_char,
    pub label: *const c_char,
    pub hint: *const c_char,
    /// "" if none.
    pub unit: *const c_char,
    /// The words of a choice joined by '|', else "".
    pub choices: *const c_char,
    /// The tasks in which the option means something: bit 1 << DIP_TASK_* of each.
    pub tasks: u32,
    /// 0
    pub reserved: u32,
}
