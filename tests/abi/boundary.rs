//! A planted panic, from inside: nothing in the shipped library can be made to panic from C.

use dipkit::Error;
use dipkit::capi::boundary::{boundary, last_error, value_or};
use dipkit::capi::handle::{self, Need};
use dipkit::capi::types::*;
use dipkit::options::{Options, Quality, Task};
use dipkit::pixels::{Layout, Sample, Size, import};
use dipkit::session::{Inputs, Output, Session};
use std::ffi::CStr;
use std::panic;
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Panics of this module's threads that reached the hook that was there before the library's.
static REACHED_HOST: AtomicUsize = AtomicUsize::new(0);
const OF_THE_HOST: &str = "planted in the host";
const OF_THE_LIBRARY: &str = "planted in the library";

/// The host's hook is set before the first call into the library, as a host would.
fn with_host_hook() {
    static SET: Once = Once::new();
    SET.call_once(|| {
        let of_the_test_runner = panic::take_hook();
        panic::set_hook(Box::new(move |panic| match panic.payload().downcast_ref::<&str>() {
            Some(&(OF_THE_HOST | OF_THE_LIBRARY)) => {
                REACHED_HOST.fetch_add(1, Ordering::SeqCst);
            }
            _ => of_the_test_runner(panic),
        }));
        assert_eq!(boundary(|| Ok(())), DIP_OK);
    });
}

fn text() -> String {
    // SAFETY: the library gives a NUL-terminated text that lives until this thread's next failure.
    unsafe { CStr::from_ptr(last_error()) }.to_str().unwrap().to_owned()
}

/// One test, since the counter is one for the process.
#[test]
fn panic_becomes_a_status_and_only_the_hosts_own_reach_its_hook() {
    with_host_hook();
    assert_eq!(boundary(|| panic!("{OF_THE_LIBRARY}")), DIP_ERROR_INTERNAL);
    assert!(text().starts_with("internal error: planted in the library, at tests/abi/boundary.rs:"), "{}", text());
    assert_eq!(value_or(7, || panic::panic_any(1u8)), 7);
    assert!(text().starts_with("internal error: panic, at"), "{}", text());
    let in_pool = thread::Builder::new().name("dipkit-0".into()).spawn(|| panic::panic_any(OF_THE_LIBRARY)).unwrap();
    assert!(in_pool.join().is_err());
    assert_eq!(REACHED_HOST.load(Ordering::SeqCst), 0);
    assert!(thread::spawn(|| panic::panic_any(OF_THE_HOST)).join().is_err());
    assert_eq!(REACHED_HOST.load(Ordering::SeqCst), 1);
}

#[test]
fn panic_in_a_drop_behind_a_call_is_caught() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("in a drop");
        }
    }
    with_host_hook();
    assert_eq!(
        boundary(|| {
            let _bomb = Bomb;
            Ok(())
        }),
        DIP_ERROR_INTERNAL
    );
    assert!(text().contains("in a drop"));
}

#[test]
fn calls_go_on_after_a_panic() {
    with_host_hook();
    assert_eq!(boundary(|| panic!("once")), DIP_ERROR_INTERNAL);
    assert_eq!(boundary(|| Ok(())), DIP_OK);
    assert!(text().contains("once"), "a call that succeeds leaves the text");
    assert_eq!(boundary(|| Err(Error::Cancelled)), DIP_CANCELLED);
    assert_eq!(text(), "");
}

#[test]
fn every_error_has_its_status_and_text() {
    with_host_hook();
    let out_of_memory = Error::OutOfMemory { needed_bytes: 3 << 20, limit_bytes: 1 << 20, limit: "memory_limit" };
    let io = Error::Io { path: "a.png".into(), message: "gone".into() };
    for (error, status, words) in [
        (Error::invalid("x is 9"), DIP_ERROR_INVALID_ARGUMENT, "x is 9"),
        (Error::invalid("a\0b"), DIP_ERROR_INVALID_ARGUMENT, "a?b"),
        (Error::Unsupported("not yet".into()), DIP_ERROR_UNSUPPORTED, "not yet"),
        (out_of_memory, DIP_ERROR_OUT_OF_MEMORY, "3 MiB"),
        (Error::Device { op: "conv", message: "lost".into() }, DIP_ERROR_DEVICE, "conv failed: lost"),
        (Error::Diverged { iteration: 7, loss: 9.0 }, DIP_ERROR_DIVERGED, "iteration 7"),
        (io, DIP_ERROR_IO, "a.png: gone"),
        (Error::Internal("odd".into()), DIP_ERROR_INTERNAL, "odd"),
    ] {
        assert_eq!(boundary(|| Err(error)), status);
        assert!(text().contains(words), "{} lacks {words}", text());
    }
}

fn tiny_session() -> *mut DipSession {
    let mut options = Options::new(Task::Denoise, Quality::Fast);
    for (name, value) in
        [("iterations", "4"), ("channels", "4"), ("channels_deepest", "4"), ("scales", "1"), ("threads", "1")]
    {
        dipkit::options::set(&mut options, name, value).unwrap();
    }
    let image = import(&Layout::packed(Size::new(8, 8), 1, Sample::U8), 0, &[100; 64]).unwrap();
    handle::give(Session::create(&options, Inputs { image, mask: None, guide: None }).unwrap())
}

/// As the exported functions do.
fn call(session: *mut DipSession, need: Need, body: impl FnOnce(&Session) -> dipkit::Result<()>) -> DipStatus {
    // SAFETY: each test passes a session that it destroys at its end.
    boundary(|| unsafe { handle::with(session, need, body) })
}

fn preview(session: &Session) -> dipkit::Result<()> {
    session.preview(Output::Result, &Layout::packed(Size::new(8, 8), 1, Sample::U8), 0, &mut [0; 64])
}

#[test]
fn session_that_panicked_gives_its_picture_and_nothing_else() {
    with_host_hook();
    let (broken, sound) = (tiny_session(), tiny_session());
    assert_eq!(call(broken, Need::Sound, |session| session.step(1).map(|_| ())), DIP_OK);
    assert_eq!(call(broken, Need::Sound, |_| panic!("in a step")), DIP_ERROR_INTERNAL);
    assert!(text().contains("in a step"));
    assert_eq!(call(broken, Need::Sound, |session| session.step(1).map(|_| ())), DIP_ERROR_INTERNAL);
    assert!(text().contains("takes only preview and destroy"), "{}", text());
    assert_eq!(call(broken, Need::Anything, preview), DIP_OK);
    assert_eq!(call(sound, Need::Sound, |session| session.step(1).map(|_| ())), DIP_OK);
    for session in [broken, sound] {
        // SAFETY: from `give`, and used by nobody any more.
        assert_eq!(boundary(|| unsafe { handle::destroy(session) }), DIP_OK);
    }
}

#[test]
fn session_that_met_a_bug_is_broken_too_but_not_by_a_wrong_argument() {
    with_host_hook();
    let session = tiny_session();
    assert_eq!(call(session, Need::Sound, |_| Err(Error::invalid("x is 9"))), DIP_ERROR_INVALID_ARGUMENT);
    assert_eq!(call(session, Need::Sound, |_| Ok(())), DIP_OK);
    assert_eq!(call(session, Need::Anything, |_| Err(Error::Internal("odd".into()))), DIP_ERROR_INTERNAL);
    assert_eq!(call(session, Need::Sound, |_| Ok(())), DIP_ERROR_INTERNAL);
    // SAFETY: from `give`, and used by nobody any more.
    assert_eq!(boundary(|| unsafe { handle::destroy(session) }), DIP_OK);
}
