//! What a session does where a card, its driver or its memory fails: it says so, and all that it has stays.

use dipkit::Error;
use dipkit::options::{DeviceKind, Options};
use dipkit::session::{Metrics, Output, Session, describe, is_available};

use super::cases::{self, Case};
use super::sessions::{open, restored, shown};
use super::stand_in::StandIn;

fn case() -> Case {
    cases::tiny()
}

fn on(device: DeviceKind) -> Options {
    Options { device, ..case().options }
}

/// A driver or a card that cannot be used: the settings, and what is said of it.
const UNUSABLE: [(&str, &str, &str); 4] = [
    ("DEVICES", "0", "there is no NVIDIA card"),
    ("DRIVER_VERSION", "11030", "of CUDA 11.3, is older than driver 470, of CUDA 11.4"),
    ("CAPABILITY", "70", "has compute capability 7.0, which is older than 7.5"),
    ("INIT_ERROR", "803", "803"),
];

#[test]
fn what_cannot_be_used_is_named_and_the_cpu_takes_its_place() {
    let Some(stand_in) = StandIn::alone() else { return };
    for (setting, value, words) in UNUSABLE {
        stand_in.set(setting, value);
        assert!(!is_available(DeviceKind::Cuda, 0), "{setting}");
        let text = describe(DeviceKind::Cuda, 0);
        assert!(text.contains(words), "{setting}: {text}");
        let error = open(&on(DeviceKind::Cuda), &case()).err().unwrap();
        assert!(matches!(&error, Error::Unsupported(text) if text.contains(words)), "{setting}: {error}");
        assert_eq!(restored(&on(DeviceKind::Auto), &case()).0.device, DeviceKind::Cpu, "{setting}");
        stand_in.set(setting, "");
    }
    assert_eq!(restored(&on(DeviceKind::Auto), &case()).0.device, DeviceKind::Cuda);
}

#[test]
fn kernels_that_the_driver_refuses_are_named_and_the_cpu_takes_their_place() {
    let Some(stand_in) = StandIn::alone() else { return };
    for code in ["218", "222", "209"] {
        stand_in.set("PTX_ERROR", code);
        let error = open(&on(DeviceKind::Cuda), &case()).err().unwrap();
        assert!(matches!(error, Error::Device { .. } | Error::Unsupported(_)), "{code}: {error}");
        assert!(error.to_string().contains("kernels"), "{code}: {error}");
        assert_eq!(restored(&on(DeviceKind::Auto), &case()).0.device, DeviceKind::Cpu, "{code}");
    }
}

/// Before any of it is taken, and with both numbers.
#[test]
fn too_little_memory_is_told_and_the_cpu_takes_its_place() {
    let Some(stand_in) = StandIn::alone() else { return };
    stand_in.leave_free(50_000);
    stand_in.forget();
    match open(&on(DeviceKind::Cuda), &case()).err().unwrap() {
        Error::OutOfMemory { needed_bytes, limit_bytes, limit } => {
            assert!(needed_bytes > limit_bytes && limit_bytes == 50_000, "{needed_bytes} of {limit_bytes}");
            assert_eq!(limit, dipkit::error::CARD_MEMORY);
        }
        error => panic!("{error}"),
    }
    let session = open(&on(DeviceKind::Auto), &case()).unwrap();
    assert_eq!(session.metrics().device, DeviceKind::Cpu);
    let reason = session.unused_card().unwrap();
    assert!(reason.contains("the graphics card's free memory allows 50000 bytes"), "{reason}");
    assert_eq!(stand_in.count("allocations"), 0);
    assert!(shown_after(&session, 3) == shown_after(&open(&on(DeviceKind::Cpu), &case()).unwrap(), 3));
}

fn shown_after(session: &Session, iterations: u32) -> Vec<f32> {
    session.step(iterations).unwrap();
    shown(session, Output::Result)
}

/// What fails at once: the setting, and its value.
const AT_ONCE: [(&str, &str); 5] =
    [("FAIL_REPLAY", "1"), ("FAIL_REPLAY", "1:719"), ("FAIL_WAIT", "1"), ("FAIL_COPY", "1"), ("LOST_AFTER", "0")];

#[test]
fn a_card_that_fails_in_a_fit_leaves_the_last_picture() {
    let Some(stand_in) = StandIn::alone() else { return };
    let whole = restored(&on(DeviceKind::Cuda), &case()).1;
    let on_cpu = restored(&on(DeviceKind::Cpu), &case()).1;
    for (setting, value) in AT_ONCE {
        let what = format!("{setting}={value}");
        let session = open(&on(DeviceKind::Cuda), &case()).unwrap();
        let shown = || (counts(&session), [Output::Result, Output::Latest].map(|output| shown(&session, output)));
        session.step(3).unwrap();
        let before = shown();
        stand_in.fail(setting, value);
        let error = session.step(10).unwrap_err();
        assert!(matches!(error, Error::Device { .. }), "{what}: {error}");
        assert!(error.to_string().contains("device cpu"), "{what}: {error}");
        assert!(shown() == before, "{what}");
        // It may be tried again, whatever comes of it.
        let _ = session.step(1);
        assert!(restored(&on(DeviceKind::Cpu), &case()).1 == on_cpu, "{what}");
        drop(session);
        stand_in.set(setting, "");
        stand_in.forget();
        assert!(restored(&on(DeviceKind::Cuda), &case()).1 == whole, "{what}");
    }
}

fn counts(session: &Session) -> [u32; 3] {
    let Metrics { iteration, best_iteration, jobs_done, .. } = session.metrics();
    [iteration, best_iteration, jobs_done]
}

#[test]
fn a_card_that_is_lost_in_the_middle_of_a_step_leaves_a_picture() {
    let Some(stand_in) = StandIn::alone() else { return };
    for kernels in ["70", "300", "777"] {
        let session = open(&on(DeviceKind::Cuda), &case()).unwrap();
        session.step(3).unwrap();
        stand_in.fail("LOST_AFTER", kernels);
        assert!(matches!(session.step(17), Err(Error::Device { .. })), "{kernels}");
        assert!(counts(&session)[0] >= 3, "{kernels}");
        let result = shown(&session, Output::Result);
        assert!(
            result.iter().all(|sample| sample.is_finite()) && result != shown(&session, Output::Input),
            "{kernels}"
        );
        stand_in.set("LOST_AFTER", "");
        stand_in.forget();
    }
}

/// The same where a fit begins.
const AT_THE_START: [(&str, &str); 4] =
    [("FAIL_COPY", "1"), ("FAIL_WAIT", "1"), ("FAIL_LAUNCH", "5"), ("FAIL_INSTANTIATION", "1")];

#[test]
fn a_card_that_fails_at_the_start_is_told() {
    let Some(stand_in) = StandIn::alone() else { return };
    // Whatever is done once for a card has been done.
    let whole = restored(&on(DeviceKind::Cuda), &case()).1;
    for (setting, value) in AT_THE_START {
        stand_in.fail(setting, value);
        let outcome = open(&on(DeviceKind::Cuda), &case()).and_then(|session| session.step(3));
        assert!(matches!(outcome, Err(Error::Device { .. })), "{setting}: {outcome:?}");
        stand_in.set(setting, "");
        stand_in.forget();
        assert!(restored(&on(DeviceKind::Cuda), &case()).1 == whole, "{setting}");
    }
}

/// Its free memory may be in pieces.
#[test]
fn memory_that_cannot_be_had_after_all_is_told() {
    let Some(stand_in) = StandIn::alone() else { return };
    restored(&on(DeviceKind::Cuda), &case());
    stand_in.fail("FAIL_ALLOCATION", "1");
    let error = open(&on(DeviceKind::Cuda), &case()).err().unwrap();
    assert!(matches!(error, Error::OutOfMemory { limit: dipkit::error::CARD_MEMORY, .. }), "{error}");
}
