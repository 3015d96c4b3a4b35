//! Denoising with the picture as its own input and a recorrupted target: Pang et al., "Recorrupted-to-Recorrupted"
//! (CVPR 2021). At each iteration one draw n of the noise gives the input y + a n and the target y - n / a, whose
//! noises are uncorrelated, so that the loss does not reward copying the noise of y.

use super::Given;
use super::clipping::Clipping;
use crate::graph::{Graph, NodeId, Shape};
use crate::nets::SkipNet;
use crate::options::{Measured, Noise, NoiseKind, Options};
use crate::pixels::Picture;
use crate::rng::{Draws, Stream};

/// Appends network and loss, and the risk where samples are held out; gives the noise's mean variance, and how it was
/// clipped.
pub fn append(
    graph: &mut Graph,
    options: &Options,
    measured: &Measured,
    network: &SkipNet,
    given: &Given,
) -> (f64, Option<Clipping>) {
    let y = &given.degraded;
    let shape = Shape::new(y.channels, y.size.height, y.size.width);
    let deviation = deviation(options, measured);
    let clipping = Clipping::of(y, &deviation);
    let level = level(y, &deviation, clipping.as_ref());
    let variance = level.iter().map(|l| f64::from(l * l)).sum::<f64>() / level.len() as f64;
    let (held, fitted) = hold_out(graph, options, &given.weight);
    let [degraded, level] = [y.samples.clone(), level].map(|samples| graph.constant(shape, samples));
    let a = options.recorruption;
    let input = graph.add_levelled_noise(degraded, level, Stream::Recorruption, a);
    let target = graph.add_levelled_noise(degraded, level, Stream::Recorruption, -1.0 / a);
    let restored = network.append(graph, input);
    let held_share = held.iter().map(|w| f64::from(*w)).sum::<f64>() / held.len() as f64;
    let fitted = graph.constant(shape, fitted);
    let term = graph.data_term(restored, target, fitted);
    (graph.restored, graph.loss, graph.data_term) = (restored, term, term);
    if held_share > 0.0 {
        let held = graph.constant(shape, held);
        graph.risk = Some(risk(graph, restored, [degraded, target, held], held_share, variance));
    }
    (variance, clipping)
}

/// Mean of (f - y)^2 + 2 n/a (f - y) over the held-out samples, less the noise's variance: without bias, since
/// f has seen neither that n/a nor, in a loss, their noise. The first two are (f - t)^2 - (y - t)^2 for the
/// target t.
fn risk(graph: &mut Graph, x: NodeId, [y, target, held]: [NodeId; 3], held_share: f64, variance: f64) -> NodeId {
    let of_x = graph.data_term(x, target, held);
    let of_y = graph.data_term(y, target, held);
    let variance = graph.constant(Shape::SCALAR, vec![variance as f32]);
    let per_sample = (1.0 / held_share) as f32;
    graph.weighted_sum(&[(of_x, per_sample), (of_y, -per_sample), (variance, -1.0)])
}

/// The weights of what judges the fit and of what it is fitted to: whole pixels, drawn once.
pub fn hold_out(graph: &Graph, options: &Options, weight: &Picture) -> (Vec<f32>, Vec<f32>) {
    let mut draws = vec![0.0; weight.size.area()];
    Draws::new(graph.seed, graph.job, Stream::HeldOut, 0).uniform(0, &mut draws);
    let is_held = |i: usize| draws[i % draws.len()] < options.held_out;
    let all = weight.samples.iter().enumerate();
    all.map(|(i, w)| if is_held(i) { (*w, 0.0) } else { (0.0, *w) }).unzip()
}

/// Pixels to each side over which brightness is averaged.
const BRIGHTNESS_RADIUS: usize = 3;

/// The noise's standard deviation by brightness, 0..1.
fn deviation(options: &Options, measured: &Measured) -> impl Fn(f32) -> f32 {
    let Noise { growth, brightness: mean, .. } = measured.noise;
    let growth = if measured.noise.kind == NoiseKind::Brightness { growth } else { 0.0 };
    let sigma = options.noise_level / 255.0;
    let variance = move |brightness: f32| 1.0 + growth * brightness.clamp(0.0, 1.0);
    move |brightness| sigma * (variance(brightness) / variance(mean)).sqrt()
}

/// The same at each sample, of noise that may have been clipped.
fn level(y: &Picture, deviation: &impl Fn(f32) -> f32, clipping: Option<&Clipping>) -> Vec<f32> {
    let brightness = (0..y.channels).flat_map(|channel| blurred(y, channel));
    brightness.map(|mean| clipping.map_or_else(|| deviation(mean), |clipping| clipping.deviation(mean))).collect()
}

/// Means of squares, by rows and then by columns.
fn blurred(y: &Picture, channel: usize) -> Vec<f32> {
    let (width, height) = (y.size.width, y.size.height);
    let mean = |length: usize, at: usize, sample: &dyn Fn(usize) -> f32| {
        let range = at.saturating_sub(BRIGHTNESS_RADIUS)..(at + BRIGHTNESS_RADIUS + 1).min(length);
        range.clone().map(sample).sum::<f32>() / range.len() as f32
    };
    let plane = y.plane(channel);
    let rows: Vec<f32> = (0..plane.len()).map(|i| mean(width, i % width, &|x| plane[i / width * width + x])).collect();
    (0..plane.len()).map(|i| mean(height, i / width, &|row| rows[row * width + i % width])).collect()
}
