//! What an executor keeps, gives away and takes back goes on to the same bits.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use dipkit::exec::{Executor, Reading};

use super::cases;
use super::runs::{Bits, bits, iterate, iterate_until, open, picture_bits};
use super::stand_in::StandIn;

#[test]
fn a_restored_checkpoint_goes_on_to_the_same_bits() {
    let Some(stand_in) = StandIn::alone() else { return };
    for case in cases::few() {
        let mut executor = open(&stand_in, &case.graph());
        iterate(&mut executor, 1, 2);
        executor.checkpoint().unwrap();
        let kept = bits(&executor);
        iterate(&mut executor, 3, 2);
        let expected = bits(&executor);
        assert!(expected != kept, "{}", case.name);
        Bits::of(&executor.checkpoint_state().unwrap()).assert_are(&kept, case.name);
        executor.restore().unwrap();
        bits(&executor).assert_are(&kept, case.name);
        iterate(&mut executor, 3, 2);
        bits(&executor).assert_are(&expected, case.name);
    }
}

#[test]
fn a_state_goes_on_in_another_executor_to_the_same_bits() {
    let Some(stand_in) = StandIn::alone() else { return };
    for case in cases::few() {
        let graph = case.graph();
        let mut first = open(&stand_in, &graph);
        iterate(&mut first, 1, 2);
        first.snapshot().unwrap();
        let mut second = open(&stand_in, &graph);
        second.load(&first.state().unwrap()).unwrap();
        bits(&second).assert_are(&bits(&first), case.name);
        let scalars = [&mut first, &mut second].map(|executor| iterate(executor, 3, 3));
        assert_eq!(scalars[0], scalars[1], "{}", case.name);
        bits(&second).assert_are(&bits(&first), case.name);
        assert!(picture_bits(&second, &graph, Reading::Snapshot) == picture_bits(&first, &graph, Reading::Snapshot));
    }
}

#[test]
fn a_snapshot_is_the_average_of_its_moment() {
    let Some(stand_in) = StandIn::alone() else { return };
    let graph = cases::named("white noise").graph();
    let mut executor = open(&stand_in, &graph);
    assert!(executor.snapshot().is_err() && executor.restore().is_err());
    iterate(&mut executor, 1, 2);
    assert!(executor.read(Reading::Snapshot, &mut [0.0; 3]).is_err());
    let average = picture_bits(&executor, &graph, Reading::Average);
    executor.snapshot().unwrap();
    iterate(&mut executor, 3, 1);
    assert!(picture_bits(&executor, &graph, Reading::Snapshot) == average);
    assert!(picture_bits(&executor, &graph, Reading::Average) != average);
}

#[test]
fn an_evaluation_changes_nothing() {
    let Some(stand_in) = StandIn::alone() else { return };
    for case in cases::few() {
        let graph = case.graph();
        let [mut plain, mut evaluated] = [open(&stand_in, &graph), open(&stand_in, &graph)];
        for first in [1, 3] {
            iterate(&mut plain, first, 2);
            iterate(&mut evaluated, first, 2);
            evaluated.evaluate(first).unwrap();
        }
        bits(&evaluated).assert_are(&bits(&plain), case.name);
    }
}

#[test]
fn groups_of_iterations_do_not_matter() {
    let Some(stand_in) = StandIn::alone() else { return };
    // More than the card keeps rates and scalars of.
    let (graph, count) = (cases::named("a picture without a network").graph(), 70);
    let pace = |executor: &mut dyn Executor, groups: &[usize]| {
        let mut first = 1;
        for group in groups {
            assert_eq!(iterate(executor, first, *group).len(), *group);
            first += *group as u32;
        }
    };
    let [mut whole, mut parts] = [open(&stand_in, &graph), open(&stand_in, &graph)];
    pace(&mut whole, &[count]);
    // Rates repeat after five iterations.
    pace(&mut parts, &[5, 60, 5]);
    bits(&parts).assert_are(&bits(&whole), "70 iterations");
}

#[test]
fn a_cancel_leaves_whole_iterations() {
    let Some(stand_in) = StandIn::alone() else { return };
    // So that iterations take time while they are asked for.
    stand_in.set("EAGER", "1");
    let graph = cases::named("white noise").graph();
    let mut executor = open(&stand_in, &graph);
    let before = bits(&executor);
    assert_eq!(iterate_until(&mut executor, 1, 3, &AtomicBool::new(true)).len(), 0);
    bits(&executor).assert_are(&before, "cancelled before the first");
    let cancel = AtomicBool::new(false);
    let done = std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(100));
            cancel.store(true, Ordering::Relaxed);
        });
        iterate_until(&mut executor, 1, 1000, &cancel).len()
    });
    assert!(done < 1000);
    let mut whole = open(&stand_in, &graph);
    iterate(&mut whole, 1, done);
    bits(&executor).assert_are(&bits(&whole), &format!("cancelled after {done}"));
}
