//! The C boundary: options and images of every kind, from creation to the end. Every call has a documented status, a
//! failure has a text, nothing is written beside the samples, and what is no image is refused.

use crate::bytes::Bytes;
use crate::layouts::Image;
use dipkit as _;
use dipkit::capi::types::*;
use std::ffi::{CStr, c_char, c_void};
use std::ptr::{null, null_mut};

unsafe extern "C" {
    fn dip_last_error() -> *const c_char;
    fn dip_options_init(options: *mut DipOptions, size: usize, task: DipTask, quality: DipQuality) -> DipStatus;
    fn dip_options_set(options: *mut DipOptions, name: *const c_char, value: *const c_char) -> DipStatus;
    fn dip_estimate_memory(options: *const DipOptions, inputs: *const DipInputs, out_bytes: *mut u64) -> DipStatus;
    fn dip_create(options: *const DipOptions, inputs: *const DipInputs, out: *mut *mut c_void) -> DipStatus;
    fn dip_step(session: *mut c_void, iterations: u32, out_metrics: *mut DipMetrics) -> DipStatus;
    fn dip_get_size(session: *mut c_void, out_width: *mut u32, out_height: *mut u32) -> DipStatus;
    fn dip_set_strength(session: *mut c_void, strength: f32) -> DipStatus;
    fn dip_get_preview(session: *mut c_void, output: u32, image: *const DipImage, pixels: *mut c_void) -> DipStatus;
    fn dip_get_preview_region(
        session: *mut c_void,
        output: u32,
        x: u32,
        y: u32,
        width: u32,
        height: u32,
        image: *const DipImage,
        pixels: *mut c_void,
    ) -> DipStatus;
    fn dip_key(options: *const DipOptions, inputs: *const DipInputs, out_key: *mut u8) -> DipStatus;
    fn dip_destroy(session: *mut c_void);
}

/// What a fit of an input may take.
const MOST_MEMORY: u64 = 24 << 20;
/// The words of the options, four bytes each.
const WORDS: usize = size_of::<DipOptions>() / 4;

/// Runs an input.
pub fn run(data: &[u8]) {
    let bytes = &mut Bytes(data);
    let Some(options) = options(bytes) else { return };
    let Some(image) = Image::any(bytes) else { return };
    let (width, height) = (image.described.width, image.described.height);
    let mask = match bytes.below(4) {
        0 => Image::any(bytes),
        1 if image.is_valid => Some(Image::mask(width, height)),
        _ => None,
    };
    let guide = if bytes.below(4) == 0 { Image::any(bytes) } else { None };
    let pointer = |image: Option<&Image>| image.map_or(null(), |image| &raw const image.described);
    let pixels = |image: Option<&Image>| image.map_or(null(), |image| image.pixels().cast::<c_void>());
    let inputs = DipInputs {
        struct_size: size_of::<DipInputs>() as u32,
        reserved: 0,
        image: &raw const image.described,
        pixels: image.pixels().cast(),
        mask: pointer(mask.as_ref()),
        mask_pixels: pixels(mask.as_ref()),
        guide: pointer(guide.as_ref()),
        guide_pixels: pixels(guide.as_ref()),
    };
    let are_images = [Some(&image), mask.as_ref(), guide.as_ref()].into_iter().flatten().all(|image| image.is_valid);
    ask(&options, &inputs, are_images);
    if let Some(session) = create(&options, &inputs) {
        assert!(are_images, "what is no image was taken");
        fit(session, bytes);
    }
}

/// A preset with some words changed; None where the preset is refused.
fn options(bytes: &mut Bytes) -> Option<DipOptions> {
    // SAFETY: a struct of numbers.
    let mut options: DipOptions = unsafe { std::mem::zeroed() };
    let (task, quality) = (u32::from(bytes.byte()) % 5, u32::from(bytes.byte()) % 4);
    // SAFETY: so many bytes of ours.
    if told(unsafe { dip_options_init(&raw mut options, size_of::<DipOptions>(), task, quality) }) != DIP_OK {
        return None;
    }
    let small = [(c"iterations", c"3"), (c"channels", c"4"), (c"channels_deepest", c"4"), (c"scales", c"1")];
    for (name, value) in small.into_iter().chain([(c"threads", c"1"), (c"input_depth", c"4")]) {
        // SAFETY: initialised options and texts that end.
        assert_eq!(told(unsafe { dip_options_set(&raw mut options, name.as_ptr(), value.as_ptr()) }), DIP_OK);
    }
    let words = (&raw mut options).cast::<u32>();
    for _ in 0..bytes.below(6) {
        let extremes = [0, 1, 2, 3, 7, DIP_AUTO, u32::MAX - 1, 0x7f80_0000, 0xff80_0000, 0x8000_0000, 0x0000_0001];
        let word = 1 + bytes.below(WORDS - 1);
        let value = if bytes.byte() < 160 { bytes.one_of(&extremes) } else { bytes.number() };
        // SAFETY: a word of the struct, which takes any bits.
        unsafe { words.add(word).write(value) };
    }
    if options.memory_limit == 0 || options.memory_limit > MOST_MEMORY {
        options.memory_limit = MOST_MEMORY;
    }
    Some(options)
}

/// What can be asked without a session.
fn ask(options: &DipOptions, inputs: &DipInputs, are_images: bool) {
    let (mut bytes, mut key) = (0, [0; 32]);
    // SAFETY: structs of ours, and images that cover their strides where they are images.
    let (estimated, keyed) =
        unsafe { (dip_estimate_memory(options, inputs, &raw mut bytes), dip_key(options, inputs, key.as_mut_ptr())) };
    assert!(are_images || told(keyed) == DIP_ERROR_INVALID_ARGUMENT, "the key of what is no image");
    assert!(told(estimated) != DIP_OK || bytes > 0);
}

fn create(options: &DipOptions, inputs: &DipInputs) -> Option<*mut c_void> {
    let mut session = null_mut();
    // SAFETY: as in `ask`.
    let created = told(unsafe { dip_create(options, inputs, &raw mut session) });
    assert_eq!(created == DIP_OK, !session.is_null());
    (created == DIP_OK).then_some(session)
}

/// Steps, looks and destroys.
fn fit(session: *mut c_void, bytes: &mut Bytes) {
    // SAFETY: a struct of numbers.
    let mut metrics: DipMetrics = unsafe { std::mem::zeroed() };
    metrics.struct_size = size_of::<DipMetrics>() as u32;
    look(session, bytes);
    for _ in 0..bytes.below(3) {
        // SAFETY: a live session and a struct of ours.
        let stepped = told(unsafe { dip_step(session, bytes.byte().into(), &raw mut metrics) });
        assert!(stepped != DIP_OK || (0.0..=1.0).contains(&metrics.progress), "progress is {}", metrics.progress);
        let strength = f32::from_bits(bytes.number());
        // SAFETY: a live session.
        let set = told(unsafe { dip_set_strength(session, strength) });
        assert_eq!(set == DIP_OK, (0.0..=1.0).contains(&strength), "strength {strength}");
        look(session, bytes);
        if metrics.iteration > 5 {
            break;
        }
    }
    // SAFETY: it is used by nobody any more.
    unsafe { dip_destroy(session) };
}

/// Reads the picture or a part of it, in a layout of any kind.
fn look(session: *mut c_void, bytes: &mut Bytes) {
    let (mut width, mut height) = (0, 0);
    // SAFETY: a live session and numbers of ours.
    assert_eq!(told(unsafe { dip_get_size(session, &raw mut width, &raw mut height) }), DIP_OK);
    let image = if bytes.below(4) == 0 { Image::any(bytes) } else { Image::sized(bytes, width, height) };
    let Some(mut image) = image else { return };
    let (output, described) = (u32::from(bytes.byte()) % 5, image.described);
    let pixels = image.blank().cast::<c_void>();
    let seen = if bytes.below(2) == 0 {
        // SAFETY: a live session, and an image that covers its strides where it is one.
        unsafe { dip_get_preview(session, output, &raw const described, pixels) }
    } else {
        let [x, y, w, h] = [0; 4].map(|_: u32| if bytes.byte() < 250 { bytes.byte() % 48 } else { 255 }.into());
        // SAFETY: as above.
        unsafe { dip_get_preview_region(session, output, x, y, w, h, &raw const described, pixels) }
    };
    if told(seen) == DIP_OK {
        assert!(image.is_valid && output < 4, "what is no image was written");
        image.check_written();
    }
}

/// A status, which is one of those that a program may cause and has a text.
fn told(status: DipStatus) -> DipStatus {
    // SAFETY: the library's text.
    let text = unsafe { CStr::from_ptr(dip_last_error()) }.to_str().unwrap();
    let is_callers = matches!(
        status,
        DIP_OK
            | DIP_ERROR_INVALID_ARGUMENT
            | DIP_ERROR_UNSUPPORTED
            | DIP_ERROR_OUT_OF_MEMORY
            | DIP_ERROR_DEVICE
            | DIP_ERROR_DIVERGED
    );
    assert!(is_callers, "status {status}: {text}");
    assert!(status == DIP_OK || !text.is_empty(), "status {status} without a text");
    status
}

/// Inputs to begin with: the tasks, with images of every layout.
pub fn seeds() -> Vec<Vec<u8>> {
    let seed = |number: u32| {
        let byte =
            |place: u32| (number.wrapping_mul(2_654_435_761).wrapping_add(place.wrapping_mul(40_503)) >> 9) as u8;
        let mut bytes: Vec<u8> = (0..160).map(byte).collect();
        (bytes[0], bytes[1], bytes[2]) = (number as u8 % 4, number as u8 / 4 % 3, 0);
        bytes
    };
    (0..24).map(seed).collect()
}
