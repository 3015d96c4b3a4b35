//! What an iteration asks of the driver.

use std::collections::BTreeSet;

use dipkit::exec::cuda::{CudaPlan, KERNELS};

use super::cases;
use super::runs::{iterate, open};
use super::stand_in::StandIn;

/// The most kernels of an iteration of `balanced`; each costs a small card some microseconds, whatever it does.
const MOST_KERNELS: u64 = 260;

#[test]
fn an_iteration_is_one_replay_of_few_kernels() {
    let Some(stand_in) = StandIn::alone() else { return };
    let graph = cases::balanced_denoising();
    let launches = CudaPlan::new(graph.clone(), &stand_in.card()).launches() as u64;
    println!("an iteration of balanced is {launches} kernels");
    assert!(launches <= MOST_KERNELS, "{launches} kernels");
    let mut executor = open(&stand_in, &graph);
    stand_in.forget();
    iterate(&mut executor, 1, 2);
    let counts = ["captures", "instantiations", "captured", "graph_launches", "replayed", "launches"];
    assert_eq!(counts.map(|name| stand_in.count(name)), [1, 1, launches, 2, 2 * launches, 0], "{counts:?}");
}

/// A wait, a copy or an allocation in between would leave the card without work.
#[test]
fn between_two_control_points_the_card_is_left_alone() {
    let Some(stand_in) = StandIn::alone() else { return };
    for case in ["white noise", "a region", "four times as large"] {
        let mut executor = open(&stand_in, &cases::named(case).graph());
        iterate(&mut executor, 1, 1);
        stand_in.forget();
        let iterations = 10;
        assert_eq!(iterate(&mut executor, 2, iterations).len(), iterations);
        let none = ["allocations", "frees", "launches", "captured", "instantiations", "on_card", "fills", "modules"];
        assert_eq!(none.map(|name| stand_in.count(name)), [0; 8], "{case}: {none:?}");
        assert_eq!(stand_in.count("graph_launches"), iterations as u64, "{case}");
        // The rates and the number of the first iteration go there, and four scalars of each iteration come back.
        assert!(stand_in.count("to_card") <= 2 && stand_in.count("to_card_bytes") <= 64 * 8 * 4 + 64, "{case}");
        assert_eq!([stand_in.count("to_host"), stand_in.count("to_host_bytes")], [1, 16 * iterations as u64], "{case}");
        assert!(stand_in.count("waits") <= 1, "{case}");
    }
}

#[test]
fn a_fit_takes_what_it_was_said_to_take_in_one_piece_and_gives_it_back() {
    let Some(stand_in) = StandIn::alone() else { return };
    for case in cases::all() {
        let plan = CudaPlan::new(case.graph(), &stand_in.card());
        assert_eq!(stand_in.live(), [0, 0], "before {}", case.name);
        stand_in.forget();
        let bytes = plan.card_bytes();
        let mut executor = plan.open().unwrap();
        iterate(&mut executor, 1, 1);
        assert_eq!(stand_in.live(), [1, bytes], "{}", case.name);
        assert_eq!(stand_in.count("allocations"), 1, "{}", case.name);
        drop(executor);
        assert_eq!(stand_in.live(), [0, 0], "after {}", case.name);
    }
}

/// Kernels that only op tests run: those for large pictures and for kernels of other sides, and those of graphs that no
/// task makes.
const IN_NO_CASE: [&str; 8] =
    ["conv1_tall", "conv3_tall", "conv_any", "crop", "crop_back", "leaky_back", "relane", "weights_any"];

/// Else the other tests here would say nothing of it.
#[test]
fn every_other_kernel_runs_in_some_case() {
    let Some(stand_in) = StandIn::alone() else { return };
    for case in cases::all() {
        iterate(&mut open(&stand_in, &case.graph()), 1, 1);
    }
    let never = KERNELS.iter().map(|kernel| kernel.0).filter(|name| stand_in.count(&format!("runs/{name}")) == 0);
    assert_eq!(never.collect::<BTreeSet<_>>(), BTreeSet::from(IN_NO_CASE));
}
