//! What iterations do to the state: Adam, averages, checkpoints, cancelling, threads.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use dipkit::exec::cpu::CpuExecutor;
use dipkit::exec::{Executor, ExecutorState, MEAN_WEIGHT, Pace, Pool, Reading, Scalars};
use dipkit::graph::{Graph, GraphBuilder, Init, NodeId, Outputs, Padding, Resample, Shape};
use dipkit::rng::Stream;

use super::judge::{assert_close, executors, pooled, random, wide};

fn never() -> AtomicBool {
    AtomicBool::new(false)
}

const PACE: Pace = Pace { learning_rate: 0.01, matrix_learning_rate: 0.02, average_weight: 0.9 };

/// A network of every op, one scale deep, on a picture of odd sides.
fn network(height: usize, width: usize) -> Arc<Graph> {
    let mut graph = GraphBuilder::new(5, 1);
    let depth = Shape::new(3, height, width);
    let z = graph.constant(depth, random(depth.samples(), 800));
    let z = graph.add_noise(z, Stream::InputNoise, 0.1);
    let down = block(&mut graph, z, "down", 20, 3, 2);
    let down = block(&mut graph, down, "deep", 18, 5, 1);
    let small = graph.shape(down);
    let up = graph.resample(down, Resample::up_bilinear(small.height, small.width));
    let up = graph.crop(up, 0, 0, height, width);
    let skip = block(&mut graph, z, "skip", 2, 1, 1);
    let all = graph.concat(&[skip, up]);
    let all = graph.batch_norm(all, "norm");
    let all = block(&mut graph, all, "up", 7, 3, 1);
    let x = graph.conv(all, "last", 3, 1, 1, Padding::Zero);
    let restored = graph.sigmoid(x);
    let y = graph.constant(depth, random(depth.samples(), 801));
    let w = graph.constant(depth, vec![1.0; depth.samples()]);
    let data_term = graph.data_term(restored, y, w);
    let variation = graph.total_variation(restored);
    let loss = graph.weighted_sum(&[(data_term, 1.0), (variation, 1e-5)]);
    Arc::new(graph.finish(Outputs { loss, ..Outputs::fitted(restored, data_term) }))
}

fn block(graph: &mut GraphBuilder, x: NodeId, name: &str, outputs: usize, kernel: usize, stride: usize) -> NodeId {
    let x = graph.conv(x, name, outputs, kernel, stride, Padding::Reflection);
    let x = graph.batch_norm(x, &format!("{name}.norm"));
    graph.leaky_relu(x)
}

/// A picture that is fitted to another: its gradient is known.
fn fitted_picture(samples: usize) -> (Arc<Graph>, Vec<f32>) {
    let mut graph = GraphBuilder::new(5, 0);
    let (outputs, y) = append_fitted_picture(&mut graph, samples);
    (Arc::new(graph.finish(outputs)), y)
}

fn append_fitted_picture(graph: &mut GraphBuilder, samples: usize) -> (Outputs, Vec<f32>) {
    let shape = Shape::new(1, 1, samples);
    let y = random(samples, 802);
    let restored = graph.fitted_picture("x", shape, Init::Constant(0.25));
    let degraded = graph.constant(shape, y.clone());
    let weight = graph.constant(shape, vec![1.0; samples]);
    (Outputs::fitted(restored, graph.data_term(restored, degraded, weight)), y)
}

fn iterate(executor: &mut dyn Executor, first: u32, count: usize) -> Vec<Scalars> {
    let mut ring = Vec::new();
    pooled(|| executor.iterate(first, &vec![PACE; count], &never(), &mut ring)).unwrap();
    ring
}

fn read(executor: &dyn Executor, reading: Reading, samples: usize) -> Vec<f32> {
    let mut out = vec![0.0; samples];
    executor.read(reading, &mut out).unwrap();
    out
}

#[test]
fn adam_matches_its_formula() {
    let (graph, y) = fitted_picture(7);
    for (name, mut executor) in executors(&graph) {
        let (mut x, mut m, mut v) = (vec![0.25f64; 7], vec![0.0; 7], vec![0.0; 7]);
        for t in 1..=5 {
            let rate = 0.01 * f64::from(t);
            for i in 0..7 {
                let g = 2.0 * (x[i] - f64::from(y[i])) / 7.0;
                m[i] = 0.9 * m[i] + 0.1 * g;
                v[i] = 0.999 * v[i] + 0.001 * g * g;
                let (first, second) = (m[i] / (1.0 - 0.9f64.powi(t)), v[i] / (1.0 - 0.999f64.powi(t)));
                x[i] -= f64::from(rate as f32) * first / (second.sqrt() + 1e-8);
            }
            let pace = Pace { learning_rate: rate as f32, matrix_learning_rate: 0.02, average_weight: 0.0 };
            pooled(|| executor.iterate(t as u32, &[pace], &never(), &mut Vec::new())).unwrap();
            let state = executor.state().unwrap();
            assert_eq!(state.updates, t as u32);
            assert_close(&format!("{name}: x"), &state.buffers["parameter.x"], &x, 1e-6);
            // The moments are small beside 1.
            let small = |buffer: &str| state.buffers[buffer].iter().map(|x| x * 1e3).collect::<Vec<_>>();
            let scaled = |values: &[f64]| values.iter().map(|x| x * 1e3).collect::<Vec<_>>();
            assert_close(&format!("{name}: m"), &small("adam.first.x"), &scaled(&m), 1e-6);
            assert_close(&format!("{name}: v"), &small("adam.second.x"), &scaled(&v), 2e-6);
        }
    }
}

#[test]
fn averages_and_deviation_match_loop() {
    let (graph, _) = fitted_picture(9);
    for (name, mut executor) in executors(&graph) {
        let (mut average, mut mean): (Vec<f64>, Vec<f64>) = (Vec::new(), Vec::new());
        for (iteration, weight) in (1..).zip([0.9f32, 0.9, 0.5, 0.0, 0.9]) {
            let pace = Pace { learning_rate: 0.1, matrix_learning_rate: 0.02, average_weight: weight };
            let mut ring = Vec::new();
            pooled(|| executor.iterate(iteration, &[pace], &never(), &mut ring)).unwrap();
            let x = wide(&read(executor.as_ref(), Reading::Latest, 9));
            let is_first = iteration == 1;
            let old = if is_first { x.clone() } else { mean };
            let deviation = x.iter().zip(&old).map(|(x, mean)| (x - mean).powi(2)).sum::<f64>() / 9.0;
            let moved = |old: &[f64], weight: f32| -> Vec<f64> {
                old.iter().zip(&x).map(|(old, x)| f64::from(weight) * old + f64::from(1.0 - weight) * x).collect()
            };
            mean = moved(&old, 1.0 - MEAN_WEIGHT);
            average = if is_first || weight == 0.0 { x.clone() } else { moved(&average, weight) };
            assert_close(&format!("{name}: deviation"), &[ring[0].deviation], &[deviation], 1e-5);
            let found = read(executor.as_ref(), Reading::Average, 9);
            assert_close(&format!("{name}: average"), &found, &average, 1e-6);
            assert_close(&format!("{name}: mean"), &executor.state().unwrap().buffers["mean"], &mean, 1e-6);
        }
    }
}

#[test]
fn ten_and_ten_iterations_equal_twenty() {
    let graph = network(13, 9);
    for (once, twice) in executors(&graph).into_iter().zip(executors(&graph)) {
        let ((name, mut once), (_, mut twice)) = (once, twice);
        let whole = iterate(once.as_mut(), 1, 20);
        let mut parts = iterate(twice.as_mut(), 1, 10);
        parts.extend(iterate(twice.as_mut(), 11, 10));
        assert_eq!(whole, parts, "{name}");
        assert_eq!(once.state().unwrap(), twice.state().unwrap(), "{name}");
        assert!(whole[19].loss < whole[0].loss, "{name}");
    }
}

#[test]
fn checkpoint_and_state_go_on_with_the_same_bytes() {
    let graph = network(6, 11);
    for ((name, mut executor), (_, mut other)) in executors(&graph).into_iter().zip(executors(&graph)) {
        iterate(executor.as_mut(), 1, 4);
        executor.checkpoint().unwrap();
        executor.snapshot().unwrap();
        let kept = executor.state().unwrap();
        let straight = iterate(executor.as_mut(), 5, 4);
        let end = executor.state().unwrap();
        executor.restore().unwrap();
        assert_eq!(executor.state().unwrap(), kept, "{name}");
        assert_eq!(iterate(executor.as_mut(), 5, 4), straight, "{name}: after restore");
        assert_eq!(executor.state().unwrap(), end, "{name}");
        other.load(&kept).unwrap();
        assert_eq!(iterate(other.as_mut(), 5, 4), straight, "{name}: after load");
        assert_eq!(other.state().unwrap(), end, "{name}");
    }
}

#[test]
fn cancelled_iteration_leaves_no_trace() {
    let graph = network(8, 8);
    for (name, mut executor) in executors(&graph) {
        iterate(executor.as_mut(), 1, 2);
        let before = executor.state().unwrap();
        let mut ring = Vec::new();
        pooled(|| executor.iterate(3, &[PACE; 5], &AtomicBool::new(true), &mut ring)).unwrap();
        assert!(ring.is_empty(), "{name}");
        assert_eq!(executor.state().unwrap(), before, "{name}");
    }
}

#[test]
fn cancel_while_iterating_keeps_whole_iterations() {
    let graph = network(40, 40);
    for ((name, mut executor), (_, mut straight)) in executors(&graph).into_iter().zip(executors(&graph)) {
        let cancel = never();
        let mut ring = Vec::new();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(std::time::Duration::from_millis(60));
                cancel.store(true, std::sync::atomic::Ordering::Relaxed);
            });
            pooled(|| executor.iterate(1, &[PACE; 10_000], &cancel, &mut ring)).unwrap();
        });
        assert!(ring.len() < 10_000, "{name}");
        assert_eq!(iterate(straight.as_mut(), 1, ring.len()), ring, "{name}");
        assert_eq!(executor.state().unwrap(), straight.state().unwrap(), "{name}");
    }
}

#[test]
fn evaluation_changes_nothing_and_is_what_the_iteration_sees() {
    let graph = network(7, 10);
    for (name, mut executor) in executors(&graph) {
        iterate(executor.as_mut(), 1, 1);
        let before = executor.state().unwrap();
        let evaluation = pooled(|| executor.evaluate(2)).unwrap();
        assert_eq!(executor.state().unwrap(), before, "{name}");
        let scalars = iterate(executor.as_mut(), 2, 1);
        assert_eq!((scalars[0].loss, scalars[0].data_term), (evaluation.loss, evaluation.data_term), "{name}");
        let samples = evaluation.restored.len();
        assert_eq!(read(executor.as_ref(), Reading::Latest, samples), evaluation.restored, "{name}");
        let other = pooled(|| executor.evaluate(3)).unwrap();
        assert_ne!(other.restored, evaluation.restored, "{name}: the noise is the same at each iteration");
    }
}

#[test]
fn parameter_without_influence_has_gradient_zero_and_stays() {
    let mut graph = GraphBuilder::new(5, 0);
    let (outputs, _) = append_fitted_picture(&mut graph, 3);
    graph.fitted_picture("unused", Shape::new(1, 2, 2), Init::Constant(0.5));
    let graph = Arc::new(graph.finish(outputs));
    for (name, mut executor) in executors(&graph) {
        assert_eq!(pooled(|| executor.evaluate(1)).unwrap().gradients[1], [0.0; 4], "{name}");
        iterate(executor.as_mut(), 1, 3);
        assert_eq!(executor.state().unwrap().buffers["parameter.unused"], [0.5; 4], "{name}");
    }
}

/// Sides that no block of pixels divides, channels beyond one block.
#[test]
fn threads_do_not_change_a_byte() {
    for (height, width) in [(61, 47), (9, 131), (1, 1)] {
        let graph = network(height, width);
        let run = |(name, mut executor): (&'static str, Box<dyn Executor>)| {
            let mut ring = Vec::new();
            executor.iterate(1, &[PACE; 6], &never(), &mut ring).unwrap();
            (name, ring, executor.state().unwrap())
        };
        // An executor is for the threads of the pool that it is made in.
        let all = |threads: usize| -> Vec<(&'static str, Vec<Scalars>, ExecutorState)> {
            Pool::new(threads).unwrap().run(|| executors(&graph).into_iter().map(run).collect())
        };
        let one = all(1);
        for threads in [2, 3, 5] {
            for (found, expected) in all(threads).iter().zip(&one) {
                assert!(found == expected, "{width}x{height} with {threads} threads in {}", found.0);
            }
        }
    }
}

/// Blocks beyond some megabytes are allocated in another way. Adam's first step is the learning rate.
#[test]
fn large_picture_moves_by_the_learning_rate() {
    let (graph, y) = fitted_picture(3_000_001);
    let mut executor = pooled(|| CpuExecutor::new(graph)).unwrap();
    iterate(&mut executor, 1, 1);
    let x = &executor.state().unwrap().buffers["parameter.x"];
    // Where the gradient is near Adam's epsilon the step is shorter.
    let clear = x.iter().zip(&y).filter(|(_, y)| (*y - 0.25).abs() > 0.3);
    for (x, y) in clear {
        let step = if *y > 0.25 { PACE.learning_rate } else { -PACE.learning_rate };
        assert!((x - 0.25 - step).abs() < 0.1 * PACE.learning_rate, "{x} towards {y}");
    }
}

/// Errors of single ops may add up along a network.
#[test]
fn executors_agree_on_the_gradients_of_a_network() {
    let graph = network(21, 16);
    let mut all = executors(&graph).into_iter().map(|(name, mut executor)| {
        let evaluation = pooled(|| executor.evaluate(1)).unwrap();
        (name, evaluation)
    });
    let (_, expected) = all.next().unwrap();
    for (name, found) in all {
        for (index, parameter) in graph.parameters.iter().enumerate() {
            // A bias before a batch norm has the gradient 0 but for rounding.
            let what = format!("{name}: {}", parameter.name);
            assert_close(&what, &found.gradients[index], &wide(&expected.gradients[index]), 1e-4);
        }
        assert_close(name, &found.restored, &wide(&expected.restored), 1e-5);
    }
}

#[test]
fn unknown_buffers_and_wrong_sizes_are_refused() {
    let (graph, _) = fitted_picture(3);
    for (name, mut executor) in executors(&graph) {
        let before = executor.state().unwrap();
        for (buffer, samples) in [("parameter.y", 3), ("parameter.x", 4), ("average", 2), ("adam.third.x", 3)] {
            let state = ExecutorState { buffers: [(buffer.to_owned(), vec![1.0; samples])].into(), updates: 9 };
            assert!(executor.load(&state).is_err(), "{name}: {buffer}");
            assert_eq!(executor.state().unwrap(), before, "{name}: {buffer}");
        }
        assert!(executor.read(Reading::Average, &mut [0.0; 3]).is_err(), "{name}: no average yet");
        assert!(executor.snapshot().is_err() && executor.restore().is_err(), "{name}: nothing kept yet");
        iterate(executor.as_mut(), 1, 1);
        assert!(executor.read(Reading::Average, &mut [0.0; 4]).is_err(), "{name}: another size");
    }
}
