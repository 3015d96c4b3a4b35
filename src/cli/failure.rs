//! Why the command ends early: an exit status that a script can act on, and one line for people.

use dipkit::error::CARD_MEMORY;
use dipkit::{Error, options};
use std::io;
use std::path::Path;

/// The result of every function of the command that can fail.
pub type Result<T> = std::result::Result<T, Failure>;

/// The exit status of the command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Internal = 1,
    /// Something the user can put right: a flag, a file, a size.
    WrongInput = 2,
    /// Some pictures of a batch failed.
    SomeFailed = 3,
    OutOfMemory = 4,
    Diverged = 5,
    DiskFull = 6,
    /// A scheduler stopped the command, which goes on from its checkpoint when it is started again: EX_TEMPFAIL of
    /// sysexits.h.
    Suspended = 75,
    /// Ctrl-C; shells report the same status for a program that SIGINT has ended.
    Interrupted = 130,
}

impl Status {
    /// Whether somebody asked the command to end.
    pub fn is_request(self) -> bool {
        match self {
            Status::Suspended | Status::Interrupted => true,
            Status::Internal
            | Status::WrongInput
            | Status::SomeFailed
            | Status::OutOfMemory
            | Status::Diverged
            | Status::DiskFull => false,
        }
    }
}

/// Why the command ends early: a status, and a line that says what happened and what to do.
#[derive(Debug, Clone)]
pub struct Failure {
    pub status: Status,
    pub text: String,
}

impl Failure {
    /// A failure with this status and text.
    pub fn new(status: Status, text: impl Into<String>) -> Self {
        Failure { status, text: text.into() }
    }

    /// A failure with [`Status::WrongInput`].
    pub fn wrong_input(text: impl Into<String>) -> Self {
        Failure::new(Status::WrongInput, text)
    }

    /// Puts the name of the file in question before the text.
    pub fn about(mut self, name: &str) -> Self {
        self.text = format!("{name}: {}", self.text);
        self
    }

    /// Adds what has become of the work so far.
    pub fn and(mut self, outcome: &str) -> Self {
        self.text = format!("{}; {outcome}", self.text);
        self
    }

    /// The failure of reading a file.
    pub fn reading(path: &Path, error: &io::Error) -> Self {
        let reason = match error.kind() {
            io::ErrorKind::NotFound => "there is no such file".into(),
            io::ErrorKind::PermissionDenied => "may not be read: check its permissions".into(),
            io::ErrorKind::IsADirectory => "is a folder, not a picture".into(),
            _ => format!("cannot be read ({error})"),
        };
        Failure::wrong_input(reason).about(&path.display().to_string())
    }

    /// The failure of writing a file.
    pub fn writing(path: &Path, error: &io::Error) -> Self {
        let name = path.display().to_string();
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Failure::new(Status::DiskFull, "the disk is full").about(&name)
            }
            io::ErrorKind::FileTooLarge => {
                Failure::new(Status::DiskFull, "may not grow so large: raise the limit on files (ulimit -f)")
                    .about(&name)
            }
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Failure::wrong_input("may not be written: choose another place or change its permissions").about(&name)
            }
            _ => Failure::wrong_input(format!("cannot be written ({error})")).about(&name),
        }
    }
}

/// Writes options in an engine's message as flags. Names of one word are left alone, since they may mean something
/// else, but for the device that does without a graphics card.
fn flagged(text: String) -> String {
    let text = text.replace("the device cpu", "--device cpu");
    let names = options::rows().iter().map(|row| row.name).filter(|name| name.contains('_'));
    names.fold(text, |text, name| text.replace(name, &format!("--{}", name.replace('_', "-"))))
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let status = match error {
            Error::InvalidArgument(_) | Error::Unsupported(_) | Error::Io { .. } => Status::WrongInput,
            Error::OutOfMemory { .. } => Status::OutOfMemory,
            Error::Diverged { .. } => Status::Diverged,
            Error::Device { .. } | Error::Internal(_) => Status::Internal,
            Error::Cancelled => Status::Interrupted,
        };
        // The engine's text says that the best picture is kept. The command adds where, so that is left out here.
        let text = match error {
            Error::Diverged { iteration, loss } => format!(
                "the fit diverged at iteration {iteration} (loss {loss}): try a smaller --learning-rate or another --seed"
            ),
            error => flagged(error.to_string()),
        };
        Failure::new(status, text)
    }
}

/// Why there is no session, with what to do where there is too little memory for it.
pub fn session_refused(error: Error) -> Failure {
    let advice = match error {
        Error::OutOfMemory { limit: CARD_MEMORY, .. } => "nothing was written: use --tile-size 512 or --device cpu",
        Error::OutOfMemory { .. } => {
            "nothing was written: use a smaller picture, fewer channels or a larger --memory-limit"
        }
        _ => return Failure::from(error),
    };
    Failure::from(error).and(advice)
}
