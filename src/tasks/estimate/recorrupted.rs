//! Denoising with the picture as its own input and a recorrupted target: Pang et al., "Recorrupted-to-Recorrupted"
//! (CVPR 2021). At each iteration one draw n of the noise gives the input y + a n and the target y - n / a, whose
//! noises are uncorrelated, so that the loss does not reward copying the noise of y.

use super::fit_terms::FitTerms;
use super::observation::Observation;
use crate::fit::Calibration;
use crate::graph::{GraphBuilder, NodeId, Outputs, Shape};
use crate::nets::SkipNet;
use crate::options::{Measured, MeasuredNoise, NoiseKind, ResolvedOptions};
use crate::pixels::Picture;
use crate::rng::Stream;
use crate::tasks::measure::clipping::impute_clipped;

/// Standard deviation that the weights of the loss take for the least: rounding to 8 bits makes no sample more certain.
const LEAST_LEVEL: f32 = 1.0 / 255.0;
/// Noise that is drawn has at least this level, of 0..255: where a picture is flat, batch norms would have nothing to
/// divide by, and gradients grow from layer to layer until they are no numbers.
const LEAST_DRAWN: f32 = 0.05;

/// What a recorrupted fit assumes about the noise of its padded picture.
pub struct NoiseModel {
    /// The picture as given, but for what clipping had cut off.
    pub noisy: Picture,
    /// Whether clipping had cut anything off, which a picture within 0..1 alone can show.
    pub is_unclipped: bool,
    /// The mean of the noise's variance, by weight.
    pub variance: f64,
}

/// Appends network and loss, and the risk where samples are held out. A guide is a further input of the network: its
/// own noise is no part of the target's.
pub fn append(
    graph: &mut GraphBuilder,
    options: &ResolvedOptions,
    measured: &Measured,
    network: &SkipNet,
    given: &Observation,
    guide: Option<Picture>,
) -> (FitTerms, NoiseModel) {
    let draws = graph.draws(Stream::Clipped, 0);
    let (y, level) = impute_clipped(&given.degraded, noise_deviation(options, measured), draws);
    let is_unclipped = y.samples != given.degraded.samples;
    let shape = Shape::new(y.channels, y.size.height, y.size.width);
    let variance = weighted_mean_square(&given.weight.samples, |i| level[i]);
    let (held, mut fitted) = hold_out(graph, options, &given.weight);
    weigh_by_certainty(&mut fitted, &level);
    let target_variance = weighted_mean_square(&fitted, |i| level[i] / options.estimator.recorruption);
    let [degraded, level] = [y.samples.clone(), level].map(|samples| graph.constant(shape, samples));
    let a = options.estimator.recorruption;
    let mut input = graph.add_levelled_noise(degraded, level, Stream::Recorruption, a);
    let target = graph.add_levelled_noise(degraded, level, Stream::Recorruption, -1.0 / a);
    if let Some(guide) = guide {
        let shape = Shape::new(guide.channels, guide.size.height, guide.size.width);
        let guide = graph.constant(shape, guide.samples);
        input = graph.concat(&[input, guide]);
    }
    let restored = network.append(graph, input);
    let held_share = held.iter().map(|w| f64::from(*w)).sum::<f64>() / held.len() as f64;
    let fitted = graph.constant(shape, fitted);
    let term = graph.data_term(restored, target, fitted);
    let mut outputs = Outputs::fitted(restored, term);
    if held_share > 0.0 {
        let held = graph.constant(shape, held);
        outputs.risk = Some(risk(graph, restored, [degraded, target, held], held_share, variance));
    }
    let calibration = calibration(given, options.estimator.held_out, target_variance);
    (FitTerms { outputs, calibration }, NoiseModel { noisy: y, is_unclipped, variance })
}

/// Says what the data term means where a share is held out, and the target has noise of this variance.
fn calibration(given: &Observation, held_out: f32, target_variance: f64) -> Calibration {
    let all = given.calibration();
    let fitted_share = 1.0 - f64::from(held_out);
    let observed_share = all.observed_share * fitted_share;
    let one_colour_term = all.one_colour_term * fitted_share + observed_share * target_variance;
    Calibration { observed_share, one_colour_term, target_variance }
}

/// Weighs samples by 1 / the variance of their noise, as their likelihood does, without a change of the mean weight.
fn weigh_by_certainty(weight: &mut [f32], level: &[f32]) {
    let sum = |weight: &[f32]| weight.iter().map(|w| f64::from(*w)).sum::<f64>();
    let before = sum(weight);
    weight.iter_mut().zip(level).for_each(|(weight, level)| *weight /= level.max(LEAST_LEVEL).powi(2));
    if before == 0.0 {
        return;
    }
    let share = (before / sum(weight)) as f32;
    weight.iter_mut().for_each(|weight| *weight *= share);
}

/// Averages the squares of deviations by weight; 0 where nothing weighs anything.
fn weighted_mean_square(weight: &[f32], deviation: impl Fn(usize) -> f32) -> f64 {
    let sum = weight.iter().map(|w| f64::from(*w)).sum::<f64>();
    let square = |(i, w): (usize, &f32)| f64::from(*w) * f64::from(deviation(i)).powi(2);
    weight.iter().enumerate().map(square).sum::<f64>() / sum.max(f64::MIN_POSITIVE)
}

/// Appends the risk: the mean of (f - y)^2 + 2 n/a (f - y) over the held-out samples, less the noise's variance. It is
/// without bias, since f has seen neither that n/a nor, in a loss, their noise. The first two are (f - t)^2 - (y - t)^2
/// for the target t.
fn risk(graph: &mut GraphBuilder, x: NodeId, [y, target, held]: [NodeId; 3], held_share: f64, variance: f64) -> NodeId {
    let of_x = graph.data_term(x, target, held);
    let of_y = graph.data_term(y, target, held);
    let variance = graph.constant(Shape::SCALAR, vec![variance as f32]);
    let per_sample = (1.0 / held_share) as f32;
    graph.weighted_sum(&[(of_x, per_sample), (of_y, -per_sample), (variance, -1.0)])
}

/// Splits a weight into that of the held-out samples, which judge the fit, and that of the samples it is fitted to:
/// whole pixels, drawn once.
fn hold_out(graph: &GraphBuilder, options: &ResolvedOptions, weight: &Picture) -> (Vec<f32>, Vec<f32>) {
    let mut draws = vec![0.0; weight.size.area()];
    graph.draws(Stream::HeldOut, 0).uniform(0, &mut draws);
    let is_held = |i: usize| draws[i % draws.len()] < options.estimator.held_out;
    let all = weight.samples.iter().enumerate();
    all.map(|(i, w)| if is_held(i) { (*w, 0.0) } else { (0.0, *w) }).unzip()
}

/// Gives the noise's standard deviation at a brightness, both in 0..1.
fn noise_deviation(options: &ResolvedOptions, measured: &Measured) -> impl Fn(f32) -> f32 {
    let MeasuredNoise { growth, brightness: mean, .. } = measured.noise;
    let growth = if measured.noise.kind == NoiseKind::Brightness { growth } else { 0.0 };
    let sigma = options.noise_level.unwrap_or(0.0).max(LEAST_DRAWN) / 255.0;
    let variance = move |brightness: f32| 1.0 + growth * brightness.clamp(0.0, 1.0);
    move |brightness| sigma * (variance(brightness) / variance(mean)).sqrt()
}
