//! Where Rust ends: no panic leaves, every failure becomes a status and a text of this thread, and however the host
//! has its thread compute, the body computes as Rust does.

use super::hook;
use super::types::*;
use crate::error::{Error, Result};
use crate::session::FloatState;
use std::any::Any;
use std::cell::RefCell;
use std::ffi::{CStr, c_char};
use std::fmt::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static LAST_ERROR: RefCell<Text> = const { RefCell::new(Text { bytes: [0; TEXT_BYTES], length: 0 }) };
}

/// The bytes of the longest text with its NUL; a longer one is cut.
const TEXT_BYTES: usize = 1024;

/// A text in a place of its own: that there is no memory left must be told without any.
struct Text {
    /// What lies behind the text is NUL.
    bytes: [u8; TEXT_BYTES],
    length: usize,
}

impl Text {
    fn clear(&mut self) {
        self.bytes.fill(0);
        self.length = 0;
    }
}

impl Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut utf8 = [0; 4];
        for character in text.chars() {
            // A NUL would end the text.
            let character = if character == '\0' { '?' } else { character };
            let encoded = character.encode_utf8(&mut utf8).as_bytes();
            let end = self.length + encoded.len();
            if end >= TEXT_BYTES {
                return Err(fmt::Error);
            }
            self.bytes[self.length..end].copy_from_slice(encoded);
            self.length = end;
        }
        Ok(())
    }
}

/// Runs the body of an exported function and gives its status.
pub fn boundary(body: impl FnOnce() -> Result<()>) -> DipStatus {
    match catch(body) {
        Ok(()) => DIP_OK,
        Err(error) => {
            keep_text(&error);
            status_of(&error)
        }
    }
}

/// Runs the body of an exported function that returns something else than a status: `fallback` where the body panics.
pub fn value_or<T>(fallback: T, body: impl FnOnce() -> T) -> T {
    catch(|| Ok(body())).unwrap_or_else(|error| {
        keep_text(&error);
        fallback
    })
}

/// Gives the text of this thread's last failure, or "". It is valid until the next failure or the thread's end.
pub fn last_error() -> *const c_char {
    LAST_ERROR.try_with(|text| text.borrow().bytes.as_ptr().cast()).unwrap_or(c"".as_ptr())
}

/// Gives the status that stands for an error.
pub fn status_of(error: &Error) -> DipStatus {
    match error {
        Error::Cancelled => DIP_CANCELLED,
        Error::InvalidArgument(_) => DIP_ERROR_INVALID_ARGUMENT,
        Error::Unsupported(_) => DIP_ERROR_UNSUPPORTED,
        Error::OutOfMemory { .. } => DIP_ERROR_OUT_OF_MEMORY,
        Error::Device { .. } => DIP_ERROR_DEVICE,
        Error::Diverged { .. } => DIP_ERROR_DIVERGED,
        Error::Io { .. } => DIP_ERROR_IO,
        Error::Internal(_) => DIP_ERROR_INTERNAL,
    }
}

/// Gives a few words for a status.
pub fn status_text(status: DipStatus) -> &'static CStr {
    match status {
        DIP_OK => c"ok",
        DIP_CANCELLED => c"cancelled",
        DIP_ERROR_INVALID_ARGUMENT => c"invalid argument",
        DIP_ERROR_UNSUPPORTED => c"unsupported",
        DIP_ERROR_OUT_OF_MEMORY => c"out of memory",
        DIP_ERROR_DEVICE => c"device failed",
        DIP_ERROR_DIVERGED => c"diverged",
        DIP_ERROR_IO => c"file failed",
        DIP_ERROR_INTERNAL => c"internal error",
        _ => c"unknown status",
    }
}

fn catch<T>(body: impl FnOnce() -> Result<T>) -> Result<T> {
    let _numbers = FloatState::enter();
    let _inside = hook::Inside::enter();
    // A session that was left half-way takes no more steps (see handle.rs), so nobody sees its state.
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|payload| Err(Error::Internal(describe(&*payload))))
}

fn describe(payload: &(dyn Any + Send)) -> String {
    let literal = payload.downcast_ref::<&str>().copied();
    let message = literal.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("panic");
    match hook::take_place() {
        place if place.is_empty() => message.to_owned(),
        place => format!("{message}, at {place}"),
    }
}

/// A cancelled call leaves no text, not even an old one.
fn keep_text(error: &Error) {
    let _ = LAST_ERROR.try_with(|kept| {
        let mut kept = kept.borrow_mut();
        kept.clear();
        // It fails where the text is cut.
        let _ = if matches!(error, Error::Cancelled) { Ok(()) } else { write!(kept, "{error}") };
    });
}
