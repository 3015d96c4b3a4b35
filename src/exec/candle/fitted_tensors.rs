//! The tensors that iterations change. A tensor is replaced, never written in place: so an iteration that ends early
//! has changed nothing, and a checkpoint is a clone.

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

/// All parameters, what the rules of their update remember, and the pictures.
#[derive(Clone)]
pub(super) struct FittedTensors {
    /// The parameters in the graph's order.
    pub parameters: Vec<Tensor>,
    pub optimizer: GroupedOptimizer,
    /// The output of the last iteration.
    pub latest: Option<Tensor>,
    /// The moving average of the outputs.
    pub average: Option<Tensor>,
    /// The exponential mean of the outputs, from which the deviation is measured.
    pub mean: Option<Tensor>,
    /// The moving average of how much each sample has counted; None where all count fully.
    pub counted: Option<Tensor>,
}

impl FittedTensors {
    /// The initial parameters of a graph, before any iteration.
    ///
    /// # Errors
    /// `OutOfMemory`, or `Device` where the device has no room.
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

    /// Computes the tensors after an iteration, and the mean squared distance of its output from the exponential mean
    /// before.
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

    /// Computes the moving average after an iteration, and that of how much samples have counted.
    fn averaged(&self, x: &Tensor, now: Option<&Tensor>, weight: f32) -> Result<(Tensor, Option<Tensor>)> {
        let Some(now) = now else {
            return Ok((moved(self.average.as_ref(), x, weight)?, None));
        };
        let fresh = scaled(now, f64::from(1.0 - weight))?;
        // A weight of 0 must also forget what is not finite.
        let past = self.average.as_ref().zip(self.counted.as_ref()).filter(|_| weight != 0.0);
        let Some((average, counted)) = past else {
            return Ok((x.clone(), Some(fresh)));
        };
        let before = scaled(counted, f64::from(weight))?;
        let counted = (&before + &fresh)?;
        // x itself where nothing has counted yet.
        let moved = mean_by([average, x], [&before, &fresh])?;
        Ok((moved, Some(counted)))
    }

    /// Copies all buffers to the host's memory, by name.
    ///
    /// # Errors
    /// `Device`.
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

    /// The tensor of a picture; None for the snapshot, which the executor itself keeps.
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
    /// `Internal` for a buffer that this graph does not have, and for another number of samples.
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

/// Moves an average towards x: `weight` of the past stays. It is x itself where there is no past.
fn moved(past: Option<&Tensor>, x: &Tensor, weight: f32) -> Result<Tensor> {
    match past {
        Some(past) if weight > 0.0 => weighted(past, x, [weight, 1.0 - weight]),
        Some(_) | None => Ok(x.clone()),
    }
}
