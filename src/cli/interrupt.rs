//! Ctrl-C: the first ends the running step and lets the best picture be saved, the second ends at once.

use crate::console;
use crate::failure::{Failure, Result, Status};
use dipkit::session::Session;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

static IS_REQUESTED: AtomicBool = AtomicBool::new(false);
/// Whether the command waits for a pipe that may never say anything.
static IS_WAITING: AtomicBool = AtomicBool::new(false);
static SESSION: Mutex<Option<Arc<Session>>> = Mutex::new(None);

/// Takes over from the system Ctrl-C and the requests to end or to hang up.
///
/// # Errors
/// The system refuses to hand them over.
pub fn install() -> Result<()> {
    take_signals().map_err(|error| Failure::new(Status::Internal, format!("Ctrl-C: {error}")))
}

/// Takes the signals. What the caller ignores stays ignored: `nohup` ignores a terminal that closes, `&` in a script
/// Ctrl-C.
#[cfg(unix)]
fn take_signals() -> io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let ignored = ignored_signals();
    let taken = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| ignored >> (signal - 1) & 1 == 0);
    let mut signals = signal_hook::iterator::Signals::new(taken)?;
    // A file that may not grow further is an error to report, not the end.
    signal_hook::flag::register(libc::SIGXFSZ, Arc::default())?;
    std::thread::Builder::new().name("signals".into()).spawn(move || signals.forever().for_each(|_| request()))?;
    Ok(())
}

/// The ignored signals, a bit for each from the first signal on; none where the system does not say.
#[cfg(unix)]
fn ignored_signals() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

#[cfg(not(unix))]
fn take_signals() -> io::Result<()> {
    ctrlc::set_handler(request).map_err(io::Error::other)
}

fn request() {
    if IS_REQUESTED.swap(true, Ordering::SeqCst) {
        std::process::exit(Status::Interrupted as i32);
    }
    if IS_WAITING.load(Ordering::SeqCst) {
        console::error("stopped; nothing had been read");
        std::process::exit(Status::Interrupted as i32);
    }
    if let Some(session) = watched().as_ref() {
        session.cancel();
    }
}

/// Waits for something that may never come, during which Ctrl-C ends the command at once.
pub fn while_waiting<T>(wait: impl FnOnce() -> T) -> T {
    IS_WAITING.store(true, Ordering::SeqCst);
    let come = wait();
    IS_WAITING.store(false, Ordering::SeqCst);
    come
}

/// Cancels this session on Ctrl-C from now on, and at once if Ctrl-C was pressed before.
pub fn watch(session: &Arc<Session>) {
    *watched() = Some(session.clone());
    if is_requested() {
        session.cancel();
    }
}

/// Stops watching the session and lets it go.
pub fn forget() {
    *watched() = None;
}

/// Whether Ctrl-C was pressed.
pub fn is_requested() -> bool {
    IS_REQUESTED.load(Ordering::SeqCst)
}

fn watched() -> std::sync::MutexGuard<'static, Option<Arc<Session>>> {
    // A panic elsewhere leaves the session as good as it was.
    SESSION.lock().unwrap_or_else(PoisonError::into_inner)
}
