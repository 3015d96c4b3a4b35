//! Judges an op: the same graph in every executor, against a slow loop.

use std::sync::{Arc, OnceLock};

use dipkit::exec::candle::CandleExecutor;
use dipkit::exec::cpu::CpuExecutor;
use dipkit::exec::cpu::simd::Simd;
use dipkit::exec::{Backend, Device, Executor, ExecutorState, PlannedExecutor, Pool};
use dipkit::graph::{Graph, GraphBuilder, Init, NodeId, Outputs, Shape};
use dipkit::rng::{Draws, Stream};

/// The executors under test, by name, the judge first. Where a card is promised it is the one under test, and the CPU's
/// plan its judge: that is by far the quickest, and judged itself where no card is promised.
pub fn executors(graph: &Arc<Graph>) -> Vec<(&'static str, Box<dyn Executor>)> {
    if is_card_promised() {
        let on = |device| PlannedExecutor::new(graph.clone(), &device, 2).open().unwrap();
        return vec![("plan", on(Device::cpu())), ("plan on CUDA", on(card().unwrap()))];
    }
    all_executors(graph)
}

/// Every executor, those of this machine's GPUs too. A new one is a line here.
fn all_executors(graph: &Arc<Graph>) -> Vec<(&'static str, Box<dyn Executor>)> {
    let cpu = Device::open(Backend::Cpu, 0).unwrap();
    let plan = |simd| Box::new(CpuExecutor::with_simd(graph.clone(), simd).unwrap());
    let mut all: Vec<(&'static str, Box<dyn Executor>)> = vec![
        ("candle", Box::new(CandleExecutor::new(graph.clone(), &cpu).unwrap())),
        ("candle in parts", Box::new(CandleExecutor::with_column_samples(graph.clone(), &cpu, 1 << 14).unwrap())),
        ("plan, portable", plan(Simd::Portable)),
        ("plan, best", plan(Simd::best())),
    ];
    if let Some(card) = card() {
        all.push(("plan on CUDA", PlannedExecutor::new(graph.clone(), &card, 1).open().unwrap()));
    }
    let gpus = [("candle on CUDA", Backend::Cuda), ("candle on Metal", Backend::Metal)];
    for (name, gpu) in gpus.into_iter().filter_map(|(name, kind)| Some((name, Device::judge(kind, 0).ok()?))) {
        all.push((name, Box::new(CandleExecutor::new(graph.clone(), &gpu).unwrap())));
    }
    all
}

/// The graphics card of this machine, or what stands in for one: `tests/run` has one built (tests/gpu).
pub fn card() -> Option<Device> {
    let card = Device::open(Backend::Cuda, 0);
    assert!(card.is_ok() || !is_card_promised(), "{card:?}");
    card.ok()
}

fn is_card_promised() -> bool {
    std::env::var_os("DIPKIT_TEST_CARD").is_some()
}

/// Runs on a pool of two threads, as a session does.
pub fn pooled<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    static POOL: OnceLock<Pool> = OnceLock::new();
    POOL.get_or_init(|| Pool::new(2).unwrap()).run(work)
}

/// Uniform numbers in -1..1, others for each `index`.
pub fn random(samples: usize, index: u32) -> Vec<f32> {
    let mut values = vec![0.0; samples];
    Draws::new(7, 0, Stream::Synthetic, index).uniform(0, &mut values);
    values.iter().map(|value| 2.0 * value - 1.0).collect()
}

/// An op under test.
pub struct Case<'a> {
    pub name: String,
    /// Of the fitted pictures that the op reads.
    pub inputs: Vec<Shape>,
    pub build: &'a dyn Fn(&mut GraphBuilder, &[NodeId]) -> NodeId,
    /// The op's value from the parameters: the pictures first, then the op's own.
    pub slow: &'a dyn Fn(&[Vec<f64>]) -> Vec<f64>,
}

impl Case<'_> {
    /// Compares value and gradients in every executor.
    pub fn judge(&self) {
        let (graph, y, w) = self.graph();
        let parameters = self.parameters(&graph);
        let exact: Vec<Vec<f64>> = parameters.iter().map(|values| wide(values)).collect();
        let value = (self.slow)(&exact);
        let loss = |parameters: &[Vec<f64>]| loss(&(self.slow)(parameters), &y, &w);
        for (executor, mut running) in executors(&graph) {
            let name = format!("{} in {executor}", self.name);
            let evaluation = pooled(|| {
                running.load(&state(&graph, &parameters)).unwrap();
                running.evaluate(1).unwrap()
            });
            assert!(evaluation.data_term == evaluation.loss, "{name}");
            assert_close(&format!("{name}: loss"), &[evaluation.loss], &[loss(&exact)], 1e-5);
            assert_close(&format!("{name}: value"), &evaluation.restored, &value, 1e-5);
            for (index, gradient) in evaluation.gradients.iter().enumerate() {
                let of = &graph.parameters[index].name;
                self.judge_gradient(&format!("{name}: gradient by {of}"), gradient, &exact, index, &loss);
            }
        }
    }

    /// Pictures, the op, and a data term against random numbers.
    fn graph(&self) -> (Arc<Graph>, Vec<f64>, Vec<f64>) {
        let mut graph = GraphBuilder::new(3, 0);
        let new_picture = |(index, shape): (usize, &Shape)| {
            graph.fitted_picture(&format!("picture{index}"), *shape, Init::Constant(0.0))
        };
        let pictures: Vec<NodeId> = self.inputs.iter().enumerate().map(new_picture).collect();
        let out = (self.build)(&mut graph, &pictures);
        let shape = graph.shape(out);
        let (y, w) = (random(shape.samples(), 900), random(shape.samples(), 901));
        let degraded = graph.constant(shape, y.clone());
        let weight = graph.constant(shape, w.clone());
        let term = graph.data_term(out, degraded, weight);
        (Arc::new(graph.finish(Outputs::fitted(out, term))), wide(&y), wide(&w))
    }

    fn parameters(&self, graph: &Graph) -> Vec<Vec<f32>> {
        let sizes = graph.parameters.iter().map(|parameter| parameter.samples());
        sizes.enumerate().map(|(index, samples)| random(samples, index as u32)).collect()
    }

    /// Some coordinates, and all of them along one random direction.
    fn judge_gradient(
        &self,
        name: &str,
        gradient: &[f32],
        at: &[Vec<f64>],
        index: usize,
        loss: &dyn Fn(&[Vec<f64>]) -> f64,
    ) {
        let along = |direction: &[f64]| {
            const STEP: f64 = 1e-6;
            let moved = |step: f64| {
                let mut at = at.to_vec();
                at[index].iter_mut().zip(direction).for_each(|(x, direction)| *x += step * direction);
                loss(&at)
            };
            (moved(STEP) - moved(-STEP)) / (2.0 * STEP)
        };
        assert_eq!(gradient.len(), at[index].len(), "{name}");
        let mut expected = Vec::new();
        let mut found = Vec::new();
        for coordinate in (0..gradient.len()).step_by(gradient.len().div_ceil(12)) {
            let mut direction = vec![0.0; gradient.len()];
            direction[coordinate] = 1.0;
            expected.push(along(&direction));
            found.push(gradient[coordinate]);
        }
        let direction = wide(&random(gradient.len(), 950));
        expected.push(along(&direction));
        found.push(direction.iter().zip(gradient).map(|(direction, x)| direction * f64::from(*x)).sum::<f64>() as f32);
        // Twice that of the value: an error of f32 in the forward pass and one in the way back.
        assert_close(name, &found, &expected, 2e-5);
    }
}

fn loss(value: &[f64], y: &[f64], w: &[f64]) -> f64 {
    let sum: f64 = value.iter().zip(y).zip(w).map(|((f, y), w)| w * (f - y).powi(2)).sum();
    sum / y.len() as f64
}

/// A state that has these parameters.
pub fn state(graph: &Graph, parameters: &[Vec<f32>]) -> ExecutorState {
    let named = graph.parameters.iter().zip(parameters);
    let buffers = named.map(|(parameter, values)| (format!("parameter.{}", parameter.name), values.clone()));
    ExecutorState { buffers: buffers.collect(), updates: 0 }
}

pub fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|value| f64::from(*value)).collect()
}

/// Within `tolerance` of the largest, which is how errors of f32 sums scale.
pub fn assert_close(name: &str, found: &[f32], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{name}");
    let largest = expected.iter().fold(1e-2, |largest: f64, x| largest.max(x.abs()));
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        let difference = (f64::from(*found) - expected).abs();
        assert!(difference <= tolerance * largest, "{name}: {found} instead of {expected} at {index}");
    }
}
