//! Filling holes with the picture as its own input: at each iteration a part of what is known, of the holes' shape, is
//! hidden from the network, which is asked for it. Only predictions of what was hidden are averaged, and their error is
//! that of samples the network has not seen, so it says when to stop.

use super::fit_terms::FitTerms;
use super::observation::Observation;
use crate::fit::Calibration;
use crate::graph::{self, GraphBuilder, Hiding, Outputs, Shape};
use crate::nets::SkipNet;
use crate::options::{Hole, ResolvedOptions, Task};
use crate::pixels::Picture;
use crate::rng::Stream;

/// Random channels that the network is fed beside the filled picture and its mask.
const NOISE_CHANNELS: usize = 8;
/// End of the range 0.. of the random channels.
const NOISE_RANGE: f32 = 0.1;

/// Iterations on which it is measured how much is hidden.
const MEASURED_ITERATIONS: u32 = 16;

/// Appends network, loss and risk; the loss counts hidden samples only.
pub fn append(graph: &mut GraphBuilder, options: &ResolvedOptions, network: &SkipNet, given: &Observation) -> FitTerms {
    let (y, size) = (&given.degraded, given.degraded.size);
    let shape = Shape::new(y.channels, size.height, size.width);
    let z = graph.uniform(Shape::new(NOISE_CHANNELS, size.height, size.width), Stream::Input, NOISE_RANGE);
    let z = graph.add_noise(z, Stream::InputNoise, options.estimator.input_noise);
    let degraded = graph.constant(shape, y.samples.clone());
    let weight = graph.constant(shape, given.weight.samples.clone());
    let hiding = hiding(options, &given.weight);
    let kept = graph.hide(weight, Stream::HeldOut, options.estimator.held_out, hiding);
    let hidden = graph.weighted_sum(&[(weight, 1.0), (kept, -1.0)]);
    let filled = graph.fill(degraded, kept);
    let input = graph.concat(&[z, filled, kept]);
    let restored = network.append(graph, input);
    let term = graph.data_term(restored, degraded, hidden);
    let hidden_share = hidden_share(graph, options, hiding, &given.weight);
    let risk = graph.weighted_sum(&[(term, (1.0 / hidden_share) as f32)]);
    let all = graph.constant(shape, vec![1.0; shape.samples()]);
    let counted = graph.weighted_sum(&[(all, 1.0), (kept, -1.0)]);
    let outputs = Outputs { risk: Some(risk), counted: Some(counted), ..Outputs::fitted(restored, term) };
    FitTerms { outputs, calibration: calibration(given, hidden_share) }
}

/// Chooses what is hidden: single pixels where pixels are lost one by one, copies of the holes where these are strokes
/// and regions. Holes that differ from channel to channel have no shape that all share.
pub fn hiding(options: &ResolvedOptions, weight: &Picture) -> Hiding {
    let has_shape = options.task == Task::Inpaint && options.hole != Some(Hole::Sparse);
    let first = weight.plane(0);
    let is_shared = (1..weight.channels).all(|channel| weight.plane(channel) == first);
    let has_hole = first.contains(&0.0);
    if has_shape && is_shared && has_hole { Hiding::Holes } else { Hiding::Pixels }
}

/// Says what the data term means where only hidden samples count, whose mean weight over all is `hidden_share`.
fn calibration(given: &Observation, hidden_share: f64) -> Calibration {
    let all = given.calibration();
    let one_colour_term = all.one_colour_term * (hidden_share / all.observed_share);
    Calibration { observed_share: hidden_share, one_colour_term, ..all }
}

/// Measures the mean weight that is hidden, over all samples.
fn hidden_share(graph: &GraphBuilder, options: &ResolvedOptions, hiding: Hiding, weight: &Picture) -> f64 {
    let total = |weights: &mut dyn Iterator<Item = f32>| weights.map(f64::from).sum::<f64>();
    let observed = total(&mut weight.samples.iter().copied()) / weight.samples.len() as f64;
    let hidden = match hiding {
        Hiding::Pixels => observed * f64::from(options.estimator.held_out),
        Hiding::Holes => {
            let plane = weight.plane(0);
            let of_iteration = |iteration| {
                let draws = graph.draws(Stream::HeldOut, iteration);
                let size = [weight.size.width, weight.size.height];
                let kept = graph::kept(hiding, &draws, options.estimator.held_out, plane, size);
                let hidden = plane.iter().zip(kept).filter(|(_, kept)| !kept).map(|(w, _)| *w);
                total(&mut hidden.into_iter()) / plane.len() as f64
            };
            (1..=MEASURED_ITERATIONS).map(of_iteration).sum::<f64>() / f64::from(MEASURED_ITERATIONS)
        }
    };
    hidden.max(f64::MIN_POSITIVE)
}
