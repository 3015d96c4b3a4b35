//! The exported functions, in the order of the header. Each is one expression inside the boundary;
//! its comment is the header's, and the head of the header (include/cbindgen.toml) has the rules.

// The contract is written once, in the header, for the people who call these from C.
#![allow(clippy::missing_safety_doc)]

use super::boundary::{self, boundary, value_or};
use super::handle::{self, Need};
use super::sized::{Out, refuse_null};
use super::types::*;
use super::{image, inputs, metrics, options, text};
use crate::error::Error;
use crate::options::{Choice, DeviceKind};
use crate::pixels::Size;
use crate::session::{self, Region, Session};
use std::ffi::{c_char, c_void};
use std::path::Path;
use std::ptr::null_mut;

/// Compare with DIP_ABI_VERSION after loading by hand.
#[unsafe(no_mangle)]
pub extern "C" fn dip_abi_version() -> u32 {
    DIP_ABI_VERSION
}

#[unsafe(no_mangle)]
pub extern "C" fn dip_version_string() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// A few words for a status.
#[unsafe(no_mangle)]
pub extern "C" fn dip_status_string(status: DipStatus) -> *const c_char {
    boundary::status_text(status).as_ptr()
}

/// Why this thread's last failing call failed; valid until its next failing call. "" if there was none.
#[unsafe(no_mangle)]
pub extern "C" fn dip_last_error() -> *const c_char {
    boundary::last_error()
}

/// 1 or 0.
#[unsafe(no_mangle)]
pub extern "C" fn dip_device_is_available(device: DipDevice, device_index: u32) -> i32 {
    value_or(0, || {
        DeviceKind::from_index(device).map_or(0, |kind| i32::from(session::is_available(kind, device_index)))
    })
}

/// The device's name, or why there is none.
#[unsafe(no_mangle)]
pub extern "C" fn dip_device_description(device: DipDevice, device_index: u32) -> *const c_char {
    value_or(c"unknown".as_ptr(), || text::device(device, device_index).as_ptr())
}

/// Writes at most size_of_options bytes (pass sizeof) and sets struct_size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dip_options_init(
    options: *mut DipOptions,
    size_of_options: usize,
    task: DipTask,
    quality: DipQuality,
) -> DipStatus {
    boundary(|| {
        // SAFETY: the header asks for so many bytes of the program's.
        unsafe { options::initialise(options, size_of_options, task, quality) }
    })
}

/// Sets the field called name; value is "auto", "0.5", "lanczos2" and the like, in any locale.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dip_options_set(
    options: *mut DipOptions,
    name: *const c_char,
    value: *const c_char,
) -> DipStatus {
    boundary(|| {
        // SAFETY: the header asks for initialised options and NUL-terminated texts.
        unsafe { options::set(options, text::read(name, "name")?, text::read(value, "value")?) }
    })
}

/// The field called name; NaN is AUTO.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dip_options_get(
    options: *const DipOptions,
    name: *const c_char,
    out_value: *mut f64,
) -> DipStatus {
    boundary(|| {
        refuse_null(out_value, "out_value")?;
        // SAFETY: the header asks for initialised options and a NUL-terminated text.
        let value = unsafe { crate::options::get(&options::read(options)?, text::read(name, "name")?) }?;
        // SAFETY: not NULL, so a double of the program's.
        unsafe { out_value.write(value) };
        Ok(())
    })
}

/// Describes field number index, from 0 until DIP_ERROR_INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dip_option_info(
    index: u32,
    task: DipTask,
    quality: DipQuality,
    out_info: *mut DipOptionInfo,
) -> DipStatus {
    boundary(|| {
        // SAFETY: the header asks for a DipOptionInfo with its struct_size.
        let out = unsafe { Out::new(out_info, "out_info") }?;
        out.write(&options::describe(index, task, quality)?);
        Ok(())
    })
}

/// Bytes that a session would need at most, without creating it; at least, where the image's size alone is too much
/// for memory_limit or the machine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dip_estimate_memory(
    options: *const DipOptions,
    inputs: *const DipInputs,
    out_bytes: *mut u64,
) -> DipStatus {
    boundary(|| {
        refuse_null(out_bytes, "out_bytes")?;
        // SAFETY: the header asks for initialised options and for pictures that cover their strides.
        let bytes = unsafe {
            let options = options::read(options)?;
            match Session::check_size(&options, &inputs::image_layout(inputs)?) {
                Ok(()) => Session::estimate_memory(&options, &inputs::read(inputs)?)?,
                Err(Error::OutOfMemory { needed_bytes, .. }) => needed_bytes,
                Err(error) => return Err(error),
            }
        };
        // SAFETY: not NULL, so a number of the program's.
        unsafe { out_bytes.write(bytes) };
        Ok(())
    })
}

/// Copies the inputs and checks them. Measuring the picture, which may take seconds, happens in the first step.
/// *out_session is NULL on failure.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dip_create(
    options: *const DipOptions,
    inputs: *const DipInputs,
    out_session: *mut *mut DipSession,
) -> DipStatus {
    boundary(|| {
        refuse_null(out_session, "out_session")?;
        // SAFETY: not NULL, so a pointer of the program's.
        unsafe { out_session.write(null_mut()) };
        // SAFETY: the header asks for initialised options and for pictures that cover their strides.
        let session = unsafe {
            let options = options::read(options)?;
            Session::check_size(&options, &inputs::image_layout(inputs)?)?;
            Session::create(&options, inputs::read(inputs)?)?
        };
        // SAFETY: as above.
        unsafe { out_session.write(handle::give(session)) };
        Ok(())
    })
}

/// Runs so many iterations, or fewer when the work ends. out_metrics may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dip_step(
    session: *mut DipSession,
    iterations: u32,
    out_metrics: *mut DipMetrics,
) -> DipStatus {
    boundary(|| {
        // SAFETY: the header asks for a DipMetrics with its struct_size, or NULL.
        let out = if out_metrics.is_null() { None } else { Some(unsafe { Out::new(out_metrics, "out_metrics") }?) };
        // SAFETY: the header asks for a live session.
        unsafe {
            handle::with(session, Need::Sound, |session| {
                let stepped = session.step(iterations);
                if let (Some(out), Ok(_) | Err(Error::Cancelled)) = (&out, &stepped) {
                    out.write(&session.metrics().into());
                }
                stepped.map(|_| ())
            })
        }
    })
}

/// Never waits for a running step. Before the first step nothing is planned yet: iterations_total and jobs_total
/// are 0, and memory_bytes is what the session takes at least.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dip_get_metrics(session: *mut DipSession, out_metrics: *mut DipMetrics) -> DipStatus {
    boundary(|| {
        // SAFETY: the header asks for a DipMetrics with its struct_size.
        let out = unsafe { Out::new(out_metrics, "out_metrics") }?;
        // SAFETY: the header asks for a live session.
        unsafe {
            handle::with(session, Need::Sound, |session| {
                out.write(&session.metrics().into());
                Ok(())
            })
        }
    })
}

/// The options in use. AUTO is resolved once the first step has measured the picture. What there is nothing to say
/// of stays AUTO: hole in other tasks than inpainting, noise_level where none was found. Set struct_size before the
/// call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dip_get_options(session: *mut DipSession, out_options: *mut DipOptions) -> DipStatus {
    boundary(|| {
        // SAFETY: the header asks for a live session and a DipOptions with its struct_size.
        unsafe { handle::with(session, Need::Sound, |session| options::write(out_options, &session.options())) }
    })
}

/// Size of the result, in pixels.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dip_get_size(
    session: *mut DipSession,
    out_width: *mut u32,
    out_height: *mut u32,
) -> DipStatus {
    boundary(|| {
        refuse_null(out_width, "out_width")?;
        refuse_null(out_height, "out_height")?;
        // SAFETY: the header asks for a live session; the rest is not NULL, so numbers of the program's.
        unsafe {
            handle::with(session, Need::Sound, |session| {
                // Sides are at most 2^20 times 8.
                out_width.write(session.size().width as u32);
                out_height.write(session.size().height as u32);
                Ok(())
            })
        }
    })
}

/// Writes the picture of that size in any layout; before the first step: the input, enlarged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dip_get_preview(
    session: *mut DipSession,
    output: DipOutput,
    image: *const DipImage,
    pixels: *mut c_void,
) -> DipStatus {
    boundary(|| {
        let output = metrics::output(output)?;
        // SAFETY: the header asks for a live session and a picture of the program's that covers its strides.
        unsafe {
            let target = image::target(image, pixels)?;
            handle::with(session, Need::Anything, |session| {
                session.preview(output, &target.layout, target.origin, target.bytes)
            })
        }
    })
}

/// The same for a rectangle of it, scaled by area averaging to image's size when that is smaller.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dip_get_preview_region(
    session: *mut DipSession,
    output: DipOutput,
    x: u32,
    y: u32,
    width: u32,
    height: u32,
    image: *const DipImage,
    pixels: *mut c_void,
) -> DipStatus {
    boundary(|| {
        let output = metrics::output(output)?;
        let region = Region { x: x as usize, y: y as usize, size: Size::new(width as usize, height as usize) };
        // SAFETY: as dip_get_preview.
        unsafe {
            let target = image::target(image, pixels)?;
            handle::with(session, Need::Anything, |session| {
                session.preview_region(output, region, &target.layout, target.origin, target.bytes)
            })
        }
    })
}

/// 0 the input .. 1 the restored picture, from now on, also after the work is done.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dip_set_strength(session: *mut DipSession, strength: f32) -> DipStatus {
    boundary(|| {
        // SAFETY: the header asks for a live session.
        unsafe { handle::with(session, Need::Sound, |session| session.set_strength(strength)) }
    })
}

/// Saves the session for dip_load; waits for a running step. What is saved goes on to the same bits as if it had never
/// been interrupted; of a session whose work is done only the result is saved. path is UTF-8. At any time there
/// is the old file, the new one or none. The call takes memory for a copy of what it saves, about the file's size, which
/// no estimate counts; DIP_ERROR_OUT_OF_MEMORY where there is too little.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dip_save(session: *mut DipSession, path: *const c_char) -> DipStatus {
    boundary(|| {
        // SAFETY: the header asks for a live session and a NUL-terminated text.
        unsafe {
            let path = Path::new(text::read(path, "path")?);
            handle::with(session, Need::Sound, |session| session.save(path))
        }
    })
}

/// A session that dip_save wrote, with the inputs that it was created from. *out_session is NULL on failure:
/// DIP_ERROR_IO if the file cannot be read or is not whole, DIP_ERROR_UNSUPPORTED if another version or another kind
/// of machine wrote it, DIP_ERROR_INVALID_ARGUMENT if it belongs to other inputs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dip_load(
    path: *const c_char,
    inputs: *const DipInputs,
    out_session: *mut *mut DipSession,
) -> DipStatus {
    boundary(|| {
        refuse_null(out_session, "out_session")?;
        // SAFETY: not NULL, so a pointer of the program's.
        unsafe { out_session.write(null_mut()) };
        // SAFETY: the header asks for a NUL-terminated text and for pictures that cover their strides.
        let session = unsafe { Session::load(Path::new(text::read(path, "path")?), inputs::read(inputs)?) }?;
        // SAFETY: as above.
        unsafe { out_session.write(handle::give(session)) };
        Ok(())
    })
}

/// 32 bytes over everything that the result's bits depend on (task, options, samples of image, mask and guide,
/// this version, device and instructions), and nothing else: not strength, threads, time_limit or the layout of
/// buffers. Programs that keep results keep them by it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dip_key(options: *const DipOptions, inputs: *const DipInputs, out_key: *mut u8) -> DipStatus {
    boundary(|| {
        refuse_null(out_key, "out_key")?;
        // SAFETY: the header asks for initialised options and for pictures that cover their strides.
        let (options, samples) = unsafe { (options::read(options)?, inputs::Samples::read(inputs)?) };
        let key = session::key(&options, samples.given())?;
        // SAFETY: not NULL, so 32 bytes of the program's.
        unsafe { std::ptr::copy_nonoverlapping(key.as_ptr(), out_key, key.len()) };
        Ok(())
    })
}

/// Ends the running or next step, once; that step returns DIP_CANCELLED. Signal handlers may call it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dip_cancel(session: *mut DipSession) {
    // No boundary: an atomic store cannot panic, and thread-locals are not for signal handlers.
    // SAFETY: the header asks for a live session.
    unsafe { handle::cancel(session) }
}

/// NULL is allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dip_destroy(session: *mut DipSession) {
    boundary(|| {
        // SAFETY: the header asks for a live session that no other call uses.
        unsafe { handle::destroy(session) }
    });
}
