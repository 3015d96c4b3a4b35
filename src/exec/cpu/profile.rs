//! The profile of an iteration: how long each step of the plan takes.

use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use super::CpuExecutor;
use super::kernels::Run;
use super::machine::Direction;

/// The time that one step of the plan took.
#[derive(Debug, Clone)]
pub struct StepTime {
    /// The op and the size of its output, for instance "conv 3x3 36 to 32 512x512 Winograd".
    pub name: String,
    pub forward: Duration,
    pub back: Duration,
}

impl CpuExecutor {
    /// Times one evaluation at the current parameters, without an update.
    pub fn profile(&mut self, iteration: u32) -> Vec<StepTime> {
        let never = AtomicBool::new(false);
        let run = Run { simd: self.simd, cancel: &never };
        let names: Vec<String> = self.machine.names().collect();
        let (mut times, mut seen) = (vec![[Duration::ZERO; 2]; names.len()], Instant::now());
        self.machine.pass(&run, &self.fitted.parameters, iteration, &mut |index, direction| {
            times[index][usize::from(direction == Direction::Back)] = seen.elapsed();
            seen = Instant::now();
        });
        let named = |(name, [forward, back]): (String, [Duration; 2])| StepTime { name, forward, back };
        names.into_iter().zip(times).map(named).collect()
    }
}
