//! Several fits on one card, at a time and one after the other, do not disturb each other.

use std::thread;

use super::cases::{self, Case};
use super::sessions::{self, finish, restored, shown};
use super::stand_in::StandIn;
use dipkit::session::Output;

fn pair() -> [Case; 2] {
    ["white noise", "a region"].map(cases::named)
}

#[test]
fn two_fits_at_a_time_give_the_pictures_of_two_alone() {
    let Some(stand_in) = StandIn::alone() else { return };
    let alone = pair().map(|case| restored(&case.options, &case).1);
    let together = thread::scope(|scope| {
        let run = |case: Case| scope.spawn(move || restored(&case.options, &case).1);
        pair().map(run).map(|running| running.join().unwrap())
    });
    assert!(together == alone);
    assert_eq!(stand_in.live(), [0, 0]);
}

#[test]
fn fits_that_take_turns_in_one_thread_give_the_pictures_of_two_alone() {
    let Some(_stand_in) = StandIn::alone() else { return };
    let alone = pair().map(|case| restored(&case.options, &case).1);
    let open = pair().map(|case| sessions::open(&case.options, &case).unwrap());
    for _ in 0..4 {
        for session in &open {
            session.step(5).unwrap();
        }
    }
    let together = open.each_ref().map(|session| {
        finish(session);
        shown(session, Output::Result)
    });
    assert!(together == alone);
}

#[test]
fn a_fit_goes_on_in_another_thread_than_it_began_in() {
    let Some(_stand_in) = StandIn::alone() else { return };
    let case = cases::named("white noise");
    let alone = restored(&case.options, &case).1;
    let session = sessions::open(&case.options, &case).unwrap();
    for _ in 0..4 {
        thread::scope(|scope| scope.spawn(|| session.step(5).map(|_| ())).join().unwrap()).unwrap();
    }
    finish(&session);
    assert!(shown(&session, Output::Result) == alone);
    // It may be dropped there, too.
    thread::spawn(move || drop(session)).join().unwrap();
}
