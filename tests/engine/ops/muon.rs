//! Muon against PyTorch's steps (see tests/data/README.md): weights after each of three given gradients.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use dipkit::exec::{ExecutorState, Pace};
use dipkit::graph::{Graph, GraphBuilder, Init, Outputs, Padding, Shape, Update};
use safetensors::SafeTensors;

use super::judge::{executors, pooled};

const CASES: usize = 4;

fn floats(file: &SafeTensors, name: &str) -> (Vec<usize>, Vec<f32>) {
    let view = file.tensor(name).unwrap();
    let samples = view.data().chunks_exact(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()));
    (view.shape().to_vec(), samples.collect())
}

/// Fitted pictures with the given matrices' dimensions, each with its own linear loss: sum(w (x - y)^2) at
/// w = 1/2 has the gradient x - y, so that y is chosen for the gradient that is wanted.
fn graph(dims: &[Vec<usize>], gradients: &[Vec<f32>], weights: &[Vec<f32>]) -> Arc<Graph> {
    let mut graph = GraphBuilder::new(0, 0);
    let (mut pictures, mut terms) = (Vec::new(), Vec::new());
    for (index, ((dims, gradient), weight)) in dims.iter().zip(gradients).zip(weights).enumerate() {
        let shape = Shape::new(dims[0], 1, weight.len() / dims[0]);
        let x = graph.fitted_picture(&format!("matrix{index}"), shape, Init::Constant(0.0));
        let y = weight.iter().zip(gradient).map(|(x, g)| x - g).collect();
        let y = graph.constant(shape, y);
        let half = graph.constant(shape, vec![0.5 * weight.len() as f32; weight.len()]);
        terms.push((graph.data_term(x, y, half), 1.0));
        pictures.push(x);
    }
    let loss = graph.weighted_sum(&terms);
    let mut graph = graph.finish(Outputs::fitted(pictures[pictures.len() - 1], loss));
    graph.parameters.iter_mut().for_each(|parameter| parameter.update = Update::Muon);
    Arc::new(graph)
}

#[test]
fn three_steps_match_pytorch() {
    let path = format!("{}/tests/data/parity/muon.safetensors", env!("CARGO_MANIFEST_DIR"));
    let bytes = std::fs::read(path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let mut momenta: Vec<ExecutorState> = vec![ExecutorState::default(); 4];
    for step in 1..=3 {
        let named = |name: &'static str, step: u32| {
            let file = &file;
            (0..CASES).map(move |case| floats(file, &format!("{case}.{name}.{step}")))
        };
        let (dims, before): (Vec<_>, Vec<_>) = named("weight", step - 1).unzip();
        let gradients: Vec<_> = named("gradient", step).map(|pair| pair.1).collect();
        let graph = graph(&dims, &gradients, &before);
        for ((name, mut executor), state) in executors(&graph).into_iter().zip(&mut momenta) {
            for (case, weight) in before.iter().enumerate() {
                state.buffers.insert(format!("parameter.matrix{case}"), weight.clone());
            }
            state.buffers.retain(|name, _| name.starts_with("parameter") || name.starts_with("muon"));
            executor.load(state).unwrap();
            let pace = Pace { learning_rate: 1e9, matrix_learning_rate: 0.02, average_weight: 0.0 };
            pooled(|| executor.iterate(step, &[pace], &AtomicBool::new(false), &mut Vec::new())).unwrap();
            *state = executor.state().unwrap();
            for (case, after) in named("weight", step).enumerate() {
                assert_near(&format!("{name}, step {step}, case {case}"), state, case, &before[case], &after.1);
            }
        }
    }
}

/// The step that was made, within 1e-4 of its length.
fn assert_near(name: &str, state: &ExecutorState, case: usize, before: &[f32], expected: &[f32]) {
    let found = &state.buffers[&format!("parameter.matrix{case}")];
    let norm = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>().sqrt();
    let (error, length) = (norm(found, expected), norm(expected, before));
    assert!(error < 1e-4 * length, "{name}: the step is off by {error} of {length}");
}

#[test]
fn only_matrices_are_updated_by_muon() {
    let mut graph = GraphBuilder::new(0, 0);
    let z = graph.constant(Shape::new(3, 4, 4), vec![0.0; 48]);
    let wide = graph.conv(z, "wide", 8, 3, 1, Padding::Zero);
    let skip = graph.conv(wide, "skip", 4, 1, 1, Padding::Zero);
    let normed = graph.batch_norm(skip, "norm");
    let thin = graph.conv(normed, "thin", 8, 1, 1, Padding::Zero);
    let last = graph.conv(thin, "last", 3, 1, 1, Padding::Zero);
    let loss = graph.total_variation(last);
    graph.update_matrices_by_muon();
    let graph = graph.finish(Outputs::fitted(last, loss));
    let names: Vec<_> = graph.parameters.iter().filter(|p| p.update == Update::Muon).map(|p| p.name.as_str()).collect();
    assert_eq!(names, ["wide.weight"]);
}
