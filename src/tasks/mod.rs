//! Tasks: each looks at a picture and writes a recipe, that is a graph, a schedule and a stopping rule.

mod blocks;
mod chroma;
mod clipping;
mod dejpeg;
mod denoise;
mod few_colours;
mod finish;
mod flat_blocks;
mod frame;
mod holes;
mod hot_pixels;
mod impulses;
mod inpaint;
mod input;
mod need;
mod network;
mod noise_level;
mod normal;
mod patches;
mod recorrupted;
mod remasked;
mod super_resolve;

pub use clipping::unclipped;
pub use dejpeg::quantisation;
pub use finish::{Border, Detail, Finish, FinishingStep, GivenLuma, KeptSamples, Progress, RiskBlend, Scope, Surface};
pub use frame::Frame;
pub use need::needs_fit;

use crate::error::{Error, Result};
use crate::fit::{Calibration, Evidence, Schedule, StopRule};
use crate::graph::{Graph, GraphBuilder, Init, NodeId, Outputs, Shape};
use crate::nets::SkipNet;
use crate::objective;
use crate::options::{Hole, Input, Measured, Noise, NoiseKind, Optimizer, Options, Quality, Task};
use crate::pixels::jpeg::{CoefficientBox, Quantisation};
use crate::pixels::{Picture, Size};
use recorrupted::Noisy;

/// What one job works on: encoded planes in 0..1.
#[derive(Debug, Clone)]
pub struct Subject {
    /// 1 or 3 channels.
    pub image: Picture,
    /// As the image: 1 observed .. 0 missing.
    pub weight: Picture,
    /// 1 or 3 channels, of the image's size.
    pub guide: Option<Picture>,
}

/// What a task decides for one picture.
pub struct Recipe {
    pub graph: Graph,
    pub schedule: Schedule,
    pub stop: StopRule,
    /// What the graph's data term means.
    pub calibration: Calibration,
    /// How the graph's restored picture becomes the result.
    pub finish: Finish,
}

/// What the data term compares with, padded for the network.
struct Given {
    degraded: Picture,
    weight: Picture,
}

/// Measures what the presets of `task` want to know.
///
/// # Errors
/// `InvalidArgument` where nothing of the picture is observed.
pub fn measure(task: Task, subject: &Subject) -> Result<Measured> {
    if subject.weight.samples.iter().all(|weight| *weight == 0.0) {
        return Err(Error::invalid("every pixel is missing: the mask must keep some of the image"));
    }
    let missing_share = holes::missing_share(&subject.weight);
    // Of a large picture it takes seconds.
    let hole = if task == Task::Inpaint { holes::shape(&subject.weight) } else { Hole::Text };
    let noise = match task {
        Task::Denoise => noise_level::measure(&subject.image, &subject.weight),
        // A level is all that can be told to it; a small picture's own detail is not white.
        Task::SuperResolve => Some(noise_level::measure(&subject.image, &subject.weight))
            .filter(Noise::is_white)
            .unwrap_or_else(Noise::unknown),
        Task::Dejpeg | Task::Inpaint => Noise::unknown(),
    };
    let pixels = subject.image.size.area() as u32;
    let has_guide = subject.guide.is_some();
    Ok(Measured { hole, missing_share, has_guide, noise, jpeg_step: f32::NAN, pixels })
}

/// Writes the recipe of one job. `options` are resolved; `quantisation` is that of the subject's image, where it is known
/// and to be kept to.
///
/// # Errors
/// `InvalidArgument` for options that contradict each other.
pub fn recipe(
    options: &Options,
    measured: &Measured,
    subject: &Subject,
    quantisation: Option<Quantisation>,
    job: u32,
) -> Result<Recipe> {
    let factor = if options.task == Task::SuperResolve { options.factor as usize } else { 1 };
    let network = network(options, measured, subject.image.channels);
    let multiple = network.as_ref().map_or(1, SkipNet::multiple);
    let frame = Frame::new(subject.image.size, multiple, factor);
    let [image, weight] = without_lost_pixels(options, measured, subject);
    let given = Given { degraded: frame.pad(&image), weight: frame.pad(&weight) };
    let estimator = Estimator::of(options, network, measured.has_guide)?;
    let evidence = if matches!(estimator, Estimator::Published(_)) { Evidence::Variance } else { Evidence::Risk };
    let mut graph = GraphBuilder::new(options.seed, job);
    let mut calibration = calibration(&given);
    let mut finish = Finish::new(frame);
    if keeps_the_rest(options, measured) {
        finish.push(KeptSamples { given: image.clone(), share: weight.clone() });
    }
    if let Some(quantisation) = quantisation {
        finish.push(CoefficientBox::of(&subject.image, quantisation));
    }
    if let Some(border) = border(options, subject) {
        finish.push(border);
    }
    let mut outputs = match estimator {
        Estimator::Recorrupted(network) => {
            let guide = subject.guide.as_ref().map(|guide| frame.pad(guide));
            let (outputs, noisy) = recorrupted::append(&mut graph, options, measured, &network, &given, guide);
            expect(&mut calibration, options, &noisy);
            finish.push(risk_blend(&frame, noisy));
            outputs
        }
        Estimator::Remasked(network) => {
            let (outputs, hidden_share) = remasked::append(&mut graph, options, &network, &given);
            calibration.one_colour_term *= hidden_share / calibration.observed_share;
            calibration.observed_share = hidden_share;
            if let Some(surface) = Surface::of(options, &frame, [&subject.image, &subject.weight], job) {
                finish.push(surface);
            }
            outputs
        }
        Estimator::Published(network) => {
            let is_guided = is_guided_by_luma(options, measured);
            if is_guided {
                finish.push(GivenLuma::of(&subject.image, &subject.weight));
            } else if let Some(detail) = detail(options, measured, [image, weight]) {
                finish.push(detail);
            }
            let subject = &if is_guided { chroma::guided_by_luma(subject) } else { subject.clone() };
            let fit = Published { options, subject, network: network.as_ref(), frame: &frame };
            fit.append(&mut graph, given, &mut calibration, &mut finish)?
        }
    };
    outputs.loss = objective::with_variation(&mut graph, outputs.loss, outputs.restored, options.tv_weight);
    outputs.loss = chroma::smooth(&mut graph, outputs, options, measured);
    if options.optimizer == Optimizer::Muon as u32 {
        graph.update_matrices_by_muon();
    }
    let stop = StopRule { patience: options.early_stop, evidence };
    Ok(Recipe { graph: graph.finish(outputs), schedule: Schedule::of(options), stop, calibration, finish })
}

/// Whether all but impulses and hot pixels stays as it is; the published fit takes the picture as a whole.
fn keeps_the_rest(options: &Options, measured: &Measured) -> bool {
    measured.noise.kind == NoiseKind::Impulse && options.held_out > 0.0
}

/// A picture and its weight, of which impulses and hot pixels have lost theirs.
fn without_lost_pixels(options: &Options, measured: &Measured, subject: &Subject) -> [Picture; 2] {
    let Subject { mut image, mut weight, .. } = subject.clone();
    if keeps_the_rest(options, measured) {
        impulses::miss(&image, &mut weight);
    }
    if measured.noise.has_hot_pixels && options.quality != Quality::Reference {
        let deviation = if options.noise_level.is_finite() { options.noise_level / 255.0 } else { 0.0 };
        hot_pixels::miss(&mut image, &mut weight, deviation);
    }
    [image, weight]
}

/// How the network is fed and judged.
enum Estimator {
    /// The paper's: a fixed input, and all that is observed in the loss.
    Published(Option<SkipNet>),
    Recorrupted(SkipNet),
    Remasked(SkipNet),
}

impl Estimator {
    fn of(options: &Options, network: Option<SkipNet>, has_guide: bool) -> Result<Estimator> {
        let (recorruption, held_out) = (options.recorruption > 0.0, options.held_out > 0.0);
        if (recorruption || held_out) && network.is_none() {
            return Err(Error::invalid("recorruption and held_out do not go with scales 0"));
        }
        if held_out && !recorruption && has_guide {
            return Err(Error::invalid("held_out goes with a guide only where recorruption does"));
        }
        let feeds_picture = options.input == Input::Picture as u32;
        match network {
            Some(network) if recorruption => {
                if options.task != Task::Denoise || !feeds_picture {
                    return Err(Error::invalid("recorruption is for denoise with input picture"));
                }
                if !options.noise_level.is_finite() {
                    return Err(Error::invalid("recorruption needs a noise_level, and none was found"));
                }
                if options.early_stop > 0 && !held_out {
                    return Err(Error::invalid(
                        "early_stop with recorruption needs held_out above 0, which tells it when",
                    ));
                }
                Ok(Estimator::Recorrupted(network))
            }
            Some(network) if held_out => {
                if options.task == Task::SuperResolve {
                    return Err(Error::invalid("held_out does not go with super-resolve"));
                }
                if !feeds_picture {
                    return Err(Error::invalid("held_out needs input picture"));
                }
                Ok(Estimator::Remasked(network))
            }
            network => Ok(Estimator::Published(network)),
        }
    }
}

/// What the noise of a recorrupted fit does to its terms.
fn expect(calibration: &mut Calibration, options: &Options, noisy: &Noisy) {
    let fitted_share = 1.0 - f64::from(options.held_out);
    let Calibration { observed_share, one_colour_term, target_variance } = calibration;
    *target_variance = noisy.target_variance;
    *observed_share *= fitted_share;
    *one_colour_term = *one_colour_term * fitted_share + *observed_share * *target_variance;
}

fn risk_blend(frame: &Frame, Noisy { y, weight, is_unclipped, variance, .. }: Noisy) -> RiskBlend {
    let [noisy, weight] = [&y, &weight].map(|padded| frame.crop(&padded.samples, padded.channels));
    RiskBlend { noisy, is_unclipped, weight, variance }
}

struct Published<'a> {
    options: &'a Options,
    subject: &'a Subject,
    network: Option<&'a SkipNet>,
    frame: &'a Frame,
}

impl Published<'_> {
    fn append(
        &self,
        graph: &mut GraphBuilder,
        given: Given,
        calibration: &mut Calibration,
        finish: &mut Finish,
    ) -> Result<Outputs> {
        let Published { options, subject, frame, .. } = *self;
        let restored = match self.network {
            Some(network) => {
                let z = input::append(graph, options, subject, frame)?;
                network.append(graph, z)
            }
            None => fitted_picture(graph, subject.image.channels, frame.restored()),
        };
        let mut predicted = restored;
        if options.task == Task::SuperResolve {
            let reduction = super_resolve::reduction(options, frame.restored())?;
            predicted = graph.resample(restored, reduction.clone());
            // The published fit ends where it ends.
            if options.quality != Quality::Reference {
                finish.push(super_resolve::back_projection(reduction, &given, options.noise_level));
            }
        }
        let mut given = given;
        if chroma::is_weighed(options, subject.image.channels) {
            predicted = chroma::mix(graph, predicted);
            given = chroma::of(&given);
            *calibration = self::calibration(&given);
        }
        let term = objective::weighted(graph, predicted, given.degraded.samples, given.weight.samples);
        Ok(Outputs::fitted(restored, term))
    }
}

/// The published fit is as it is, and one by a guide has its detail from there.
fn detail(options: &Options, measured: &Measured, [given, weight]: [Picture; 2]) -> Option<Detail> {
    let is_ours = options.task == Task::Denoise && options.quality != Quality::Reference && !measured.has_guide;
    let smoothest = measured.noise.smoothest / 255.0;
    (is_ours && smoothest.is_finite()).then_some(Detail { given, weight, smoothest })
}

/// Pixels that are lost one by one have no border but their neighbours, and the published fit is as it is.
fn border(options: &Options, subject: &Subject) -> Option<Border> {
    let has_shape = options.task == Task::Inpaint && options.hole != Hole::Sparse as u32;
    let is_ours = options.quality != Quality::Reference;
    if has_shape && is_ours { Border::of(&subject.image, &subject.weight) } else { None }
}

/// Whether the network is to draw colour from brightness, which has no noise.
fn is_guided_by_luma(options: &Options, measured: &Measured) -> bool {
    let is_chroma = options.task == Task::Denoise && measured.noise.kind == NoiseKind::Chroma && !measured.has_guide;
    is_chroma && options.quality != Quality::Reference && options.input == Input::Picture as u32
}

/// None for 0 scales: the picture itself is fitted.
fn network(options: &Options, measured: &Measured, outputs: usize) -> Option<SkipNet> {
    if options.scales == 0 {
        return None;
    }
    Some(match options.task {
        Task::Denoise => denoise::network(options, measured, outputs),
        Task::Dejpeg => dejpeg::network(options, outputs),
        Task::SuperResolve => super_resolve::network(options, outputs),
        Task::Inpaint => inpaint::network(options, measured, outputs),
    })
}

/// The paper's prior experiment: the picture starts as uniform noise in 0..0.1.
fn fitted_picture(graph: &mut GraphBuilder, channels: usize, size: Size) -> NodeId {
    graph.fitted_picture("picture", Shape::new(channels, size.height, size.width), Init::Uniform(0.0, 0.1))
}

/// What the data term means where the loss compares with all that is given: the mean weight, and the term of the
/// weighted mean colour.
fn calibration(Given { degraded, weight }: &Given) -> Calibration {
    let (mut total, mut term) = (0.0, 0.0);
    for channel in 0..degraded.channels {
        let (y, w) = (degraded.plane(channel), weight.plane(channel));
        let sum = |f: &dyn Fn(f64, f64) -> f64| -> f64 {
            y.iter().zip(w).map(|(y, w)| f(f64::from(*y), f64::from(*w))).sum()
        };
        let weights = sum(&|_, w| w);
        let mean = if weights > 0.0 { sum(&|y, w| w * y) / weights } else { 0.0 };
        total += weights;
        term += sum(&|y, w| w * (y - mean) * (y - mean));
    }
    let samples = degraded.samples.len() as f64;
    Calibration { observed_share: total / samples, one_colour_term: term / samples, target_variance: 0.0 }
}

/// The inpainting preset in use, for the metrics.
pub fn hole_in_use(options: &Options) -> Option<Hole> {
    use crate::options::Choice;
    if options.task == Task::Inpaint { Hole::from_index(options.hole).ok() } else { None }
}
