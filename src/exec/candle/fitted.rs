//! Everything that iterations change. Tensors are replaced, never written in place: so an iteration
//! that ends early has changed nothing, and a checkpoint is a clone.

use candle_core::{DType, Device, Result, Tensor};

use super::elementwise;
use super::host::{self, failed};
use super::op::Route;
use super::optimizer::Optimizer;
use super::plan::Plan;
use super::walk::Pass;
use super::{Pace, State};
use crate::error::{Error, Result as EngineResult};
use crate::exec::MEAN_WEIGHT;
use crate::graph::{Graph, Update};

#[derive(Clone)]
pub(super) struct Fitted {
    route: Route,
    /// In the graph's order.
    pub parameters: Vec<Tensor>,
    pub optimizer: Optimizer,
    /// Output of the last iteration.
    pub latest: Option<Tensor>,
    /// Moving average of the outputs.
    pub average: Option<Tensor>,
    /// Exponential mean of the outputs, behind the moving variance.
    pub mean: Option<Tensor>,
    /// Moving average of how much each sample has counted; None where all do.
    pub counted: Option<Tensor>,
}

impl Fitted {
    /// The initial parameters, before any iteration.
    pub fn new(graph: &Graph, device: &Device, route: Route) -> EngineResult<Self> {
        let initial = graph.initial_parameters()?;
        let mut rest = &initial[..];
        let upload = |parameter: &crate::graph::Parameter| {
            let (samples, others) = rest.split_at(parameter.samples());
            rest = others;
            Tensor::from_slice(samples, parameter.dims.as_slice(), device)
        };
        let parameters = graph.parameters.iter().map(upload);
        let parameters = parameters.collect::<Result<Vec<_>>>().map_err(failed("parameters"))?;
        let optimizer = Optimizer::new(graph, &parameters, route).map_err(failed("the optimizer"))?;
        Ok(Fitted { route, parameters, optimizer, latest: None, average: None, mean: None, counted: None })
    }

    /// After an iteration, with the deviation of its output.
    pub fn next(&self, pass: &Pass, pace: Pace) -> Result<(Fitted, Tensor)> {
        let mut optimizer = self.optimizer.clone();
        let parameters = optimizer.update(&self.parameters, &pass.gradients, pace)?;
        let x = &pass.restored;
        let deviation = match &self.mean {
            Some(mean) => elementwise::mean_square_distance(self.route, x, mean)?,
            None => Tensor::zeros((), DType::F32, x.device())?,
        };
        let mean = self.moved(self.mean.as_ref(), x, 1.0 - MEAN_WEIGHT)?;
        let (average, counted) = self.averaged(x, pass.counted.as_ref(), pace.average_weight)?;
        let (latest, average, mean) = (Some(x.clone()), Some(average), Some(mean));
        Ok((Fitted { route: self.route, parameters, optimizer, latest, average, mean, counted }, deviation))
    }

    /// `weight` of the past and the rest of x; x itself where there is no past.
    fn moved(&self, past: Option<&Tensor>, x: &Tensor, weight: f32) -> Result<Tensor> {
        match past {
            Some(past) if weight > 0.0 => elementwise::weighted(self.route, past, x, [weight, 1.0 - weight]),
            _ => Ok(x.clone()),
        }
    }

    /// The moving average, and that of how much samples have counted.
    fn averaged(&self, x: &Tensor, now: Option<&Tensor>, weight: f32) -> Result<(Tensor, Option<Tensor>)> {
        let Some(now) = now else {
            return Ok((self.moved(self.average.as_ref(), x, weight)?, None));
        };
        let fresh = elementwise::scaled(self.route, now, 1.0 - weight)?;
        let (Some(average), Some(counted)) = (&self.average, &self.counted) else {
            return Ok((x.clone(), Some(fresh)));
        };
        let before = elementwise::scaled(self.route, counted, weight)?;
        let counted = elementwise::sum(self.route, &before, &fresh)?;
        // x itself where nothing has counted yet.
        let moved = elementwise::mean_by(self.route, [average, x], [&before, &fresh])?;
        Ok((moved, Some(counted)))
    }

    pub fn state(&self, graph: &Graph) -> EngineResult<State> {
        let mut state = State { updates: self.optimizer.updates, ..State::default() };
        for (index, parameter) in graph.parameters.iter().enumerate() {
            let Optimizer { first, second, .. } = &self.optimizer;
            let groups: &[_] = match parameter.update {
                Update::Adam => &[("parameter", &self.parameters), ("adam.first", first), ("adam.second", second)],
                Update::Muon => &[("parameter", &self.parameters), ("muon.momentum", first)],
            };
            for (group, tensors) in groups {
                state.buffers.insert(format!("{group}.{}", parameter.name), host::read(&tensors[index])?);
            }
        }
        let pictures = [("latest", &self.latest), ("average", &self.average), ("mean", &self.mean)];
        for (name, picture) in pictures.into_iter().chain([("counted", &self.counted)]) {
            if let Some(picture) = picture {
                state.buffers.insert(name.into(), host::read(picture)?);
            }
        }
        Ok(state)
    }

    /// Replaces one buffer of a state.
    pub fn load(&mut self, plan: &Plan, name: &str, samples: &[f32]) -> EngineResult<()> {
        match name {
            "latest" => self.latest = Some(plan.picture(samples)?),
            "average" => self.average = Some(plan.picture(samples)?),
            "mean" => self.mean = Some(plan.picture(samples)?),
            "counted" if plan.graph().counted.is_some() => self.counted = Some(plan.picture(samples)?),
            _ => {
                let buffer = self.buffer(plan.graph(), name)?;
                *buffer = plan.upload(samples, buffer.dims())?;
            }
        }
        Ok(())
    }

    fn buffer(&mut self, graph: &Graph, name: &str) -> EngineResult<&mut Tensor> {
        let groups = ["parameter", "adam.first", "adam.second", "muon.momentum"];
        let of = |group: &'static str| Some((group, name.strip_prefix(group)?.strip_prefix('.')?));
        let found = groups.into_iter().find_map(of).and_then(|(group, rest)| {
            let index = graph.parameters.iter().position(|parameter| parameter.name == rest)?;
            let Optimizer { first, second, .. } = &mut self.optimizer;
            let tensors = match (group, graph.parameters[index].update) {
                ("parameter", _) => &mut self.parameters,
                ("adam.first", Update::Adam) | ("muon.momentum", Update::Muon) => first,
                ("adam.second", Update::Adam) => second,
                _ => return None,
            };
            tensors.get_mut(index)
        });
        if let Some(tensor) = found {
            return Ok(tensor);
        }
        Err(Error::Internal(format!("this graph has no buffer {name}")))
    }
}
