//! Everything that iterations change. Tensors are replaced, never written in place: so an iteration
//! that ends early has changed nothing, and a checkpoint is a clone.

use candle_core::{DType, Device, Result, Tensor};

use super::elementwise;
use super::host::{self, failed};
use super::op::Route;
use super::optimizer::Adam;
use super::plan::Plan;
use super::walk::Pass;
use super::{Pace, State};
use crate::error::{Error, Result as EngineResult};
use crate::exec::MEAN_WEIGHT;
use crate::graph::Graph;

#[derive(Clone)]
pub(super) struct Fitted {
    route: Route,
    /// In the graph's order.
    pub parameters: Vec<Tensor>,
    pub adam: Adam,
    /// Output of the last iteration.
    pub latest: Option<Tensor>,
    /// Moving average of the outputs.
    pub average: Option<Tensor>,
    /// Exponential mean of the outputs, behind the moving variance.
    pub mean: Option<Tensor>,
}

impl Fitted {
    /// The initial parameters, before any iteration.
    pub fn new(graph: &Graph, device: &Device, route: Route) -> EngineResult<Self> {
        let upload = |(samples, parameter): (Vec<f32>, &crate::graph::Parameter)| {
            Tensor::from_vec(samples, parameter.dims.as_slice(), device)
        };
        let parameters = graph.initial_parameters().into_iter().zip(&graph.parameters).map(upload);
        let parameters = parameters.collect::<Result<Vec<_>>>().map_err(failed("parameters"))?;
        let adam = Adam::new(&parameters, route).map_err(failed("adam"))?;
        Ok(Fitted { route, parameters, adam, latest: None, average: None, mean: None })
    }

    /// After an iteration, with the deviation of its output.
    pub fn next(&self, pass: &Pass, pace: Pace) -> Result<(Fitted, Tensor)> {
        let mut adam = self.adam.clone();
        let parameters = adam.update(&self.parameters, &pass.gradients, pace.learning_rate)?;
        let x = &pass.restored;
        // `weight` of the past and the rest of x; x itself where there is no past.
        let moved = |past: Option<&Tensor>, weight: f32| match past {
            Some(past) if weight > 0.0 => elementwise::weighted(self.route, past, x, [weight, 1.0 - weight]),
            _ => Ok(x.clone()),
        };
        let average = moved(self.average.as_ref(), pace.average_weight)?;
        let deviation = match &self.mean {
            Some(mean) => elementwise::mean_square_distance(self.route, x, mean)?,
            None => Tensor::zeros((), DType::F32, x.device())?,
        };
        let mean = moved(self.mean.as_ref(), 1.0 - MEAN_WEIGHT)?;
        let latest = Some(x.clone());
        Ok((
            Fitted { route: self.route, parameters, adam, latest, average: Some(average), mean: Some(mean) },
            deviation,
        ))
    }

    pub fn state(&self, graph: &Graph) -> EngineResult<State> {
        let mut state = State { updates: self.adam.updates, ..State::default() };
        for (group, tensors) in self.groups() {
            for (parameter, tensor) in graph.parameters.iter().zip(tensors) {
                state.buffers.insert(format!("{group}.{}", parameter.name), host::read(tensor)?);
            }
        }
        for (name, picture) in [("latest", &self.latest), ("average", &self.average), ("mean", &self.mean)] {
            if let Some(picture) = picture {
                state.buffers.insert(name.into(), host::read(picture)?);
            }
        }
        Ok(state)
    }

    fn groups(&self) -> [(&'static str, &Vec<Tensor>); 3] {
        [("parameter", &self.parameters), ("adam.first", &self.adam.first), ("adam.second", &self.adam.second)]
    }

    /// Replaces one buffer of a state.
    pub fn load(&mut self, plan: &Plan, name: &str, samples: &[f32]) -> EngineResult<()> {
        match name {
            "latest" => self.latest = Some(plan.picture(samples)?),
            "average" => self.average = Some(plan.picture(samples)?),
            "mean" => self.mean = Some(plan.picture(samples)?),
            _ => {
                let buffer = self.buffer(plan.graph(), name)?;
                *buffer = plan.upload(samples, buffer.dims())?;
            }
        }
        Ok(())
    }

    fn buffer(&mut self, graph: &Graph, name: &str) -> EngineResult<&mut Tensor> {
        let groups = [
            ("parameter.", &mut self.parameters),
            ("adam.first.", &mut self.adam.first),
            ("adam.second.", &mut self.adam.second),
        ];
        for (prefix, tensors) in groups {
            let of_group = name.strip_prefix(prefix);
            let index = of_group.and_then(|rest| graph.parameters.iter().position(|parameter| parameter.name == rest));
            if let Some(index) = index {
                return Ok(&mut tensors[index]);
            }
        }
        Err(Error::Internal(format!("this graph has no buffer {name}")))
    }
}
