//! The paper's fit: a network of a fixed input, or the picture itself, whose degradation is compared with all that is
//! observed.

use super::chroma;
use super::fit_terms::FitTerms;
use super::input;
use super::observation::Observation;
use crate::error::Result;
use crate::graph::{GraphBuilder, Init, NodeId, Outputs, Resample, Shape};
use crate::nets::SkipNet;
use crate::objective;
use crate::options::ResolvedOptions;
use crate::pixels::{Picture, Size};
use crate::tasks::frame::PaddingFrame;

/// The parts that the published fit is made of.
pub struct PublishedFit<'a> {
    pub options: &'a ResolvedOptions,
    /// The network; none where the picture itself is fitted.
    pub network: Option<&'a SkipNet>,
    pub frame: &'a PaddingFrame,
    /// The picture that the network is fed, where it is fed one.
    pub shown: &'a Picture,
    /// What made the degraded picture small, for super-resolution.
    pub reduction: Option<Resample>,
}

impl PublishedFit<'_> {
    /// Appends network, degradation and loss.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn append(self, graph: &mut GraphBuilder, given: Observation) -> Result<FitTerms> {
        let PublishedFit { options, frame, .. } = self;
        let channels = given.degraded.channels;
        let restored = match self.network {
            Some(network) => {
                let z = input::append(graph, options, self.shown, frame)?;
                network.append(graph, z)
            }
            None => fitted_picture(graph, channels, frame.restored()),
        };
        let mut predicted = restored;
        if let Some(reduction) = self.reduction {
            predicted = graph.resample(restored, reduction);
        }
        let mut given = given;
        if chroma::is_weighed(options, channels) {
            predicted = chroma::mix(graph, predicted);
            given = chroma::in_luma_and_chroma(&given);
        }
        let calibration = given.calibration();
        let term = objective::weighted(graph, predicted, given.degraded.samples, given.weight.samples);
        Ok(FitTerms { outputs: Outputs::fitted(restored, term), calibration })
    }
}

/// Appends a picture that is fitted itself, as in the paper's prior experiment: it starts as uniform noise in 0..0.1.
fn fitted_picture(graph: &mut GraphBuilder, channels: usize, size: Size) -> NodeId {
    graph.fitted_picture("picture", Shape::new(channels, size.height, size.width), Init::Uniform(0.0, 0.1))
}
