//! The method against PyTorch: vectors written by a PyTorch version of it (see tests/data/README.md),
//! small networks of every kind that a task uses.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use dipkit::degradation::lanczos2_filter;
use dipkit::exec::{Executor, ExecutorState, Pace};
use dipkit::graph::{Graph, GraphBuilder, Outputs, Padding, Shape};
use dipkit::nets::{Halve, NetScale, SkipNet, Upsample};
use dipkit::objective;
use safetensors::SafeTensors;
use serde_json::Value;

use super::ops::judge::{executors, pooled};

/// One vector file: a network's start, what it gave, and 20 losses.
struct Vector {
    metadata: Value,
    tensors: BTreeMap<String, (Vec<usize>, Vec<f32>)>,
}

impl Vector {
    fn read(name: &str) -> Vector {
        let path = format!("{}/tests/data/parity/{name}.safetensors", env!("CARGO_MANIFEST_DIR"));
        let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
        let metadata = serde_json::to_value(header.metadata().clone().unwrap()).unwrap();
        let floats = |data: &[u8]| data.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        let tensors =
            tensors.iter().map(|(name, view)| (name.to_string(), (view.shape().to_vec(), floats(view.data()))));
        Vector { metadata, tensors: tensors.collect() }
    }

    fn samples(&self, name: &str) -> &[f32] {
        &self.tensors[name].1
    }

    fn shape(&self, name: &str) -> Shape {
        let dims = &self.tensors[name].0;
        Shape::new(dims[1], dims[2], dims[3])
    }

    /// Name and samples of `parameter.NNN.NAME` or `gradient.NNN.NAME`, in order.
    fn numbered(&self, kind: &str) -> Vec<(String, Vec<f32>)> {
        let prefix = format!("{kind}.");
        let numbered = self.tensors.iter().filter(|(name, _)| name.starts_with(&prefix));
        numbered.map(|(name, tensor)| (name[prefix.len() + 4..].to_string(), tensor.1.clone())).collect()
    }

    fn network(&self) -> SkipNet {
        let net: Value = serde_json::from_str(self.metadata["network"].as_str().unwrap()).unwrap();
        let number = |value: &Value| value.as_u64().unwrap() as usize;
        let scale = |i: usize| NetScale {
            down: number(&net["down"][i]),
            up: number(&net["up"][i]),
            skip: number(&net["skip"][i]),
            kernel_down: number(&net["kernel_down"]),
            kernel_up: number(&net["kernel_up"]),
            upsample: if net["upsample"][i] == "nearest" { Upsample::Nearest } else { Upsample::Bilinear },
        };
        SkipNet {
            scales: (0..net["down"].as_array().unwrap().len()).map(scale).collect(),
            halve: if net["halve"] == "average" { Halve::Average } else { Halve::Stride },
            has_up_1x1: net["up_1x1"].as_bool().unwrap(),
            padding: Padding::Reflection,
            outputs: 3,
        }
    }

    /// The same problem as a graph.
    fn graph(&self) -> Graph {
        let mut graph = GraphBuilder::new(0, 0);
        let z = graph.constant(self.shape("z"), self.samples("z").to_vec());
        let restored = self.network().append(&mut graph, z);
        let Shape { height, width, .. } = graph.shape(restored);
        let is_reduced = self.metadata["task"] == "super-resolve";
        let predicted = if is_reduced { graph.resample(restored, lanczos2_filter(height, width, 4)) } else { restored };
        let mask = self.samples("mask");
        let target = self.samples("target").to_vec();
        // A mask of the small picture is all ones.
        let weight = (0..target.len()).map(|i| mask[i % mask.len()]).collect();
        let term = objective::weighted(&mut graph, predicted, target, weight);
        graph.finish(Outputs::fitted(restored, term))
    }
}

type Executors = Vec<(&'static str, Box<dyn Executor>)>;

/// The vector's graph, and every executor at its parameters.
fn start(vector: &Vector) -> (Arc<Graph>, Executors) {
    let graph = Arc::new(vector.graph());
    let mut all = executors(&graph);
    let names: Vec<&str> = graph.parameters.iter().map(|p| p.name.as_str()).collect();
    let parameters = vector.numbered("parameter");
    assert_eq!(names, parameters.iter().map(|p| p.0.as_str()).collect::<Vec<_>>(), "names and order of the parameters");
    let buffers = parameters.into_iter().map(|(name, samples)| (format!("parameter.{name}"), samples)).collect();
    let state = ExecutorState { buffers, updates: 0 };
    all.iter_mut().for_each(|(_, executor)| executor.load(&state).unwrap());
    (graph, all)
}

fn norm(samples: impl Iterator<Item = f32>) -> f64 {
    samples.map(|x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt()
}

/// Of the output. On these two PyTorch itself is 2e-5 off its double precision.
fn largest_error(name: &str) -> f32 {
    if name.starts_with("inpaint-sparse") || name.starts_with("inpaint-region") { 5e-5 } else { 1e-5 }
}

/// Of a gradient. The smooth meshgrid leaves convolutions so little variance that rounding turns leaky
/// ReLUs the other way.
fn largest_share(name: &str) -> f64 {
    if name.starts_with("inpaint-region") { 2e-2 } else { 1e-3 }
}

/// Output within 1e-5, gradients within 1e-3 of their length, 20 losses within 1 % of PyTorch's range.
fn reproduce(file: &str) {
    let vector = Vector::read(file);
    pooled(|| {
        let (graph, executors) = start(&vector);
        for (name, mut executor) in executors {
            let name = format!("{file}, {name}");
            reproduce_start(&name, &vector, &graph, executor.as_mut());
            reproduce_losses(&name, &vector, executor.as_mut());
        }
    });
}

fn reproduce_start(name: &str, vector: &Vector, graph: &Graph, executor: &mut dyn Executor) {
    let evaluation = executor.evaluate(1).unwrap();
    let worst = evaluation.restored.iter().zip(vector.samples("output.0")).map(|(a, b)| (a - b).abs());
    let worst = worst.fold(0.0, f32::max);
    assert!(worst < largest_error(name), "{name}: output differs by {worst}");
    let gradients = vector.numbered("gradient");
    let largest = gradients.iter().map(|g| norm(g.1.iter().copied())).fold(0.0, f64::max);
    for ((parameter, ours), (_, theirs)) in graph.parameters.iter().zip(&evaluation.gradients).zip(&gradients) {
        let difference = norm(ours.iter().zip(theirs).map(|(a, b)| a - b));
        // What a norm behind it cancels, such as a convolution's bias, has no gradient but rounding.
        let allowed = largest_share(name) * norm(theirs.iter().copied()) + 5e-6 * largest;
        let name = format!("{name}: gradient of {}", parameter.name);
        assert!(difference < allowed, "{name} differs by {difference}, allowed {allowed}");
    }
}

fn reproduce_losses(name: &str, vector: &Vector, executor: &mut dyn Executor) {
    let paces = vec![Pace { learning_rate: 0.01, matrix_learning_rate: 0.02, average_weight: 0.99 }; 20];
    let mut ring = Vec::new();
    executor.iterate(1, &paces, &AtomicBool::new(false), &mut ring).unwrap();
    let (lows, highs) = (vector.samples("losses.low"), vector.samples("losses.high"));
    for (i, scalars) in ring.iter().enumerate() {
        // PyTorch's own losses from 48 starts that differ by rounding lie between these. Where rounding decides,
        // a peak comes an iteration sooner or later, and the ends of a range are known to a quarter of it.
        let near = i.saturating_sub(1)..(i + 2).min(lows.len());
        let low = lows[near.clone()].iter().copied().fold(f32::INFINITY, f32::min);
        let high = highs[near].iter().copied().fold(0.0, f32::max);
        let (low, high) = if highs[i] < 1.01 * lows[i] { (lows[i], highs[i]) } else { (low, high) };
        let margin = 0.01 * low + 0.25 * (high - low);
        let is_near = scalars.loss > low - margin && scalars.loss < high + margin;
        assert!(is_near, "{name}: loss {} of iteration {} is not in {low}..{high}", scalars.loss, i + 1);
    }
    assert_eq!(ring.len(), 20);
}

macro_rules! parity {
    ($($test:ident: $file:literal),+ $(,)?) => {
        $(#[test] fn $test() { reproduce($file); })+
    };
}

parity!(
    dejpeg_network_matches_pytorch: "dejpeg",
    denoise_network_matches_pytorch: "denoise",
    narrow_network_matches_pytorch: "denoise-small",
    flat_network_on_a_picture_matches_pytorch: "denoise-flat",
    flash_network_matches_pytorch: "flash",
    five_by_five_kernels_match_pytorch: "inpaint-library",
    meshgrid_input_matches_pytorch: "inpaint-region",
    average_pooling_matches_pytorch: "inpaint-sparse",
    wide_skips_match_pytorch: "inpaint-text",
    lanczos_data_term_matches_pytorch: "super-resolve",
);
