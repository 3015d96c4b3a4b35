//! Filling holes with the picture as its own input: at each iteration a random share of what is known is hidden
//! from the network, which is asked for it. Only predictions of what was hidden are averaged, and their error is
//! that of samples the network has not seen, so it says when to stop.

use super::Given;
use crate::graph::{Graph, Shape};
use crate::nets::SkipNet;
use crate::options::Options;
use crate::rng::{Draws, Stream};

/// Random channels beside the filled picture and its mask.
const NOISE_CHANNELS: usize = 8;
/// They are uniform in 0..this.
const NOISE_RANGE: f32 = 0.1;

/// Appends network, loss and risk; the loss counts hidden samples only.
pub fn append(graph: &mut Graph, options: &Options, network: &SkipNet, given: &Given) {
    let (y, size) = (&given.degraded, given.degraded.size);
    let shape = Shape::new(y.channels, size.height, size.width);
    let mut noise = vec![0.0; NOISE_CHANNELS * size.area()];
    Draws::new(graph.seed, graph.job, Stream::Input, 0).uniform(0, &mut noise);
    noise.iter_mut().for_each(|sample| *sample *= NOISE_RANGE);
    let z = graph.constant(Shape::new(NOISE_CHANNELS, size.height, size.width), noise);
    let z = graph.add_noise(z, Stream::InputNoise, options.input_noise);
    let observed_share = given.weight.samples.iter().map(|w| f64::from(*w)).sum::<f64>() / shape.samples() as f64;
    let degraded = graph.constant(shape, y.samples.clone());
    let weight = graph.constant(shape, given.weight.samples.clone());
    let kept = graph.hide(weight, Stream::HeldOut, options.held_out);
    let hidden = graph.weighted_sum(&[(weight, 1.0), (kept, -1.0)]);
    let filled = graph.fill(degraded, kept);
    let input = graph.concat(&[z, filled, kept]);
    let restored = network.append(graph, input);
    let term = graph.data_term(restored, degraded, hidden);
    (graph.restored, graph.loss, graph.data_term) = (restored, term, term);
    let hidden_share = (observed_share * f64::from(options.held_out)).max(f64::MIN_POSITIVE);
    graph.risk = Some(graph.weighted_sum(&[(term, (1.0 / hidden_share) as f32)]));
    let all = graph.constant(shape, vec![1.0; shape.samples()]);
    graph.counted = Some(graph.weighted_sum(&[(all, 1.0), (kept, -1.0)]));
}
