//! The kernels as Rust knows them are those of the sources, and those of the PTX.

use std::collections::BTreeSet;

use dipkit::exec::cuda::KERNELS;

use super::stand_in::StandIn;

#[test]
fn arguments_and_threads_of_every_kernel_are_those_of_its_source() {
    let Some(stand_in) = StandIn::alone() else { return };
    for (name, bytes, threads) in KERNELS {
        assert_eq!((*bytes, *threads), stand_in.kernel(name), "{name}: bytes of arguments, and threads");
    }
}

#[test]
fn the_ptx_has_the_kernels_that_rust_knows_and_no_others() {
    let ptx = include_str!("../../src/exec/cuda/kernels/kernels.ptx");
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let name = |(at, mark): (usize, &str)| -> String {
        ptx[at + mark.len()..].trim_start().chars().take_while(|c| is_word(*c)).collect()
    };
    let entries: BTreeSet<String> = ptx.match_indices(".entry ").map(name).collect();
    let known: BTreeSet<String> = KERNELS.iter().map(|(name, ..)| name.to_string()).collect();
    assert_eq!(entries, known);
}
