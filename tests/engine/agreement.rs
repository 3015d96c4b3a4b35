//! The executors along a fit: from the same state they go the same way, for every kind of network and
//! degradation that a task uses.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use dipkit::degradation::lanczos2_filter;
use dipkit::exec::{Executor, Pace};
use dipkit::graph::{Graph, GraphBuilder, Outputs, Padding, Shape};
use dipkit::nets::{Halve, NetScale, SkipNet, Upsample};
use dipkit::objective;
use dipkit::rng::Stream;

use super::ops::judge::{executors, pooled, random};

/// Shared states along a fit, and iterations between two of them.
const STATES: u32 = 10;
const BETWEEN: u32 = 10;
/// Iterations from each; rounding drives longer runs apart.
const TOGETHER: u32 = 20;
const SIDE: usize = 32;

#[derive(Clone, Copy)]
enum Input {
    Noise,
    Meshgrid,
    Picture,
}

#[derive(Clone, Copy)]
struct Kind {
    channels: usize,
    skip: usize,
    kernel: usize,
    upsample: Upsample,
    halve: Halve,
    has_up_1x1: bool,
    outputs: usize,
    input: Input,
    factor: usize,
    has_holes: bool,
}

/// The paper's network for denoising, narrower.
const PLAIN: Kind = Kind {
    channels: 16,
    skip: 4,
    kernel: 3,
    upsample: Upsample::Bilinear,
    halve: Halve::Stride,
    has_up_1x1: true,
    outputs: 3,
    input: Input::Noise,
    factor: 1,
    has_holes: false,
};

impl Kind {
    fn graph(&self) -> Graph {
        let mut graph = GraphBuilder::new(11, 0);
        let picture = self.picture();
        let (depth, samples) = match self.input {
            Input::Noise => (8, random(8 * SIDE * SIDE, 900).iter().map(|x| 0.05 + 0.05 * x).collect()),
            Input::Meshgrid => (2, meshgrid()),
            Input::Picture => (self.outputs, picture.clone()),
        };
        let z = graph.constant(Shape::new(depth, SIDE, SIDE), samples);
        let z = graph.add_noise(z, Stream::InputNoise, 0.03);
        let restored = self.network().append(&mut graph, z);
        let reduced = SIDE / self.factor;
        let predicted = match self.factor {
            1 => restored,
            factor => graph.resample(restored, lanczos2_filter(SIDE, SIDE, factor)),
        };
        let degraded = (0..self.outputs * reduced * reduced).map(|i| {
            let (channel, y, x) = (i / reduced / reduced, i / reduced % reduced, i % reduced);
            picture[(channel * SIDE + y * self.factor) * SIDE + x * self.factor]
        });
        let weight = random(self.outputs * reduced * reduced, 901);
        let weight = weight.iter().map(|w| if self.has_holes && *w < 0.0 { 0.0 } else { 1.0 });
        let term = objective::weighted(&mut graph, predicted, degraded.collect(), weight.collect());
        graph.finish(Outputs::fitted(restored, term))
    }

    fn network(&self) -> SkipNet {
        let scale = NetScale {
            down: self.channels,
            up: self.channels,
            skip: self.skip,
            kernel_down: self.kernel,
            kernel_up: self.kernel,
            upsample: self.upsample,
        };
        SkipNet {
            scales: vec![scale; 3],
            halve: self.halve,
            has_up_1x1: self.has_up_1x1,
            padding: Padding::Reflection,
            outputs: self.outputs,
        }
    }

    /// Waves and an edge in 0..1, with noise.
    fn picture(&self) -> Vec<f32> {
        let noise = random(self.outputs * SIDE * SIDE, 902);
        let sample = |i: usize| {
            let (channel, y, x) = (i / SIDE / SIDE, (i / SIDE % SIDE) as f32, (i % SIDE) as f32);
            let wave = 0.2 * (0.3 * x + 0.2 * y + channel as f32).sin();
            let edge = if x + 2.0 * y > 50.0 { 0.2 } else { -0.1 };
            (0.5 + wave + edge + 0.1 * noise[i]).clamp(0.0, 1.0)
        };
        (0..noise.len()).map(sample).collect()
    }
}

fn meshgrid() -> Vec<f32> {
    let share = |i: usize| i as f32 / (SIDE - 1) as f32;
    let pixels = SIDE * SIDE;
    (0..2 * pixels).map(|i| if i < pixels { share(i % SIDE) } else { share(i / SIDE % SIDE) }).collect()
}

fn losses(executor: &mut dyn Executor, first: u32, count: u32) -> Vec<f32> {
    let paces = vec![Pace { learning_rate: 0.01, matrix_learning_rate: 0.02, average_weight: 0.9 }; count as usize];
    let mut ring = Vec::new();
    executor.iterate(first, &paces, &AtomicBool::new(false), &mut ring).unwrap();
    ring.iter().map(|scalars| scalars.loss).collect()
}

fn agree(what: &str, kind: Kind) {
    let graph = Arc::new(kind.graph());
    pooled(|| {
        let mut all = executors(&graph);
        // In parts its convolutions are the same, and slow here; the op tests judge them.
        all.retain(|(name, _)| *name != "candle in parts");
        let (mut judge, mut others) = (all.remove(0).1, all);
        // Adam's first steps go by the gradients' signs, and those of gradients that are mere rounding differ.
        losses(judge.as_mut(), 1, BETWEEN);
        for state in 1..=STATES {
            let first = state * BETWEEN + 1;
            let start = judge.state().unwrap();
            let expected = losses(judge.as_mut(), first, TOGETHER);
            for (name, executor) in &mut others {
                executor.load(&start).unwrap();
                for (i, (ours, theirs)) in losses(executor.as_mut(), first, TOGETHER).iter().zip(&expected).enumerate()
                {
                    let is_near = (ours - theirs).abs() <= 0.01 * theirs;
                    assert!(is_near, "{what}, {name}: loss {ours} {i} iterations after {first}, expected {theirs}");
                }
            }
            judge.load(&start).unwrap();
            losses(judge.as_mut(), first, BETWEEN);
        }
    });
}

macro_rules! agreement {
    ($($test:ident: $kind:expr),+ $(,)?) => {
        $(#[test] fn $test() { agree(stringify!($test), $kind); })+
    };
}

agreement!(
    with_narrow_skips: PLAIN,
    without_skips_on_a_meshgrid: Kind { skip: 0, input: Input::Meshgrid, upsample: Upsample::Nearest, ..PLAIN },
    with_wide_skips_and_holes: Kind { skip: 128, has_holes: true, upsample: Upsample::Nearest, ..PLAIN },
    with_five_by_five_kernels: Kind { kernel: 5, outputs: 1, ..PLAIN },
    with_seven_by_seven_kernels: Kind { kernel: 7, outputs: 2, ..PLAIN },
    with_average_pooling_without_the_1x1: Kind { halve: Halve::Average, has_up_1x1: false, has_holes: true, ..PLAIN },
    on_a_picture_with_four_channels: Kind { input: Input::Picture, outputs: 4, channels: 32, ..PLAIN },
    of_a_picture_twice_reduced: Kind { factor: 2, ..PLAIN },
    of_a_picture_four_times_reduced: Kind { factor: 4, channels: 24, ..PLAIN },
);
