//! The recipe of a job: what a task decides for one picture.

use super::estimate::estimator::Estimator;
use super::estimate::fit_terms::FitTerms;
use super::estimate::lost_pixels::{keeps_the_rest, without_lost_pixels};
use super::estimate::observation::Observation;
use super::estimate::published::PublishedFit;
use super::estimate::recorrupted::NoiseModel;
use super::estimate::{recorrupted, remasked};
use super::finish::Finish;
use super::finish::kept_samples::KeptSamples;
use super::finish::luma::GivenLuma;
use super::finish::risk_blend::RiskBlend;
use super::finish::surface::Surface;
use super::frame::PaddingFrame;
use super::luma_chroma::luma;
use super::subject::Subject;
use super::{dejpeg, denoise, inpaint, super_resolve};
use crate::error::Result;
use crate::fit::{Calibration, Evidence, Schedule, StopRule};
use crate::graph::{Graph, GraphBuilder};
use crate::nets::SkipNet;
use crate::objective;
use crate::options::{Measured, Optimizer, ResolvedOptions, Task};
use crate::pixels::Picture;
use crate::pixels::jpeg::{CoefficientBox, Quantisation};

/// Everything that a task decides for one picture.
pub struct Recipe {
    pub graph: Graph,
    pub schedule: Schedule,
    pub stop: StopRule,
    /// What the graph's data term means.
    pub calibration: Calibration,
    /// How the graph's restored picture becomes the result.
    pub finish: Finish,
}

/// Writes the recipe of one job. `quantisation` is that of the subject's image, where the
/// result is kept to one.
///
/// # Errors
/// `InvalidArgument` for options that contradict each other.
pub fn recipe(
    options: &ResolvedOptions,
    measured: &Measured,
    subject: &Subject,
    quantisation: Option<Quantisation>,
    job: u32,
) -> Result<Recipe> {
    let network = network(options, measured, subject.image.channels);
    let multiple = network.as_ref().map_or(1, SkipNet::multiple);
    let frame = PaddingFrame::new(subject.image.size, multiple, super_resolve::enlargement(options));
    let estimator = Estimator::of(options, network, measured)?;
    let evidence = if matches!(estimator, Estimator::Published(_)) { Evidence::Variance } else { Evidence::Risk };
    let graph = GraphBuilder::new(options.seed, job);
    let mut draft = Draft { options, measured, subject, frame, graph, finish: Finish::new(frame) };
    let observed = without_lost_pixels(options, measured, subject);
    draft.finish.push_some(draft.kept_samples(&observed));
    draft.finish.push_some(quantisation.map(|quantisation| CoefficientBox::of(&subject.image, quantisation)));
    draft.finish.push_some(inpaint::border(options, subject));
    let terms = match estimator {
        Estimator::Recorrupted(network) => draft.recorrupted(&network, &observed),
        Estimator::Remasked(network) => draft.remasked(&network, &observed, job),
        Estimator::Published(network) => draft.published(network.as_ref(), observed)?,
    };
    Ok(draft.complete(terms, evidence))
}

/// Makes the network of the options' task; none for 0 scales, where the picture itself is fitted.
fn network(options: &ResolvedOptions, measured: &Measured, outputs: usize) -> Option<SkipNet> {
    if options.network.scales == 0 {
        return None;
    }
    Some(match options.task {
        Task::Denoise => denoise::network(options, measured, outputs),
        Task::Dejpeg => dejpeg::network(options, outputs),
        Task::SuperResolve => super_resolve::network(options, outputs),
        Task::Inpaint => inpaint::network(options, measured, outputs),
    })
}

/// A recipe that is still being written.
struct Draft<'a> {
    options: &'a ResolvedOptions,
    measured: &'a Measured,
    subject: &'a Subject,
    frame: PaddingFrame,
    graph: GraphBuilder,
    finish: Finish,
}

impl Draft<'_> {
    fn kept_samples(&self, [image, weight]: &[Picture; 2]) -> Option<KeptSamples> {
        let is_kept = keeps_the_rest(self.options, self.measured);
        is_kept.then(|| KeptSamples { given: image.clone(), share: weight.clone() })
    }

    fn padded(&self, [image, weight]: &[Picture; 2]) -> Observation {
        Observation { degraded: self.frame.pad(image), weight: self.frame.pad(weight) }
    }

    fn recorrupted(&mut self, network: &SkipNet, observed: &[Picture; 2]) -> FitTerms {
        let given = self.padded(observed);
        let guide = self.subject.guide.as_ref().map(|guide| self.frame.pad(guide));
        let (terms, noise) = recorrupted::append(&mut self.graph, self.options, self.measured, network, &given, guide);
        let NoiseModel { noisy, is_unclipped, variance } = noise;
        let [noisy, weight] = [&noisy, &given.weight].map(|padded| self.frame.crop(&padded.samples, padded.channels));
        self.finish.push(RiskBlend { noisy, is_unclipped, weight, variance });
        terms
    }

    fn remasked(&mut self, network: &SkipNet, observed: &[Picture; 2], job: u32) -> FitTerms {
        let given = self.padded(observed);
        let terms = remasked::append(&mut self.graph, self.options, network, &given);
        let Subject { image, weight, .. } = self.subject;
        self.finish.push_some(Surface::of(self.options, &self.frame, [image, weight], job));
        terms
    }

    fn published(&mut self, network: Option<&SkipNet>, observed: [Picture; 2]) -> Result<FitTerms> {
        let given = self.padded(&observed);
        let Subject { image, weight, guide } = self.subject;
        let mut own_luma = None;
        if denoise::is_guided_by_luma(self.options, self.measured) {
            own_luma = Some(luma(image));
            self.finish.push(GivenLuma::of(image, weight));
        } else {
            self.finish.push_some(denoise::detail(self.options, self.measured, observed));
        }
        let reduction = super_resolve::reduction(self.options, self.frame.restored());
        let back_projection = |reduction| super_resolve::back_projection(self.options, reduction, &given);
        self.finish.push_some(reduction.as_ref().and_then(back_projection));
        let shown = own_luma.as_ref().or(guide.as_ref()).unwrap_or(image);
        let published = PublishedFit { options: self.options, network, frame: &self.frame, shown, reduction };
        published.append(&mut self.graph, given)
    }

    /// Ends the recipe with what all estimators share behind their own part of the graph.
    fn complete(mut self, terms: FitTerms, evidence: Evidence) -> Recipe {
        let FitTerms { mut outputs, calibration } = terms;
        let Draft { options, measured, .. } = self;
        outputs.loss = objective::with_variation(&mut self.graph, outputs.loss, outputs.restored, options.tv_weight);
        outputs.loss = dejpeg::with_smooth_chroma(&mut self.graph, outputs, options, measured);
        if options.optimizer == Optimizer::Muon {
            self.graph.update_matrices_by_muon();
        }
        let stop = StopRule { patience: options.early_stop, evidence };
        let schedule = Schedule::of(options);
        Recipe { graph: self.graph.finish(outputs), schedule, stop, calibration, finish: self.finish }
    }
}
