//! Everything that iterations change. Tensors are replaced, never written in place: so an iteration that ends early has
//! changed nothing, and a checkpoint is a clone.

use candle_core::{DType, Device, Result, Tensor};

use super::elementwise::{mean_by, mean_square_distance, scaled, weighted};
use super::host::{self, failed};
use super::optimizer::GroupedOptimizer;
use super::prepared::PreparedGraph;
use super::walk::Pass;
use super::{ExecutorState, Pace};
use crate::error::{Error, Result as EngineResult};
use crate::exec::MEAN_WEIGHT;
use crate::exec::state::{PictureBuffer, Slot, StateBuffer};
use crate::graph::Graph;

/// Parameters, what their rules remember, and pictures.
#[derive(Clone)]
pub(super) struct FittedTensors {
    /// The parameters in the graph's order.
    pub parameters: Vec<Tensor>,
    pub optimizer: GroupedOptimizer,
    /// Output of the last iteration.
    pub latest: Option<Tensor>,
    /// Moving average of the outputs.
    pub average: Option<Tensor>,
    /// Exponential mean of the outputs, behind the moving variance.
    pub mean: Option<Tensor>,
    /// Moving average of how much each sample has counted; None where all do.
    pub counted: Option<Tensor>,
}

impl FittedTensors {
    /// The initial parameters, before any iteration.
    pub fn new(graph: &Graph, device: &Device) -> EngineResult<Self> {
        let initial = graph.initial_parameters()?;
        let mut rest = &initial[..];
        let upload = |parameter: &crate::graph::Parameter| {
            let (samples, others) = rest.split_at(parameter.samples());
            rest = others;
            Tensor::from_slice(samples, parameter.dims.as_slice(), device)
        };
        let parameters = graph.parameters.iter().map(upload);
        let parameters = parameters.collect::<Result<Vec<_>>>().map_err(failed("parameters"))?;
        let optimizer = GroupedOptimizer::new(graph, &parameters).map_err(failed("the optimizer"))?;
        Ok(FittedTensors { parameters, optimizer, latest: None, average: None, mean: None, counted: None })
    }

    /// The tensors after an iteration, and the deviation of its output.
    pub fn next(&self, pass: &Pass, pace: Pace) -> Result<(FittedTensors, Tensor)> {
        let mut optimizer = self.optimizer.clone();
        let parameters = optimizer.update(&self.parameters, &pass.gradients, pace)?;
        let x = &pass.restored;
        let deviation = match &self.mean {
            Some(mean) => mean_square_distance(x, mean)?,
            None => Tensor::zeros((), DType::F32, x.device())?,
        };
        let mean = moved(self.mean.as_ref(), x, 1.0 - MEAN_WEIGHT)?;
        let (average, counted) = self.averaged(x, pass.counted.as_ref(), pace.average_weight)?;
        let (latest, average, mean) = (Some(x.clone()), Some(average), Some(mean));
        Ok((FittedTensors { parameters, optimizer, latest, average, mean, counted }, deviation))
    }

    /// The moving average, and that of how much samples have counted.
    fn averaged(&self, x: &Tensor, now: Option<&Tensor>, weight: f32) -> Result<(Tensor, Option<Tensor>)> {
        let Some(now) = now else {
            return Ok((moved(self.average.as_ref(), x, weight)?, None));
        };
        let fresh = scaled(now, f64::from(1.0 - weight))?;
        let (Some(average), Some(counted)) = (&self.average, &self.counted) else {
            return Ok((x.clone(), Some(fresh)));
        };
        let before = scaled(counted, f64::from(weight))?;
        let counted = (&before + &fresh)?;
        // x itself where nothing has counted yet.
        let moved = mean_by([average, x], [&before, &fresh])?;
        Ok((moved, Some(counted)))
    }

    /// A copy in the host's memory, by name.
    pub fn state(&self, graph: &Graph) -> EngineResult<ExecutorState> {
        let mut state = ExecutorState { updates: self.optimizer.updates, ..ExecutorState::default() };
        for (slot, index, name) in StateBuffer::of_parameters(graph) {
            let tensors = match slot {
                Slot::Value => &self.parameters,
                Slot::First => &self.optimizer.first,
                Slot::Second => &self.optimizer.second,
            };
            state.buffers.insert(name, host::read(&tensors[index])?);
        }
        for picture in PictureBuffer::ALL {
            if let Some(tensor) = self.picture(picture) {
                state.buffers.insert(picture.name().into(), host::read(tensor)?);
            }
        }
        Ok(state)
    }

    /// The tensor of a picture; the snapshot is not among them.
    fn picture(&self, picture: PictureBuffer) -> Option<&Tensor> {
        match picture {
            PictureBuffer::Latest => self.latest.as_ref(),
            PictureBuffer::Average => self.average.as_ref(),
            PictureBuffer::Mean => self.mean.as_ref(),
            PictureBuffer::Counted => self.counted.as_ref(),
            PictureBuffer::Snapshot => None,
        }
    }

    /// Replaces the buffer of this name.
    ///
    /// # Errors
    /// `Internal` for a buffer that this graph has not, and for another number of samples.
    pub fn load(&mut self, prepared: &PreparedGraph, name: &str, samples: &[f32]) -> EngineResult<()> {
        let missing = || Error::Internal(format!("this graph has no buffer {name}"));
        match StateBuffer::named(name, prepared.graph()).ok_or_else(missing)? {
            StateBuffer::Picture(picture) => {
                let place = match picture {
                    PictureBuffer::Latest => &mut self.latest,
                    PictureBuffer::Average => &mut self.average,
                    PictureBuffer::Mean => &mut self.mean,
                    PictureBuffer::Counted if prepared.graph().counted.is_some() => &mut self.counted,
                    PictureBuffer::Counted | PictureBuffer::Snapshot => return Err(missing()),
                };
                *place = Some(prepared.picture(samples)?);
            }
            StateBuffer::Parameter(slot, index) => {
                let tensors = match slot {
                    Slot::Value => &mut self.parameters,
                    Slot::First => &mut self.optimizer.first,
                    Slot::Second => &mut self.optimizer.second,
                };
                tensors[index] = prepared.upload(samples, tensors[index].dims())?;
            }
        }
        Ok(())
    }
}

/// `weight` of the past and the rest of x; x itself where there is no past.
fn moved(past: Option<&Tensor>, x: &Tensor, weight: f32) -> Result<Tensor> {
    match past {
        Some(past) if weight > 0.0 => weighted(past, x, [weight, 1.0 - weight]),
        Some(_) | None => Ok(x.clone()),
    }
}
