//! What a `DipSession *` points to, and who may use it: not a stranger, not after destroy, not in
//! the child of a fork, and not after a panic.

use super::types::DipSession;
use crate::error::{Error, Result};
use crate::session::Session;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// `repr(C)` keeps the tag behind the 16 bytes that an allocator writes into freed memory, so that
/// most uses after destroy are told, not crashed.
#[repr(C)]
struct Handle {
    session: Box<Session>,
    process: u32,
    /// A call panicked or met a bug.
    is_broken: AtomicBool,
    tag: AtomicU64,
}

const LIVE: u64 = u64::from_be_bytes(*b"dipkit:)");
const DESTROYED: u64 = u64::from_be_bytes(*b"dipkit:(");

/// Whether a call still makes sense on a session that a bug has hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    Sound,
    /// Reading the published picture.
    Anything,
}

/// Any thread may call any function.
const _: () = {
    const fn assert_shared<T: Send + Sync>() {}
    assert_shared::<Session>();
};

/// Gives a session to the program, until [`destroy`].
pub fn give(session: Session) -> *mut DipSession {
    Box::into_raw(Box::new(Handle {
        session: Box::new(session),
        process: std::process::id(),
        is_broken: AtomicBool::new(false),
        tag: AtomicU64::new(LIVE),
    }))
    .cast()
}

/// Runs `body` on a session, and marks it where a bug shows.
///
/// # Errors
/// `InvalidArgument` for NULL or a pointer to something else, `Unsupported` in a forked child,
/// `Internal` on a session that a bug has hit, and those of `body`.
///
/// # Safety
/// `session` is NULL or from [`give`], and not being destroyed.
pub unsafe fn with(session: *mut DipSession, need: Need, body: impl FnOnce(&Session) -> Result<()>) -> Result<()> {
    // SAFETY: as this function's own promise.
    let handle = unsafe { borrow(session) }?;
    if handle.process != std::process::id() {
        return Err(Error::Unsupported("the session belongs to the parent process: create one after the fork".into()));
    }
    if need == Need::Sound && handle.is_broken.load(Ordering::Acquire) {
        return Err(Error::Internal(
            "the session failed in an earlier call and takes only preview and destroy now".into(),
        ));
    }
    let marked = MarkPanic(&handle.is_broken);
    let result = body(&handle.session);
    std::mem::forget(marked);
    if let Err(Error::Internal(_)) = result {
        handle.is_broken.store(true, Ordering::Release);
    }
    result
}

/// Cancels; touches nothing but memory that is there already, so that a signal handler may do it.
///
/// # Safety
/// As [`with`].
pub unsafe fn cancel(session: *mut DipSession) {
    // SAFETY: as this function's own promise.
    if let Some(handle) = unsafe { find(session) } {
        handle.session.cancel();
    }
}

/// Ends a session; NULL is allowed. In a forked child its threads do not exist, so nothing waits for
/// them there: the memory is left.
///
/// # Errors
/// `InvalidArgument` for a pointer to something else.
///
/// # Safety
/// As [`with`], and no other call on the session is left.
pub unsafe fn destroy(session: *mut DipSession) -> Result<()> {
    if session.is_null() {
        return Ok(());
    }
    // SAFETY: as this function's own promise.
    let handle = unsafe { borrow(session) }?;
    if handle.process != std::process::id() {
        return Ok(());
    }
    handle.tag.store(DESTROYED, Ordering::Release);
    // SAFETY: the tag says that `give` made it and nobody destroyed it; the caller, that nobody uses it.
    drop(unsafe { Box::from_raw(session.cast::<Handle>()) });
    Ok(())
}

unsafe fn borrow<'a>(session: *mut DipSession) -> Result<&'a Handle> {
    super::sized::refuse_null(session, "session")?;
    // SAFETY: as this function's own promise.
    unsafe { find(session) }.ok_or_else(|| Error::invalid("session points to no session, or to a destroyed one"))
}

unsafe fn find<'a>(session: *mut DipSession) -> Option<&'a Handle> {
    let handle = session.cast::<Handle>();
    if handle.is_null() || !handle.is_aligned() {
        return None;
    }
    // SAFETY: the header asks for a session of dip_create that is not destroyed; where a program breaks
    // that, the memory is mostly still there and its tag tells.
    let tag = unsafe { (*handle).tag.load(Ordering::Acquire) };
    // SAFETY: the tag says that `give` made it.
    (tag == LIVE).then(|| unsafe { &*handle })
}

/// Dropped only while a panic passes.
struct MarkPanic<'a>(&'a AtomicBool);

impl Drop for MarkPanic<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}
