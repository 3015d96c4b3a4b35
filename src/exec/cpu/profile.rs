//! Where the time of an iteration goes, step by step.

use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use super::CpuExecutor;
use super::kernels::Run;
use super::plan::Plan;
use super::step::{Step, Work};
use super::value::Value;

/// What one step of the plan took.
#[derive(Debug, Clone)]
pub struct StepTime {
    /// The op, and how large what it makes is: "conv 3x3 36 to 32 512x512 Winograd".
    pub name: String,
    pub forward: Duration,
    pub back: Duration,
}

impl CpuExecutor {
    /// Times one evaluation at the current parameters, without an update.
    pub fn profile(&mut self, iteration: u32) -> Vec<StepTime> {
        let never = AtomicBool::new(false);
        let run = Run { simd: self.simd, cancel: &never };
        let steps = self.machine.plan().steps.len();
        let (mut times, mut seen) = (vec![[Duration::ZERO; 2]; steps], Instant::now());
        self.machine.pass(&run, &self.fitted.parameters, iteration, &mut |index, is_back| {
            times[index][usize::from(is_back)] = seen.elapsed();
            seen = Instant::now();
        });
        let plan = self.machine.plan();
        let named =
            |(step, [forward, back]): (&Step, [Duration; 2])| StepTime { name: name(plan, step), forward, back };
        plan.steps.iter().zip(times).map(named).collect()
    }
}

fn name(plan: &Plan, step: &Step) -> String {
    let to = &plan.values[step.output.0];
    let size = |value: &Value| format!("{} {}x{}", value.shape.channels, value.shape.width, value.shape.height);
    let op = match &step.work {
        Work::Conv(work) => {
            let shape = work.conv.shape();
            let from = step.input.map_or(0, |input| plan.values[input.0].shape.channels);
            let stride = if shape.stride == 2 { " stride 2" } else { "" };
            return format!("conv {0}x{0}{stride} {from} to {1} {2:?}", shape.kernel, size(to), work.conv.method());
        }
        Work::Picture(_) => "picture",
        Work::Noise { .. } => "noise",
        Work::View => "norm",
        Work::Resample(_) => "resample",
        Work::Copy | Work::Relane => "copy",
        Work::Hide { .. } => "hide",
        Work::Fill(_) => "fill",
        Work::Crop { .. } => "crop",
        Work::Sigmoid => "sigmoid",
        Work::Mix(_) => "mix",
        Work::DataTerm { .. } => "data term",
        Work::Variation => "variation",
        Work::Weigh { .. } => "weigh",
    };
    format!("{op} {}", size(to))
}
