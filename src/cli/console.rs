//! What the command says: notes and warnings on stderr, JSON lines on stdout. Nothing here fails: a closed
//! terminal or pipe must not end hours of work.

use crate::failure::{Failure, Result};
use serde_json::{Number, Value};
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::sync::OnceLock;

/// How much the command says, and in which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Console {
    pub is_quiet: bool,
    pub is_json: bool,
}

impl Console {
    /// Says something worth knowing.
    pub fn note(&self, text: &str) {
        if !self.is_quiet {
            line(text);
        }
    }

    /// Warns of something that the user may not expect.
    pub fn warn(&self, about: &str, text: &str) {
        if !self.is_quiet {
            line(&format!("warning: {about}: {text}"));
        }
    }

    /// Prints one JSON object, if JSON was asked for.
    pub fn record(&self, value: &Value) {
        if self.is_json {
            answer(&value.to_string());
        }
    }

    /// Prints a result that was asked for on standard output.
    pub fn answer(&self, text: &str) {
        if !self.is_json {
            answer(text);
        }
    }
}

/// Why the first lost answer could not be written. A pipe that nobody reads loses nothing.
static LOST: OnceLock<io::Error> = OnceLock::new();

fn answer(text: &str) {
    match writeln!(io::stdout(), "{text}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => drop(LOST.set(error)),
        _ => {}
    }
}

/// Whether all answers could be written.
///
/// # Errors
/// The system's error for the first that could not.
pub fn check() -> Result<()> {
    LOST.get().map_or(Ok(()), |error| Err(Failure::writing(Path::new("standard output"), error)))
}

/// Says why the command ends, whatever else is silenced.
pub fn error(text: &str) {
    // One line, also where a file's name holds line breaks.
    line(&format!("error: {}", text.replace(['\n', '\r'], " ")));
}

fn line(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Whether stderr is a terminal, on which a bar may be drawn.
pub fn is_terminal() -> bool {
    io::stderr().is_terminal()
}

/// A number for JSON, which is null for NaN and infinities.
pub fn number(value: f64) -> Value {
    Number::from_f64(value).map_or(Value::Null, Value::Number)
}

/// A duration in words, such as "45 s", "12 min" or "3 h 20 min".
pub fn duration(seconds: f64) -> String {
    if !seconds.is_finite() {
        return "unknown time".into();
    }
    let whole = seconds.round() as u64;
    match whole {
        0..10 => format!("{seconds:.1} s"),
        10..100 => format!("{whole} s"),
        100..6000 => format!("{} min", (seconds / 60.0).round()),
        _ => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}

/// A number of bytes in words, such as "812 MiB".
pub fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", bytes.div_ceil(1 << 20))
}
