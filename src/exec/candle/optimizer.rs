//! The update of all parameters, each by its rule; see [`crate::exec::rules`].

use std::collections::BTreeMap;

use candle_core::{Result, Tensor};
use rayon::prelude::*;

use super::Pace;
use super::batch::Batch;
use super::host::{samples, tensor_like};
use super::muon;
use super::op::Route;
use crate::exec::rules::adam::{EPSILON, FIRST_DECAY, Factors, SECOND_DECAY};
use crate::graph::{Graph, Update};

/// What the rules remember, and the number of updates.
#[derive(Clone)]
pub(super) struct Optimizer {
    rules: Vec<Update>,
    /// Moving means of the gradients, in the order of the parameters; Muon's momentum.
    pub first: Vec<Tensor>,
    /// Moving means of their squares; Muon's parameters do not use them.
    pub second: Vec<Tensor>,
    pub updates: u32,
    route: Route,
}

/// A parameter, its first and its second moment.
pub(super) type Three = [Tensor; 3];

impl Optimizer {
    pub fn new(graph: &Graph, parameters: &[Tensor], route: Route) -> Result<Self> {
        let first = parameters.iter().map(Tensor::zeros_like).collect::<Result<Vec<_>>>()?;
        let rules = graph.parameters.iter().map(|parameter| parameter.update).collect();
        Ok(Optimizer { rules, second: first.clone(), first, updates: 0, route })
    }

    /// The parameters after a step against the gradients. One without gradient stays as it is, as do
    /// its moments.
    pub fn update(&mut self, parameters: &[Tensor], gradients: &[Option<Tensor>], pace: Pace) -> Result<Vec<Tensor>> {
        self.updates += 1;
        let factors = Factors::new(pace.learning_rate, self.updates);
        let all = (0..parameters.len())
            .map(|index| [parameters[index].clone(), self.first[index].clone(), self.second[index].clone()])
            .collect();
        let updated = match self.route {
            Route::Kernels => self.one_by_one(all, gradients, factors, pace)?,
            Route::Composed => self.together(all, gradients, factors, pace)?,
        };
        let mut parameters = Vec::with_capacity(updated.len());
        for (index, [parameter, first, second]) in updated.into_iter().enumerate() {
            parameters.push(parameter);
            self.first[index] = first;
            self.second[index] = second;
        }
        Ok(parameters)
    }

    /// In the host's memory.
    fn one_by_one(
        &self,
        all: Vec<Three>,
        gradients: &[Option<Tensor>],
        factors: Factors,
        pace: Pace,
    ) -> Result<Vec<Three>> {
        let update = |(index, three): (usize, Three)| match (&gradients[index], self.rules[index]) {
            (None, _) => Ok(three),
            (Some(gradient), Update::Adam) => updated(three, gradient, factors),
            (Some(gradient), Update::Muon) => {
                let [parameter, first, second] = three;
                let [parameter, first] = muon::on_host(&parameter, &first, gradient, pace.matrix_learning_rate)?;
                Ok([parameter, first, second])
            }
        };
        all.into_par_iter().enumerate().map(update).collect()
    }

    /// All of Adam's as one, and all of Muon's that have the same shape: on a GPU small ones cost what their
    /// launches cost.
    fn together(
        &self,
        mut all: Vec<Three>,
        gradients: &[Option<Tensor>],
        factors: Factors,
        pace: Pace,
    ) -> Result<Vec<Three>> {
        let mut groups = BTreeMap::<Option<[usize; 2]>, Batch>::new();
        for (index, gradient) in gradients.iter().enumerate() {
            let Some(gradient) = gradient else { continue };
            let matrix = (self.rules[index] == Update::Muon).then(|| muon::matrix(&all[index][0]));
            groups.entry(matrix).or_default().push(index, gradient);
        }
        for (matrix, batch) in groups {
            let [parameter, first, second] = [0, 1, 2].map(|which| batch.joined(&all, which));
            let (first, gradient) = (first?, batch.gradient()?);
            let updated = match matrix {
                None => composed([parameter?, first, second?], &gradient, factors)?.to_vec(),
                Some(shape) => {
                    muon::composed(&parameter?, &first, &gradient, pace.matrix_learning_rate, shape)?.to_vec()
                }
            };
            batch.part(&updated, &mut all)?;
        }
        Ok(all)
    }
}

fn updated([parameter, first, second]: Three, gradient: &Tensor, factors: Factors) -> Result<Three> {
    /// Samples of a task.
    const CHUNK: usize = 1 << 14;
    let gradient = samples(gradient)?;
    let mut new = [samples(&parameter)?.to_vec(), samples(&first)?.to_vec(), samples(&second)?.to_vec()];
    let [p, m, v] = &mut new;
    let chunks = p.par_chunks_mut(CHUNK).zip(m.par_chunks_mut(CHUNK)).zip(v.par_chunks_mut(CHUNK));
    chunks.zip(gradient.par_chunks(CHUNK)).for_each(|(((p, m), v), gradient)| {
        for (((p, m), v), g) in p.iter_mut().zip(m).zip(v).zip(gradient) {
            *m = FIRST_DECAY as f32 * *m + (1.0 - FIRST_DECAY) as f32 * g;
            *v = SECOND_DECAY as f32 * *v + (1.0 - SECOND_DECAY) as f32 * g * g;
            *p -= factors.rate * *m / (v.sqrt() * factors.scale + EPSILON);
        }
    });
    let [p, m, v] = new;
    Ok([tensor_like(p, &parameter)?, tensor_like(m, &first)?, tensor_like(v, &second)?])
}

fn composed([parameter, first, second]: Three, gradient: &Tensor, factors: Factors) -> Result<Three> {
    let times = |tensor: &Tensor, factor: f64| tensor.affine(factor, 0.0);
    let first = (times(&first, FIRST_DECAY)? + times(gradient, 1.0 - FIRST_DECAY)?)?;
    let second = (times(&second, SECOND_DECAY)? + times(&gradient.sqr()?, 1.0 - SECOND_DECAY)?)?;
    let root = second.sqrt()?.affine(f64::from(factors.scale), f64::from(EPSILON))?;
    let parameter = (parameter - times(&(&first / root)?, f64::from(factors.rate))?)?;
    Ok([parameter, first, second])
}
