//! The executor on NVIDIA cards. It runs the same static plan as the CPU: each step is a few kernels, and all launches of
//! an iteration are known before the first. Nothing of NVIDIA's is needed to build it, and only the driver to run it.

mod arguments;
mod card;
mod executor;
mod kernel;
mod layout;
mod memory;
mod program;
mod steps;
mod target;
mod update;

use std::sync::Arc;

use super::plan::{Plan, SAMPLE_BYTES};
use crate::error::Result;
use crate::graph::Graph;
pub use card::Card;
pub use executor::CudaExecutor;
pub use kernel::KERNELS;
use program::Program;
use target::CudaTarget;

/// A graph with its plan and program for a card. The memory that they take there is known, and none of it is taken.
pub struct CudaPlan {
    graph: Arc<Graph>,
    plan: Plan,
    program: Program,
    card: Card,
}

impl CudaPlan {
    /// Plans a graph for a card.
    pub fn new(graph: Arc<Graph>, card: &Card) -> CudaPlan {
        let plan = Plan::new(&graph, &CudaTarget);
        let program = Program::new(&graph, &plan);
        CudaPlan { graph, plan, program, card: card.clone() }
    }

    /// The graph that is planned.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The card that it is planned for.
    pub fn card(&self) -> &Card {
        &self.card
    }

    /// The bytes that the executor takes on the host beside the graph: what is copied to the card when it is opened.
    pub fn memory_bytes(&self) -> u64 {
        let constants =
            self.plan.constants.iter().map(|(_, value)| self.plan.values[value.0].bytes()).max().unwrap_or(0);
        let tables = 2 * SAMPLE_BYTES * self.program.tables.len();
        (constants + tables + SAMPLE_BYTES * self.plan.parameter_samples()) as u64
    }

    /// The bytes that the executor takes on the card.
    pub fn card_bytes(&self) -> u64 {
        self.program.memory_bytes() as u64
    }

    /// Makes sure that the card has the memory that the executor takes.
    ///
    /// # Errors
    /// `OutOfMemory` with both numbers; `Device`.
    pub fn check(&self) -> Result<()> {
        let free_bytes = self.card.free_bytes()?;
        if self.card_bytes() > free_bytes {
            return Err(memory::out_of_memory(self.program.memory_bytes() / SAMPLE_BYTES, free_bytes));
        }
        Ok(())
    }

    /// The number of launches of one iteration.
    pub fn launches(&self) -> usize {
        self.program.pass.len() + self.program.update.len()
    }

    /// Takes the memory and gives the executor.
    ///
    /// # Errors
    /// `OutOfMemory`, or `Device`.
    pub fn open(self) -> Result<CudaExecutor> {
        CudaExecutor::new(self.graph, self.plan, self.program, &self.card)
    }
}
