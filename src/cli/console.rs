//! What the command says: notes and warnings on stderr, JSON lines on stdout. Nothing here fails: a closed
//! terminal or pipe must not end hours of work.

use crate::failure::{Failure, Result};
use serde_json::{Number, Value};
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::sync::OnceLock;

/// How much to say, and in which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Console {
    pub is_quiet: bool,
    pub is_json: bool,
}

impl Console {
    /// Something worth knowing.
    pub fn note(&self, text: &str) {
        if !self.is_quiet {
            line(text);
        }
    }

    /// Something that is not as the user may expect.
    pub fn warn(&self, about: &str, text: &str) {
        if !self.is_quiet {
            line(&format!("warning: {about}: {text}"));
        }
    }

    /// One JSON object, where they are asked for.
    pub fn record(&self, value: &Value) {
        if self.is_json {
            answer(&value.to_string());
        }
    }

    /// A result that was asked for, on stdout.
    pub fn answer(&self, text: &str) {
        if !self.is_json {
            answer(text);
        }
    }
}

/// The first answer that did not arrive, unless nobody wanted to read it.
static LOST: OnceLock<io::Error> = OnceLock::new();

fn answer(text: &str) {
    match writeln!(io::stdout(), "{text}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => drop(LOST.set(error)),
        _ => {}
    }
}

/// Whether all answers arrived.
///
/// # Errors
/// As the system says.
pub fn check() -> Result<()> {
    LOST.get().map_or(Ok(()), |error| Err(Failure::writing(Path::new("standard output"), error)))
}

/// Why the command ends, whatever else is silenced.
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

/// A number for JSON: null where it is NaN or infinite.
pub fn number(value: f64) -> Value {
    Number::from_f64(value).map_or(Value::Null, Value::Number)
}

/// "45 s", "12 min", "3 h 20 min".
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

/// "812 MiB".
pub fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", bytes.div_ceil(1 << 20))
}
