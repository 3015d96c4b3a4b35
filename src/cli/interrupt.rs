//! Ctrl-C: the first ends the running step and lets the best picture be saved, the second ends at once.

use super::failure::{Failure, Result, Status};
use dipkit::session::Session;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

static IS_REQUESTED: AtomicBool = AtomicBool::new(false);
static SESSION: Mutex<Option<Arc<Session>>> = Mutex::new(None);

/// Takes Ctrl-C, and requests to end or to hang up, over from the system.
///
/// # Errors
/// The system refuses.
pub fn install() -> Result<()> {
    let handler = || {
        if IS_REQUESTED.swap(true, Ordering::SeqCst) {
            std::process::exit(Status::Interrupted as i32);
        }
        if let Some(session) = watched().as_ref() {
            session.cancel();
        }
    };
    ctrlc::set_handler(handler).map_err(|error| Failure::new(Status::Internal, format!("Ctrl-C: {error}")))
}

/// Cancels this session on Ctrl-C from now on, and at once where it was pressed before.
pub fn watch(session: &Arc<Session>) {
    *watched() = Some(session.clone());
    if is_requested() {
        session.cancel();
    }
}

/// Lets the session go.
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
