//! No result depends on the order in which a card runs threads or blocks: where it did, kernels would race.

use super::cases;
use super::runs::{bits, iterate, open};
use super::stand_in::StandIn;

#[test]
fn threads_and_blocks_in_the_opposite_order_leave_the_same_bits() {
    let Some(stand_in) = StandIn::alone() else { return };
    for case in cases::all() {
        let graph = case.graph();
        let state = |threads, blocks| {
            stand_in.set("THREADS", threads);
            stand_in.set("BLOCKS", blocks);
            let mut executor = open(&stand_in, &graph);
            iterate(&mut executor, 1, 3);
            bits(&executor)
        };
        let usual = state("forward", "forward");
        state("backward", "forward").assert_are(&usual, &format!("{}, threads backward", case.name));
        state("forward", "backward").assert_are(&usual, &format!("{}, blocks backward", case.name));
    }
}
