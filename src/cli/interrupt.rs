//! Requests to end: the first ends the running step and lets the checkpoint or the best picture be saved, and Ctrl-C a
//! second time ends at once.

use crate::console;
use crate::failure::{Failure, Result, Status};
use dipkit::session::Session;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Who asks the command to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requester {
    /// Somebody at a terminal, with Ctrl-C or by closing it.
    User,
    /// A program that starts others and stops them, such as a scheduler, with SIGTERM or SIGUSR1.
    Scheduler,
}

/// Who asked first.
static REQUESTER: OnceLock<Requester> = OnceLock::new();
/// Whether the command waits for a pipe that may never say anything.
static IS_WAITING: AtomicBool = AtomicBool::new(false);
static SESSION: Mutex<Option<Arc<Session>>> = Mutex::new(None);
/// Whether the picture in work belongs to another worker by now.
static IS_WITHDRAWN: AtomicBool = AtomicBool::new(false);
/// What is to be done before the command ends at once.
static LAST_ACT: Mutex<Option<Box<dyn FnOnce() + Send>>> = Mutex::new(None);

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
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
    let ignored = ignored_signals();
    let taken = [SIGINT, SIGTERM, SIGHUP, SIGUSR1].into_iter().filter(|signal| ignored >> (signal - 1) & 1 == 0);
    let mut signals = signal_hook::iterator::Signals::new(taken)?;
    // A file that may not grow further is an error to report, not the end.
    signal_hook::flag::register(libc::SIGXFSZ, Arc::default())?;
    let requester = |signal| match signal {
        SIGTERM | SIGUSR1 => Requester::Scheduler,
        _ => Requester::User,
    };
    let heed = move || signals.forever().for_each(|signal| request(requester(signal)));
    std::thread::Builder::new().name("signals".into()).spawn(heed)?;
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
    ctrlc::set_handler(|| request(Requester::User)).map_err(io::Error::other)
}

fn request(requester: Requester) {
    let is_first = REQUESTER.set(requester).is_ok();
    match requester {
        Requester::User if !is_first => end_at_once(),
        // Schedulers ask several times within a second, and kill whom they are tired of.
        Requester::User | Requester::Scheduler => {}
    }
    if IS_WAITING.load(Ordering::SeqCst) {
        console::error("stopped; nothing had been read");
        end_at_once();
    }
    cancel();
}

fn end_at_once() -> ! {
    let act = LAST_ACT.lock().unwrap_or_else(PoisonError::into_inner).take();
    act.into_iter().for_each(|act| act());
    std::process::exit(Status::Interrupted as i32);
}

/// Does this, in place of anything earlier, if the command ends at once.
pub fn on_sudden_end(act: impl FnOnce() + Send + 'static) {
    *LAST_ACT.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(act));
}

/// Ends the fit of a picture that belongs to another worker by now.
pub fn withdraw() {
    IS_WITHDRAWN.store(true, Ordering::SeqCst);
    cancel();
}

/// Whether the picture in work belongs to another worker by now.
pub fn is_withdrawn() -> bool {
    IS_WITHDRAWN.load(Ordering::SeqCst)
}

/// Forgets a withdrawal, since the next picture is another one.
pub fn forget_withdrawal() {
    IS_WITHDRAWN.store(false, Ordering::SeqCst);
}

/// Whether the fit in work is to end, for whatever reason.
pub fn is_fit_over() -> bool {
    is_requested() || is_withdrawn()
}

fn cancel() {
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

/// Cancels this session as soon as its fit is to end, which may be at once.
pub fn watch(session: &Arc<Session>) {
    *watched() = Some(session.clone());
    if is_fit_over() {
        session.cancel();
    }
}

/// Stops watching the session and lets it go.
pub fn forget() {
    *watched() = None;
}

/// Whether anybody asked the command to end.
pub fn is_requested() -> bool {
    REQUESTER.get().is_some()
}

/// The status of a command that was asked to end, whose work goes on from a checkpoint when it is started again.
pub fn status_with_checkpoint() -> Status {
    match REQUESTER.get() {
        Some(Requester::Scheduler) => Status::Suspended,
        Some(Requester::User) | None => Status::Interrupted,
    }
}

fn watched() -> std::sync::MutexGuard<'static, Option<Arc<Session>>> {
    // A panic elsewhere leaves the session as good as it was.
    SESSION.lock().unwrap_or_else(PoisonError::into_inner)
}
