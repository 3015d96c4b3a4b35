//! An iteration that is replayed as a whole is the one that is launched kernel by kernel.

use super::cases;
use super::runs::{bits, iterate, open};
use super::stand_in::StandIn;

#[test]
fn replayed_iterations_leave_the_bits_of_those_launched_one_by_one() {
    let Some(stand_in) = StandIn::alone() else { return };
    for case in cases::all() {
        let graph = case.graph();
        let [mut replayed, mut launched] = [open(&stand_in, &graph), open(&stand_in, &graph)];
        launched.launch_one_by_one();
        let expected = iterate(&mut replayed, 1, 5);
        stand_in.forget();
        let found = iterate(&mut launched, 1, 5);
        assert_eq!(stand_in.count("graph_launches"), 0, "{}", case.name);
        assert!(stand_in.count("launches") > 0, "{}", case.name);
        assert_eq!(found, expected, "{}", case.name);
        bits(&launched).assert_are(&bits(&replayed), case.name);
    }
}

#[test]
fn work_that_is_done_at_once_leaves_the_bits_of_work_that_waits() {
    let Some(stand_in) = StandIn::alone() else { return };
    for case in cases::few() {
        let graph = case.graph();
        let state = |eager| {
            stand_in.set("EAGER", eager);
            let mut executor = open(&stand_in, &graph);
            iterate(&mut executor, 1, 2);
            iterate(&mut executor, 3, 2);
            bits(&executor)
        };
        state("1").assert_are(&state("0"), case.name);
    }
}
