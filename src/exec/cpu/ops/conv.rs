//! The step of a convolution with its bias, its padding and the view of its input; see
//! [`crate::exec::cpu::kernels::conv`].

use super::{StepContext, StepOp, sized, spread_lanes};
use crate::exec::cpu::kernels::LANES;
use crate::exec::cpu::kernels::conv::{ConvKernel, ConvShape};
use crate::exec::cpu::kernels::pad::{Frame, fold, pad};
use crate::exec::cpu::view::View;
use crate::exec::plan::{ArenaRange, Convolution, Needs, SAMPLE_BYTES, Value};

/// A convolution between two values of a plan, made ready.
pub(super) struct ConvStep {
    convolution: Convolution,
    kernel: ConvKernel,
    frame: Frame,
}

impl ConvStep {
    /// Makes the convolution between these values ready.
    pub fn new(convolution: Convolution, from: &Value, to: &Value) -> ConvStep {
        let Convolution { kernel, stride, padding, .. } = convolution;
        let [height, width] = to.size();
        let shape = ConvShape { inputs: from.channels(), outputs: to.channels(), height, width, kernel, stride };
        let kernel = ConvKernel::new(shape, from.lanes.clone(), to.lanes.clone());
        let ([height, width], (padded_height, padded_width)) = (from.size(), kernel.padded());
        let border = (convolution.kernel - 1) / 2;
        ConvStep { convolution, kernel, frame: Frame { height, width, border, padding, padded_height, padded_width } }
    }

    /// The bytes of the padded input.
    fn padded_bytes(&self, from: &Value) -> usize {
        from.channels() * self.frame.padded_height * self.frame.padded_width * SAMPLE_BYTES
    }

    /// Where the padded input lies, within the memory for it that all steps share.
    fn padded(&self, context: &StepContext) -> ArenaRange {
        let start = context.plan.padded.start;
        start..start + self.padded_bytes(context.from())
    }
}

impl StepOp for ConvStep {
    fn name(&self, from: &Value, to: &Value) -> String {
        let stride = if self.convolution.stride == 2 { " stride 2" } else { "" };
        let op = format!("conv {0}x{0}{stride} {1} to", self.convolution.kernel, from.shape.channels);
        format!("{} {:?}", sized(&op, to), self.kernel.method())
    }

    fn needs(&self, from: &Value, _: &Value, _: usize) -> Needs {
        Needs {
            packed: SAMPLE_BYTES * self.kernel.packed_len(),
            padded: self.padded_bytes(from),
            has_padded_gradient: true,
            scratch: SAMPLE_BYTES * self.kernel.scratch_len(),
        }
    }

    fn forward(&self, context: &mut StepContext) {
        let (run, plan, step) = (context.run, context.plan, context.step);
        let (from, to, padded) = (context.from(), context.to(), self.padded(context));
        let [weight, bias] = [self.convolution.weight, self.convolution.bias].map(|id| context.parameter(id));
        spread_lanes(bias, &to.lanes, &mut context.workspace.bias[..to.channels()]);
        let writes = [&padded, &step.packed, &to.samples, &plan.scratch];
        let reads = [&from.samples, &from.statistics];
        let ([padded, packed, out, scratch], [samples, statistics]) = context.arena.parts(writes, reads);
        self.kernel.pack(run, weight, packed);
        pad(run, &self.frame, samples, &View::new(statistics, from.is_leaky), padded);
        let bias = (!self.convolution.is_bias_cancelled).then_some(&context.workspace.bias[..to.channels()]);
        self.kernel.forward(run, padded, packed, bias, out, scratch);
    }

    fn back(&self, context: &mut StepContext) {
        let (run, plan, step) = (context.run, context.plan, context.step);
        let (from, to, padded) = (context.from(), context.to(), self.padded(context));
        let is_own = step.padded_gradient.is_empty();
        let padded_gradient = if is_own { &from.gradient } else { &step.padded_gradient };
        let by_weight = &mut context.gradients[plan.parameters[self.convolution.weight.0].clone()];
        let writes = [&padded, padded_gradient, &plan.scratch];
        let reads = [&from.samples, &from.statistics, &to.gradient, &step.packed];
        let ([padded, by_padded, scratch], [samples, statistics, by_out, packed]) = context.arena.parts(writes, reads);
        pad(run, &self.frame, samples, &View::new(statistics, from.is_leaky), padded);
        let by_input = from.needs_gradient.then_some(&mut *by_padded);
        self.kernel.backward(run, padded, by_out, packed, by_weight, by_input, scratch);
        let by_bias = &mut context.gradients[plan.parameters[self.convolution.bias.0].clone()];
        match self.convolution.is_bias_cancelled {
            true => by_bias.fill(0.0),
            false => sum_of_planes(by_out, &to.lanes, to.pixels(), by_bias),
        }
        if from.needs_gradient && !is_own {
            let ([by_input], [by_padded]) = context.arena.parts([&from.gradient], [padded_gradient]);
            fold(run, &self.frame, by_padded, by_input, step.store);
        }
    }
}

/// Sums each logical channel over all pixels.
fn sum_of_planes(blocked: &[f32], lanes: &[usize], pixels: usize, sums: &mut [f32]) {
    for (sum, lane) in sums.iter_mut().zip(lanes) {
        let from = &blocked[lane / LANES * pixels * LANES + lane % LANES..];
        *sum = from.iter().step_by(LANES).take(pixels).map(|x| f64::from(*x)).sum::<f64>() as f32;
    }
}
