//! Texts that the program may keep: made once, never freed.

use super::sized::refuse_null;
use super::types::DipDevice;
use crate::error::{Error, Result};
use crate::options::{self, Choice, DeviceKind};
use crate::session;
use std::collections::BTreeMap;
use std::ffi::{CStr, CString, c_char};
use std::sync::{Mutex, OnceLock, PoisonError};

/// The texts of an option.
#[derive(Debug, Clone, Copy)]
pub struct RowText {
    pub name: &'static CStr,
    pub label: &'static CStr,
    pub hint: &'static CStr,
    pub unit: &'static CStr,
    pub choices: &'static CStr,
}

/// Gives the texts of the option table's row `index`, which exists.
pub fn row(index: usize) -> RowText {
    static ROWS: OnceLock<Vec<RowText>> = OnceLock::new();
    ROWS.get_or_init(|| options::rows().iter().map(row_text).collect())[index]
}

/// Gives the device's name, or why there is none. The system is asked once.
pub fn device(device: DipDevice, index: u32) -> &'static CStr {
    static DEVICES: Mutex<BTreeMap<(DipDevice, u32), &'static CStr>> = Mutex::new(BTreeMap::new());
    let Ok(kind) = DeviceKind::from_index(device) else { return c"no such kind of device" };
    // Keeps the memory of a program that counts through all numbers small.
    if options::row("device_index").is_ok_and(|row| row.check(f64::from(index)).is_err()) {
        return c"no such device number";
    }
    let mut devices = DEVICES.lock().unwrap_or_else(PoisonError::into_inner);
    devices.entry((device, index)).or_insert_with(|| keep(&session::describe(kind, index)))
}

/// Reads a program's text.
///
/// # Errors
/// `InvalidArgument` for NULL, or bytes that are not UTF-8.
///
/// # Safety
/// `text` is NULL or a NUL-terminated string that lives as long as the call.
pub unsafe fn read<'a>(text: *const c_char, name: &str) -> Result<&'a str> {
    refuse_null(text, name)?;
    // SAFETY: as this function's own promise.
    let text = unsafe { CStr::from_ptr(text) };
    text.to_str().map_err(|_| Error::invalid(format!("{name} is not UTF-8")))
}

fn row_text(row: &options::Row) -> RowText {
    RowText {
        name: keep(row.name),
        label: keep(row.label),
        hint: keep(row.hint),
        unit: keep(row.unit.word()),
        choices: keep(row.choices),
    }
}

fn keep(text: &str) -> &'static CStr {
    // No text of ours has a NUL; one would be cut off with what follows.
    let text = text.split('\0').next().unwrap_or_default();
    Box::leak(CString::new(text).unwrap_or_default().into_boxed_c_str())
}
