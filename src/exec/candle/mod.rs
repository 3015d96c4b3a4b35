//! The candle executor. It runs a graph on any device that candle knows; on the CPU it is the judge that the static
//! plan is compared with. The ops are made of candle's. The walk over the nodes and its way back are written here, so
//! that a value lives no longer than it is needed and no gradient is added to a tensor of zeros.

mod autograd;
mod batch_norm;
mod concat;
mod conv;
mod crop;
mod data_term;
mod elementwise;
mod fill;
mod fitted_tensors;
mod group;
mod hide;
mod host;
mod leaky_relu;
mod memory;
mod mix;
mod muon;
mod noise;
mod op;
mod optimizer;
mod prepared;
mod resample;
mod sigmoid;
mod variation;
mod walk;
mod weighted_sum;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use candle_core::Tensor;

use super::{Device, Evaluation, Executor, ExecutorState, Pace, Reading, Scalars};
use crate::error::{Error, Result};
use crate::exec::state::PictureBuffer;
use crate::graph::Graph;
use fitted_tensors::FittedTensors;
use host::{failed, read_all};
pub(super) use memory::memory_bytes;
use prepared::PreparedGraph;

/// The number of samples of the matrix of a convolution, at most: 256 MiB.
const COLUMN_SAMPLES: usize = 1 << 26;

/// An executor that runs a graph with candle's tensors. Call its methods inside a [`super::Pool`], on whose threads
/// noise is drawn. On a CPU candle starts threads of its own besides, which the process keeps.
pub struct CandleExecutor {
    prepared: PreparedGraph,
    fitted: FittedTensors,
    snapshot: Option<Tensor>,
    checkpoint: Option<FittedTensors>,
}

impl CandleExecutor {
    /// Opens an executor of a graph on any device, a CPU too.
    ///
    /// # Errors
    /// `Device` where the device has no room for constants and parameters.
    pub fn new(graph: Arc<Graph>, device: &Device) -> Result<Self> {
        Self::with_column_samples(graph, device, COLUMN_SAMPLES)
    }

    /// Opens an executor in which the matrix of a convolution has about `column_samples` samples at most; it is made in
    /// parts where it would have more.
    ///
    /// # Errors
    /// `Device` where the device has no room for constants and parameters.
    pub fn with_column_samples(graph: Arc<Graph>, device: &Device, column_samples: usize) -> Result<Self> {
        let device = device.candle()?;
        let fitted = FittedTensors::new(&graph, &device)?;
        let prepared = PreparedGraph::new(graph, &device, column_samples)?;
        Ok(CandleExecutor { prepared, fitted, snapshot: None, checkpoint: None })
    }

    /// Runs one iteration; its four scalars stay on the device. None when it was cancelled, and then nothing has
    /// changed.
    fn iteration(&mut self, iteration: u32, pace: Pace, cancel: &AtomicBool) -> Result<Option<[Tensor; 4]>> {
        let Some(pass) = self.prepared.run(&self.fitted.parameters, iteration, cancel)? else {
            return Ok(None);
        };
        let (updated, deviation) = self.fitted.next(&pass, pace).map_err(failed("the update"))?;
        // From here on nothing can fail, and before it nothing has changed.
        if cancel.load(Ordering::Relaxed) {
            return Ok(None);
        }
        self.fitted = updated;
        Ok(Some([pass.loss, pass.data_term, deviation, pass.risk]))
    }

    fn picture(&self, reading: Reading) -> Result<&Tensor> {
        let picture = match reading {
            Reading::Latest => self.fitted.latest.as_ref(),
            Reading::Average => self.fitted.average.as_ref(),
            Reading::Snapshot => self.snapshot.as_ref(),
        };
        picture.ok_or_else(|| Error::Internal(format!("there is no picture {reading:?} yet")))
    }
}

impl Executor for CandleExecutor {
    fn iterate(&mut self, first: u32, paces: &[Pace], cancel: &AtomicBool, ring: &mut Vec<Scalars>) -> Result<()> {
        let mut scalars = Vec::with_capacity(4 * paces.len());
        for (iteration, pace) in (first..).zip(paces) {
            match self.iteration(iteration, *pace, cancel)? {
                Some(four) => scalars.extend(four),
                None => break,
            }
        }
        let has_risk = self.prepared.graph().risk.is_some();
        for four in read_all(&scalars)?.chunks_exact(4) {
            let risk = has_risk.then_some(four[3]);
            ring.push(Scalars { loss: four[0], data_term: four[1], deviation: four[2], risk });
        }
        Ok(())
    }

    fn read(&self, reading: Reading, out: &mut [f32]) -> Result<()> {
        let samples = host::read(self.picture(reading)?)?;
        if samples.len() != out.len() {
            return Err(Error::Internal(format!("a picture of {} samples, read into {}", samples.len(), out.len())));
        }
        out.copy_from_slice(&samples);
        Ok(())
    }

    fn snapshot(&mut self) -> Result<()> {
        self.snapshot = Some(self.picture(Reading::Average)?.clone());
        Ok(())
    }

    fn checkpoint(&mut self) -> Result<()> {
        // Tensors are never written in place, so keeping them costs nothing until the next update.
        self.checkpoint = Some(self.fitted.clone());
        Ok(())
    }

    fn restore(&mut self) -> Result<()> {
        match &self.checkpoint {
            Some(checkpoint) => self.fitted = checkpoint.clone(),
            None => return Err(Error::Internal("there is no checkpoint to go back to".into())),
        }
        Ok(())
    }

    fn evaluate(&mut self, iteration: u32) -> Result<Evaluation> {
        let never = AtomicBool::new(false);
        let Some(pass) = self.prepared.run(&self.fitted.parameters, iteration, &never)? else {
            return Err(Error::Internal("an evaluation cancelled itself".into()));
        };
        let scalars = read_all(&[pass.loss, pass.data_term, pass.risk])?;
        let gradient = |(gradient, parameter): (&Option<Tensor>, &Tensor)| match gradient {
            Some(gradient) => host::read(gradient),
            None => Ok(vec![0.0; parameter.elem_count()]),
        };
        Ok(Evaluation {
            restored: host::read(&pass.restored)?,
            loss: scalars[0],
            data_term: scalars[1],
            risk: self.prepared.graph().risk.map(|_| scalars[2]),
            gradients: pass.gradients.iter().zip(&self.fitted.parameters).map(gradient).collect::<Result<_>>()?,
        })
    }

    fn state(&self) -> Result<ExecutorState> {
        let mut state = self.fitted.state(self.prepared.graph())?;
        if let Some(snapshot) = &self.snapshot {
            state.buffers.insert(PictureBuffer::Snapshot.name().into(), host::read(snapshot)?);
        }
        Ok(state)
    }

    fn checkpoint_state(&self) -> Result<ExecutorState> {
        match &self.checkpoint {
            Some(checkpoint) => checkpoint.state(self.prepared.graph()),
            None => Err(Error::Internal("there is no checkpoint yet".into())),
        }
    }

    fn load(&mut self, state: &ExecutorState) -> Result<()> {
        let mut fitted = self.fitted.clone();
        let mut snapshot = self.snapshot.clone();
        for (name, samples) in &state.buffers {
            if name == PictureBuffer::Snapshot.name() {
                snapshot = Some(self.prepared.picture(samples)?);
            } else {
                fitted.load(&self.prepared, name, samples)?;
            }
        }
        fitted.optimizer.updates = state.updates;
        self.fitted = fitted;
        self.snapshot = snapshot;
        Ok(())
    }
}
