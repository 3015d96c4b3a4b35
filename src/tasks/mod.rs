//! Tasks: each looks at a picture and writes a recipe, that is a graph, a schedule and a stopping rule.

mod dejpeg;
mod denoise;
mod frame;
mod holes;
mod inpaint;
mod input;
mod network;
mod super_resolve;

pub use frame::Frame;

use crate::error::{Error, Result};
use crate::fit::{Schedule, StopRule};
use crate::graph::{Graph, Init, NodeId, Shape};
use crate::nets::SkipNet;
use crate::objective;
use crate::options::{Hole, Measured, Optimizer, Options, Task};
use crate::pixels::{Picture, Size};

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
    /// Where the result lies in the graph's restored picture.
    pub frame: Frame,
    /// Mean weight of the data term: what makes an observed PSNR of it.
    pub observed_share: f64,
    /// The data term of the best picture of one colour: a fit that stays above it has learnt nothing.
    pub flat_term: f64,
}

/// Measures what the presets of `task` want to know.
///
/// # Errors
/// `InvalidArgument` where nothing of the picture is observed.
pub fn measure(subject: &Subject) -> Result<Measured> {
    if subject.weight.samples.iter().all(|weight| *weight == 0.0) {
        return Err(Error::invalid("every pixel is missing: the mask must keep some of the image"));
    }
    let missing_share = holes::missing_share(&subject.weight);
    let hole = holes::shape(&subject.weight);
    Ok(Measured { hole, missing_share, has_guide: subject.guide.is_some() })
}

/// The recipe of one job. `options` are resolved.
///
/// # Errors
/// `Unsupported` for what this version cannot do yet; `InvalidArgument` for options that contradict.
pub fn recipe(options: &Options, measured: &Measured, subject: &Subject, job: u32) -> Result<Recipe> {
    check(options)?;
    let factor = if options.task == Task::SuperResolve { options.factor as usize } else { 1 };
    let network = network(options, measured, subject.image.channels);
    let multiple = network.as_ref().map_or(1, SkipNet::multiple);
    let frame = Frame::new(subject.image.size, multiple, factor);
    let mut graph = Graph::new(options.seed, job);
    let restored = match &network {
        Some(network) => {
            let z = input::append(&mut graph, options, subject, &frame)?;
            network.append(&mut graph, z)
        }
        None => fitted_picture(&mut graph, subject.image.channels, frame.restored()),
    };
    graph.restored = restored;
    let predicted = if factor > 1 { super_resolve::degrade(&mut graph, restored, factor) } else { restored };
    let (degraded, weight) = (frame.pad(&subject.image), frame.pad(&subject.weight));
    let (observed_share, flat_term) = of_one_colour(&degraded, &weight);
    objective::weighted(&mut graph, predicted, degraded.samples, weight.samples);
    objective::with_variation(&mut graph, restored, options.tv_weight);
    let (schedule, stop) = (Schedule::of(options), StopRule { patience: options.early_stop });
    Ok(Recipe { graph, schedule, stop, frame, observed_share, flat_term })
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
fn fitted_picture(graph: &mut Graph, channels: usize, size: Size) -> NodeId {
    graph.fitted_picture("picture", Shape::new(channels, size.height, size.width), Init::Uniform(0.0, 0.1))
}

/// Refuses what no task can do yet.
///
/// # Errors
/// `Unsupported`, naming the option.
pub fn check(options: &Options) -> Result<()> {
    let refusals = [
        (options.optimizer == Optimizer::Muon as u32, "optimizer muon"),
        (options.tile_size != 0, "tile_size other than 0"),
        (options.runs != 1, "runs above 1"),
        (options.recorruption > 0.0, "recorruption above 0"),
        (options.held_out > 0.0, "held_out above 0"),
        (options.downsample != 0, "downsample other than lanczos2"),
    ];
    match refusals.iter().find(|refusal| refusal.0) {
        Some((_, what)) => Err(Error::Unsupported(format!("{what} is not supported by this version of dipkit"))),
        None => Ok(()),
    }
}

/// Mean weight, and the data term of the weighted mean colour.
fn of_one_colour(degraded: &Picture, weight: &Picture) -> (f64, f64) {
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
    (total / samples, term / samples)
}

/// The inpainting preset in use, for the metrics.
pub fn hole_in_use(options: &Options) -> Option<Hole> {
    use crate::options::Choice;
    if options.task == Task::Inpaint { Hole::from_index(options.hole).ok() } else { None }
}
