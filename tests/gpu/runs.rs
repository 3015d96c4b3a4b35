//! Iterations of an executor, and its state bit by bit.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use dipkit::exec::cuda::{CudaExecutor, CudaPlan};
use dipkit::exec::{Executor, ExecutorState, Pace, Reading, Scalars};
use dipkit::graph::Graph;

use super::stand_in::StandIn;

/// Opens a graph on the card.
pub fn open(stand_in: &StandIn, graph: &Arc<Graph>) -> CudaExecutor {
    CudaPlan::new(graph.clone(), &stand_in.card()).open().unwrap()
}

/// Runs `count` iterations from the one of this number on.
pub fn iterate(executor: &mut dyn Executor, first: u32, count: usize) -> Vec<Scalars> {
    iterate_until(executor, first, count, &AtomicBool::new(false))
}

/// The same, with somebody who may cancel it.
pub fn iterate_until(executor: &mut dyn Executor, first: u32, count: usize, cancel: &AtomicBool) -> Vec<Scalars> {
    let pace = |i| Pace { learning_rate: 0.01, matrix_learning_rate: 0.02, average_weight: 0.5 + 0.1 * (i % 5) as f32 };
    let paces: Vec<Pace> = (0..count).map(pace).collect();
    let mut ring = Vec::new();
    executor.iterate(first, &paces, cancel, &mut ring).unwrap();
    ring
}

/// The bits of everything that an executor would go on from.
pub fn bits(executor: &dyn Executor) -> Bits {
    Bits::of(&executor.state().unwrap())
}

/// The bits of a picture.
pub fn picture_bits(executor: &dyn Executor, graph: &Graph, reading: Reading) -> Vec<u32> {
    let mut picture = vec![0.0; graph.shape(graph.restored).samples()];
    executor.read(reading, &mut picture).unwrap();
    bits_of(&picture)
}

/// The bits of a state.
#[derive(Clone, PartialEq)]
pub struct Bits {
    buffers: BTreeMap<String, Vec<u32>>,
    updates: u32,
}

impl Bits {
    pub fn of(state: &ExecutorState) -> Bits {
        assert!(state.buffers.values().flatten().all(|sample| sample.is_finite()));
        let buffers = state.buffers.iter().map(|(name, samples)| (name.clone(), bits_of(samples)));
        Bits { buffers: buffers.collect(), updates: state.updates }
    }

    /// Fails with the names of some buffers that differ.
    #[track_caller]
    pub fn assert_are(&self, expected: &Bits, what: &str) {
        assert_eq!(self.updates, expected.updates, "{what}");
        assert!(self.buffers.keys().eq(expected.buffers.keys()), "{what}: other buffers");
        let others: Vec<_> = self.buffers.iter().filter(|(name, bits)| expected.buffers[*name] != **bits).collect();
        let names: Vec<_> = others.iter().map(|(name, _)| name).take(5).collect();
        assert!(names.is_empty(), "{what}: other bits in {names:?}");
    }
}

fn bits_of(samples: &[f32]) -> Vec<u32> {
    samples.iter().map(|sample| sample.to_bits()).collect()
}
