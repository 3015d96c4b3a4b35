//! `DipOptions` in and out, and `DipOptionInfo`: the option table as C sees it.

use super::sized::{self, Growing, Out};
use super::text::{self, RowText};
use super::types::*;
use crate::error::{Error, Result};
use crate::options::{self, Choice, DeviceKind, Options, Quality, Task, ValueKind};

// SAFETY: repr(C), struct_size first, 22 u32, a u64 at 88 and ten floats fill 136 bytes; all numbers.
unsafe impl Growing for DipOptions {
    const FIRST_SIZE: usize = size_of::<DipOptions>();
}

// SAFETY: repr(C), struct_size first, two u32, three doubles, five pointers and two u32 without gaps.
unsafe impl Growing for DipOptionInfo {
    // Programs of before `tasks` know less.
    const FIRST_SIZE: usize = std::mem::offset_of!(DipOptionInfo, tasks);
}

/// The fields that are the same on both sides; AUTO passes through.
macro_rules! copy_numbers {
    ($from:expr, $to:expr) => {
        copy_numbers!($from, $to, device_index threads seed factor downsample hole input optimizer tile_size
            iterations input_depth channels channels_deepest scales skip_channels early_stop runs memory_limit
            time_limit strength noise_level learning_rate matrix_learning_rate input_noise average_weight
            tv_weight recorruption held_out)
    };
    ($from:expr, $to:expr, $($field:ident)+) => {
        $($to.$field = $from.$field;)+
    };
}

/// Reads the program's options.
///
/// # Errors
/// `InvalidArgument` for NULL, a wrong size or an unknown task, quality or device. The numbers are the
/// session's to check.
///
/// # Safety
/// `options` is NULL or points to a `DipOptions` with a true `struct_size`.
pub unsafe fn read(options: *const DipOptions) -> Result<Options> {
    // SAFETY: as this function's own promise.
    let raw = unsafe { sized::read(options, "options", to_c(&unset(), 0)) }?;
    if raw.reserved != 0 {
        return Err(Error::invalid(format!("options.reserved is {}, must be 0", raw.reserved)));
    }
    let mut options = Options::new(Task::from_index(raw.task)?, Quality::from_index(raw.quality)?);
    options.device = DeviceKind::from_index(raw.device)?;
    copy_numbers!(raw, options);
    Ok(options)
}

/// Writes options into the program's struct.
///
/// # Errors
/// `InvalidArgument` for NULL or a wrong size.
///
/// # Safety
/// `out_options` is NULL or points to a `DipOptions` with a true `struct_size`.
pub unsafe fn write(out_options: *mut DipOptions, options: &Options) -> Result<()> {
    // SAFETY: as this function's own promise.
    unsafe { Out::new(out_options, "out_options") }?.write(&to_c(options, 0));
    Ok(())
}

/// Writes options that leave everything to the preset.
///
/// # Errors
/// `InvalidArgument` for NULL, an unknown constant, or a size below the first release's.
///
/// # Safety
/// `options` is NULL or points to `size` writable bytes.
pub unsafe fn initialise(options: *mut DipOptions, size: usize, task: DipTask, quality: DipQuality) -> Result<()> {
    let fresh = Options::new(Task::from_index(task)?, Quality::from_index(quality)?);
    // SAFETY: as this function's own promise.
    unsafe { sized::initialise(options, "options", size, |known| to_c(&fresh, known)) }
}

/// Sets one option by name.
///
/// # Errors
/// Those of [`options::set`]; also `InvalidArgument` for an option that the program's struct does not have.
///
/// # Safety
/// As [`read`] and [`write`], for one struct.
pub unsafe fn set(options: *mut DipOptions, name: &str, value: &str) -> Result<()> {
    // SAFETY: as this function's own promise.
    let before = unsafe { read(options) }?;
    // SAFETY: as this function's own promise.
    let out = unsafe { Out::new(options, "options") }?;
    let mut after = before;
    options::set(&mut after, name, value)?;
    if out.hides_difference(&to_c(&before, 0), &to_c(&after, 0)) {
        return Err(Error::invalid(format!("options.struct_size is too small for the option \"{name}\"")));
    }
    out.write(&to_c(&after, 0));
    Ok(())
}

/// Describes one row of the table.
///
/// # Errors
/// `InvalidArgument` for unknown constants and behind the last row.
pub fn describe(index: u32, task: DipTask, quality: DipQuality) -> Result<DipOptionInfo> {
    let row = options::info(index as usize, Task::from_index(task)?, Quality::from_index(quality)?);
    let (row, default_value) =
        row.ok_or_else(|| Error::invalid(format!("index is {index}, there are {} options", options::rows().len())))?;
    let RowText { name, label, hint, unit, choices } = text::row(index as usize);
    Ok(DipOptionInfo {
        struct_size: 0,
        kind: kind(row.kind),
        minimum: row.minimum,
        maximum: row.maximum,
        default_value,
        name: name.as_ptr(),
        label: label.as_ptr(),
        hint: hint.as_ptr(),
        unit: unit.as_ptr(),
        choices: choices.as_ptr(),
        tasks: row.tasks.iter().fold(0, |bits, task| bits | 1 << *task as u32),
        reserved: 0,
    })
}

/// Gives what a program means that does not know a field.
fn unset() -> Options {
    Options::new(Task::Denoise, Quality::Balanced)
}

fn to_c(options: &Options, struct_size: u32) -> DipOptions {
    // SAFETY: all numbers, for which zero bytes are a value.
    let mut raw: DipOptions = unsafe { std::mem::zeroed() };
    raw.struct_size = struct_size;
    raw.task = options.task as u32;
    raw.quality = options.quality as u32;
    raw.device = options.device as u32;
    copy_numbers!(options, raw);
    raw
}

/// Gives the header's constant of a kind.
fn kind(kind: ValueKind) -> u32 {
    match kind {
        ValueKind::Integer => DIP_KIND_INTEGER,
        ValueKind::Float => DIP_KIND_FLOAT,
        ValueKind::Choice => DIP_KIND_CHOICE,
    }
}
