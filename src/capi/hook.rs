//! The panic hook, the one thing that the C library installs in its process. Rust's own hook writes
//! to the host's stderr before the boundary can stop a panic.

use super::module;
use std::cell::{Cell, RefCell};
use std::panic::PanicHookInfo;
use std::sync::Once;

thread_local! {
    /// Calls of ours that are on this thread's stack.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    /// Where this thread's last panic happened.
    static PLACE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Names of the session's pool threads start so.
const POOL_THREAD: &str = "dipkit";

/// While it lives, panics of this thread are ours and print nothing.
pub struct Inside(());

impl Inside {
    pub fn enter() -> Inside {
        install();
        // No thread-locals any more in a thread that is going away: then the panic would be printed.
        let _ = DEPTH.try_with(|depth| depth.set(depth.get() + 1));
        Inside(())
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        let _ = DEPTH.try_with(|depth| depth.set(depth.get().saturating_sub(1)));
    }
}

/// File and line of this thread's last panic inside a call; "" if it happened elsewhere.
pub fn take_place() -> String {
    PLACE.try_with(RefCell::take).unwrap_or_default()
}

fn install() {
    static INSTALLED: Once = Once::new();
    // A panicking thread may not change the hook; the next call will.
    if std::thread::panicking() {
        return;
    }
    INSTALLED.call_once(|| {
        module::keep();
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| if is_ours() { keep_place(panic) } else { previous(panic) }));
    });
}

fn is_ours() -> bool {
    let is_inside = DEPTH.try_with(|depth| depth.get() > 0).unwrap_or(false);
    is_inside || std::thread::current().name().is_some_and(|name| name.starts_with(POOL_THREAD))
}

fn keep_place(panic: &PanicHookInfo) {
    let Some(location) = panic.location() else { return };
    let place = format!("{}:{}", location.file(), location.line());
    let _ = PLACE.try_with(|kept| kept.replace(place));
}
