//! Ops that draw, what is made of them, and what is only looked at: levelled noise, hidden pixels, filled
//! holes, pictures compared with other than constants, the risk, and averages that count by sample.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use dipkit::exec::{Pace, Reading};
use dipkit::graph::{Graph, GraphBuilder, Hiding, Init, NodeId, Outputs, Padding, Shape};
use dipkit::rng::{Draws, Stream};

use super::judge::{assert_close, executors, pooled, random, wide};

const SHAPE: Shape = Shape { channels: 3, height: 5, width: 7 };
const PIXELS: usize = 35;

fn normals(iteration: u32) -> Vec<f64> {
    let mut values = vec![0.0; SHAPE.samples()];
    Draws::new(5, 2, Stream::Recorruption, iteration).normal(0, &mut values);
    wide(&values)
}

/// A graph whose restored picture is this node, and whose loss compares it with one grey.
fn finished(mut graph: GraphBuilder, x: NodeId) -> Arc<Graph> {
    let outputs = compared_with_grey(&mut graph, x);
    Arc::new(graph.finish(outputs))
}

fn compared_with_grey(graph: &mut GraphBuilder, x: NodeId) -> Outputs {
    let shape = graph.shape(x);
    let (y, w) = (vec![0.25; shape.samples()], vec![1.0; shape.samples()]);
    let (y, w) = (graph.constant(shape, y), graph.constant(shape, w));
    Outputs::fitted(x, graph.data_term(x, y, w))
}

fn assert_restored(what: &str, graph: &Arc<Graph>, iteration: u32, expected: &[f64]) {
    for (name, mut executor) in executors(graph) {
        let found = pooled(|| executor.evaluate(iteration)).unwrap().restored;
        assert_close(&format!("{what}, {name}"), &found, expected, 2e-6);
    }
}

#[test]
fn levelled_noise_matches_loop() {
    let (x, level) = (random(SHAPE.samples(), 970), random(SHAPE.samples(), 971));
    let mut graph = GraphBuilder::new(5, 2);
    let (given, levels) = (graph.constant(SHAPE, x.clone()), graph.constant(SHAPE, level.clone()));
    let noisy = graph.add_levelled_noise(given, levels, Stream::Recorruption, 0.5);
    let graph = finished(graph, noisy);
    for iteration in [1, 4] {
        let n = normals(iteration);
        let expected: Vec<f64> = (0..x.len()).map(|i| f64::from(x[i]) + 0.5 * f64::from(level[i]) * n[i]).collect();
        assert_restored("levelled noise", &graph, iteration, &expected);
    }
}

/// The same numbers on both sides: what one adds the other takes away.
#[test]
fn two_noises_of_a_stream_are_the_same() {
    let x = random(SHAPE.samples(), 972);
    let mut graph = GraphBuilder::new(5, 2);
    let given = graph.constant(SHAPE, x.clone());
    let more = graph.add_noise(given, Stream::Recorruption, 0.7);
    let less = graph.add_noise(given, Stream::Recorruption, -0.7);
    let sum = graph.weighted_sum(&[(more, 0.5), (less, 0.5)]);
    assert_restored("sum of both", &finished(graph, sum), 3, &wide(&x));
}

#[test]
fn hidden_pixels_are_those_drawn() {
    let weight: Vec<f32> = random(SHAPE.samples(), 973).iter().map(|w| w.abs()).collect();
    let mut graph = GraphBuilder::new(5, 2);
    let given = graph.constant(SHAPE, weight.clone());
    let hidden = graph.hide(given, Stream::HeldOut, 0.4, Hiding::Pixels);
    let graph = finished(graph, hidden);
    for iteration in [1, 2] {
        let mut draws = vec![0.0; PIXELS];
        Draws::new(5, 2, Stream::HeldOut, iteration).uniform(0, &mut draws);
        let is_kept = |i: usize| draws[i % PIXELS] >= 0.4;
        let expected: Vec<f64> =
            (0..weight.len()).map(|i| if is_kept(i) { f64::from(weight[i]) } else { 0.0 }).collect();
        assert!((0..PIXELS).any(is_kept) && !(0..PIXELS).all(is_kept));
        assert_restored("hidden", &graph, iteration, &expected);
    }
}

/// Holes of two rows and of single pixels, under copies of which the rest is hidden until the share is reached.
#[test]
fn what_is_hidden_has_the_shape_of_the_holes() {
    let (height, width) = (SHAPE.height, SHAPE.width);
    let is_hole = |x: usize, y: usize| (y < 2 && x > 1 && x < 5) || (x + 3 * y).is_multiple_of(29);
    let weight: Vec<f32> =
        (0..SHAPE.samples()).map(|i| if is_hole(i % width, i / width % height) { 0.0 } else { 0.7 }).collect();
    let mut graph = GraphBuilder::new(5, 2);
    let given = graph.constant(SHAPE, weight.clone());
    let hidden = graph.hide(given, Stream::HeldOut, 0.4, Hiding::Holes);
    let graph = finished(graph, hidden);
    let known = weight[..PIXELS].iter().filter(|w| **w > 0.0).count() as f64;
    for iteration in [1, 2, 3] {
        let mut draws = vec![0.0; 4 * 32];
        Draws::new(5, 2, Stream::HeldOut, iteration).uniform(0, &mut draws);
        let mut expected = wide(&weight);
        for four in draws.chunks_exact(4) {
            let hidden = known - expected[..PIXELS].iter().filter(|w| **w > 0.0).count() as f64;
            if hidden >= 0.4 * known {
                break;
            }
            let (right, down) = ((four[0] * width as f32) as usize, (four[1] * height as f32) as usize);
            for (i, w) in expected.iter_mut().enumerate() {
                let (x, y) = (i % width, i / width % height);
                let x = if four[2] < 0.5 { width - 1 - x } else { x };
                let y = if four[3] < 0.5 { height - 1 - y } else { y };
                if is_hole((x + right) % width, (y + down) % height) {
                    *w = 0.0;
                }
            }
        }
        assert_restored("hidden like the holes", &graph, iteration, &expected);
    }
}

/// Push and pull in f64, by the definition: the mean of what is known in each 2x2, as if the rest were not
/// there, and bilinear interpolation with corners not aligned.
fn filled(x: &[f64], w: &[f64], height: usize, width: usize) -> Vec<f64> {
    if height.min(width) <= 2 {
        let total: f64 = w.iter().sum();
        let mean = x.iter().zip(w).map(|(x, w)| x * w).sum::<f64>() / total.max(1e-6);
        return x.iter().zip(w).map(|(x, w)| x * w + mean * (1.0 - w)).collect();
    }
    let (rows, columns) = (height.div_ceil(2), width.div_ceil(2));
    let (mut means, mut known) = (vec![0.0; rows * columns], vec![0.0; rows * columns]);
    for place in 0..rows * columns {
        let (top, left) = (place / columns * 2, place % columns * 2);
        let inside = |(y, x): &(usize, usize)| *y < height && *x < width;
        let four = [(top, left), (top, left + 1), (top + 1, left), (top + 1, left + 1)];
        let of =
            |f: &dyn Fn(usize) -> f64| four.iter().filter(|p| inside(p)).map(|(r, c)| f(r * width + c)).sum::<f64>();
        let total = of(&|i| w[i]);
        if total > 0.0 {
            (means[place], known[place]) = (of(&|i| w[i] * x[i]) / total, 1.0);
        }
    }
    let coarse = filled(&means, &known, rows, columns);
    let at = |position: f64, length: usize| {
        let position = position.clamp(0.0, (length - 1) as f64);
        (position.floor() as usize, (position.ceil() as usize), position.fract())
    };
    let sample = |i: usize| {
        let (top, bottom, v) = at((i / width) as f64 / 2.0 - 0.25, rows);
        let (left, right, h) = at((i % width) as f64 / 2.0 - 0.25, columns);
        let row = |r: usize| coarse[r * columns + left] * (1.0 - h) + coarse[r * columns + right] * h;
        x[i] * w[i] + (row(top) * (1.0 - v) + row(bottom) * v) * (1.0 - w[i])
    };
    (0..height * width).map(sample).collect()
}

#[test]
fn holes_are_filled_as_by_loop() {
    for (height, width) in [(5, 7), (16, 13), (1, 9), (2, 2), (33, 3)] {
        let shape = Shape::new(2, height, width);
        let x = random(shape.samples(), 974);
        let weight: Vec<f32> =
            random(shape.samples(), 975).iter().map(|w| if *w > 0.3 { 1.0 } else { (0.1 * w).max(0.0) }).collect();
        let mut graph = GraphBuilder::new(5, 2);
        let (given, kept) = (graph.constant(shape, x.clone()), graph.constant(shape, weight.clone()));
        let filling = graph.fill(given, kept);
        let planes = wide(&x).chunks(height * width).map(<[f64]>::to_vec).collect::<Vec<_>>();
        let weights = wide(&weight).chunks(height * width).map(<[f64]>::to_vec).collect::<Vec<_>>();
        let expected: Vec<f64> = planes.iter().zip(&weights).flat_map(|(x, w)| filled(x, w, height, width)).collect();
        assert_restored(&format!("filled {width}x{height}"), &finished(graph, filling), 1, &expected);
    }
}

/// A recorrupted fit in small: the target is drawn, half of it is held out, and the risk is a difference of
/// data terms that the loss does not see.
#[test]
fn loss_and_risk_of_a_drawn_target_match_loop() {
    let (y, x0) = (random(SHAPE.samples(), 976), random(SHAPE.samples(), 977));
    let held: Vec<f32> = (0..SHAPE.samples()).map(|i| if (i % PIXELS).is_multiple_of(3) { 1.0 } else { 0.0 }).collect();
    let fitted: Vec<f32> = held.iter().map(|held| 1.0 - held).collect();
    let mut graph = GraphBuilder::new(5, 2);
    let given = graph.constant(SHAPE, y.clone());
    let x = graph.fitted_picture("x", SHAPE, Init::Constant(0.0));
    let target = graph.add_noise(given, Stream::Recorruption, -0.3);
    let (fitted_at, held_at) = (graph.constant(SHAPE, fitted.clone()), graph.constant(SHAPE, held.clone()));
    let term = graph.data_term(x, target, fitted_at);
    let (of_x, of_y) = (graph.data_term(x, target, held_at), graph.data_term(given, target, held_at));
    let risk = Some(graph.weighted_sum(&[(of_x, 2.0), (of_y, -2.0)]));
    let graph = Arc::new(graph.finish(Outputs { risk, ..Outputs::fitted(x, term) }));
    let n = normals(6);
    let mean = |w: &[f32], f: &dyn Fn(usize) -> f64| {
        (0..y.len()).map(|i| f64::from(w[i]) * f(i)).sum::<f64>() / y.len() as f64
    };
    let distance = |a: f32, i: usize| f64::from(a) - (f64::from(y[i]) - 0.3 * n[i]);
    let loss = mean(&fitted, &|i| distance(x0[i], i).powi(2));
    let risk = 2.0 * mean(&held, &|i| distance(x0[i], i).powi(2) - distance(y[i], i).powi(2));
    let slope: Vec<f64> =
        (0..y.len()).map(|i| 2.0 * f64::from(fitted[i]) * distance(x0[i], i) / y.len() as f64).collect();
    for (name, mut executor) in executors(&graph) {
        let state =
            dipkit::exec::ExecutorState { buffers: [("parameter.x".to_owned(), x0.clone())].into(), updates: 0 };
        executor.load(&state).unwrap();
        let found = pooled(|| executor.evaluate(6)).unwrap();
        assert_close(&format!("{name}: loss"), &[found.loss, found.risk.unwrap()], &[loss, risk], 1e-5);
        assert_close(&format!("{name}: gradient"), &found.gradients[0], &slope, 1e-5);
    }
}

#[test]
fn there_is_no_risk_without_held_out_samples() {
    let mut graph = GraphBuilder::new(5, 2);
    let x = graph.fitted_picture("x", SHAPE, Init::Constant(0.5));
    for (name, mut executor) in executors(&finished(graph, x)) {
        assert!(pooled(|| executor.evaluate(1)).unwrap().risk.is_none(), "{name}");
    }
}

#[test]
fn averages_count_samples_as_they_are_told() {
    let mut graph = GraphBuilder::new(5, 2);
    let x = graph.fitted_picture("x", SHAPE, Init::Constant(0.5));
    let weight = graph.constant(SHAPE, vec![1.0; SHAPE.samples()]);
    let counted = graph.hide(weight, Stream::HeldOut, 0.6, Hiding::Pixels);
    let outputs = Outputs { counted: Some(counted), ..compared_with_grey(&mut graph, x) };
    let graph = Arc::new(graph.finish(outputs));
    for (name, mut executor) in executors(&graph) {
        let (mut average, mut total) = (vec![0.0; SHAPE.samples()], vec![0.0; SHAPE.samples()]);
        for (iteration, weight) in (1..).zip([0.0f32, 0.5, 0.9, 0.9]) {
            let pace = Pace { learning_rate: 0.05, matrix_learning_rate: 0.0, average_weight: weight };
            pooled(|| executor.iterate(iteration, &[pace], &AtomicBool::new(false), &mut Vec::new())).unwrap();
            let mut draws = vec![0.0; PIXELS];
            Draws::new(5, 2, Stream::HeldOut, iteration).uniform(0, &mut draws);
            let mut latest = vec![0.0; SHAPE.samples()];
            executor.read(Reading::Latest, &mut latest).unwrap();
            for i in 0..SHAPE.samples() {
                let now = if draws[i % PIXELS] < 0.6 { 0.0 } else { 1.0 - f64::from(weight) };
                let before = total[i] * f64::from(weight);
                total[i] = before + now;
                let both = before * average[i] + now * f64::from(latest[i]);
                average[i] = if total[i] > 0.0 { both / total[i] } else { f64::from(latest[i]) };
            }
            let mut found = vec![0.0; SHAPE.samples()];
            executor.read(Reading::Average, &mut found).unwrap();
            assert_close(&format!("{name}: average {iteration}"), &found, &average, 1e-6);
            assert_close(&format!("{name}: counted"), &executor.state().unwrap().buffers["counted"], &total, 1e-6);
        }
    }
}

#[test]
fn an_average_that_starts_anew_forgets_what_is_not_finite() {
    for has_counted in [false, true] {
        let mut graph = GraphBuilder::new(5, 2);
        let x = graph.fitted_picture("x", SHAPE, Init::Constant(0.5));
        let weight = graph.constant(SHAPE, vec![1.0; SHAPE.samples()]);
        let counted = graph.hide(weight, Stream::HeldOut, 0.6, Hiding::Pixels);
        let counted = has_counted.then_some(counted);
        let graph = Arc::new(graph_of(graph, x, counted));
        for (name, mut executor) in executors(&graph) {
            let mut iterate = |iteration, average_weight, average: Option<f32>| {
                let mut state = executor.state().unwrap();
                if let Some(average) = average {
                    state.buffers.get_mut("average").unwrap().fill(average);
                    executor.load(&state).unwrap();
                }
                let pace = Pace { learning_rate: 0.05, matrix_learning_rate: 0.0, average_weight };
                pooled(|| executor.iterate(iteration, &[pace], &AtomicBool::new(false), &mut Vec::new())).unwrap();
                executor.state().unwrap().buffers
            };
            iterate(1, 0.5, None);
            let buffers = iterate(2, 0.0, Some(f32::NAN));
            assert_eq!(buffers["average"], buffers["latest"], "{name}");
        }
    }
}

fn graph_of(mut graph: GraphBuilder, x: NodeId, counted: Option<NodeId>) -> Graph {
    let outputs = Outputs { counted, ..compared_with_grey(&mut graph, x) };
    graph.finish(outputs)
}

/// A joined value has its channels elsewhere than a constant.
#[test]
fn a_joined_picture_is_compared_channel_by_channel() {
    let mut graph = GraphBuilder::new(5, 2);
    let z = graph.constant(SHAPE, random(SHAPE.samples(), 978));
    let a = graph.conv(z, "a", 2, 3, 1, Padding::Reflection);
    let b = graph.conv(z, "b", 3, 1, 1, Padding::Zero);
    let joined = graph.concat(&[a, b]);
    let graph = finished(graph, joined);
    let mut all = executors(&graph);
    let expected = pooled(|| all[0].1.evaluate(1)).unwrap();
    for (name, executor) in &mut all[1..] {
        let found = pooled(|| executor.evaluate(1)).unwrap();
        assert_close(name, &found.restored, &wide(&expected.restored), 1e-5);
        assert_close(name, &[found.loss], &[f64::from(expected.loss)], 1e-5);
        for (ours, theirs) in found.gradients.iter().zip(&expected.gradients) {
            assert_close(name, ours, &wide(theirs), 1e-5);
        }
    }
}

/// The risk may be made of the loss itself; what is only looked at has no gradient.
#[test]
fn a_risk_made_of_the_loss_does_not_stop_its_gradient() {
    let y = random(SHAPE.samples(), 979);
    let mut graph = GraphBuilder::new(5, 2);
    let x = graph.fitted_picture("x", SHAPE, Init::Constant(0.25));
    let target = graph.constant(SHAPE, y.clone());
    let weight = graph.constant(SHAPE, vec![1.0; SHAPE.samples()]);
    let loss = graph.data_term(x, target, weight);
    let risk = Some(graph.weighted_sum(&[(loss, 2.0)]));
    let graph = Arc::new(graph.finish(Outputs { risk, ..Outputs::fitted(x, loss) }));
    let slope: Vec<f64> = y.iter().map(|y| 2.0 * (0.25 - f64::from(*y)) / SHAPE.samples() as f64).collect();
    for (name, mut executor) in executors(&graph) {
        let found = pooled(|| executor.evaluate(1)).unwrap();
        assert_close(name, &[found.risk.unwrap()], &[2.0 * f64::from(found.loss)], 1e-6);
        assert_close(name, &found.gradients[0], &slope, 1e-6);
    }
}
