//! The optimiser: the update of all parameters, each by its rule; see [`crate::exec::rules`].

use std::collections::BTreeMap;

use candle_core::{Result, Tensor};

use super::Pace;
use super::elementwise::scaled;
use super::group::ParameterGroup;
use super::muon;
use crate::exec::rules::adam::{EPSILON, FIRST_DECAY, Factors, SECOND_DECAY};
use crate::graph::{Graph, Update};

/// What the rules of all parameters remember. All of Adam's parameters are updated as one, and so are all of Muon's
/// that have the same shape: on a GPU small ones cost what their launches cost.
#[derive(Clone)]
pub(super) struct GroupedOptimizer {
    rules: Vec<Update>,
    /// For each parameter the moving mean of its gradients, or Muon's momentum.
    pub first: Vec<Tensor>,
    /// For each parameter the moving mean of its squared gradients, which Muon does not use.
    pub second: Vec<Tensor>,
    /// The number of updates so far.
    pub updates: u32,
}

impl GroupedOptimizer {
    /// The optimiser before the first update.
    pub fn new(graph: &Graph, parameters: &[Tensor]) -> Result<Self> {
        let first = parameters.iter().map(Tensor::zeros_like).collect::<Result<Vec<_>>>()?;
        let rules = graph.parameters.iter().map(|parameter| parameter.update).collect();
        Ok(GroupedOptimizer { rules, second: first.clone(), first, updates: 0 })
    }

    /// Computes the parameters after a step against the gradients. A parameter without a gradient stays as it is, as do
    /// its moments.
    pub fn update(&mut self, parameters: &[Tensor], gradients: &[Option<Tensor>], pace: Pace) -> Result<Vec<Tensor>> {
        self.updates += 1;
        let factors = Factors::new(pace.learning_rate, self.updates);
        let mut parameters = parameters.to_vec();
        for (matrix, group) in self.groups(&parameters, gradients) {
            match matrix {
                None => self.update_by_adam(&group, &mut parameters, factors)?,
                Some(shape) => self.update_by_muon(&group, &mut parameters, pace.matrix_learning_rate, shape)?,
            }
        }
        Ok(parameters)
    }

    /// Groups the parameters that have a gradient: all of Adam's, and Muon's by the shape of their matrix.
    fn groups(
        &self,
        parameters: &[Tensor],
        gradients: &[Option<Tensor>],
    ) -> BTreeMap<Option<[usize; 2]>, ParameterGroup> {
        let mut groups = BTreeMap::<Option<[usize; 2]>, ParameterGroup>::new();
        for (index, gradient) in gradients.iter().enumerate() {
            let Some(gradient) = gradient else { continue };
            let matrix = match self.rules[index] {
                Update::Adam => None,
                Update::Muon => Some(muon::matrix(&parameters[index])),
            };
            groups.entry(matrix).or_default().push(index, gradient);
        }
        groups
    }

    fn update_by_adam(&mut self, group: &ParameterGroup, parameters: &mut [Tensor], factors: Factors) -> Result<()> {
        let (gradient, parameter) = (group.gradient()?, group.joined(parameters)?);
        let (first, second) = (group.joined(&self.first)?, group.joined(&self.second)?);
        let first = (scaled(&first, FIRST_DECAY)? + scaled(&gradient, 1.0 - FIRST_DECAY)?)?;
        let second = (scaled(&second, SECOND_DECAY)? + scaled(&gradient.sqr()?, 1.0 - SECOND_DECAY)?)?;
        let root = second.sqrt()?.affine(f64::from(factors.scale), f64::from(EPSILON))?;
        let parameter = (parameter - scaled(&(&first / root)?, f64::from(factors.rate))?)?;
        group.put_back(&parameter, parameters)?;
        group.put_back(&first, &mut self.first)?;
        group.put_back(&second, &mut self.second)
    }

    fn update_by_muon(
        &mut self,
        group: &ParameterGroup,
        parameters: &mut [Tensor],
        rate: f32,
        shape: [usize; 2],
    ) -> Result<()> {
        let (weights, momenta) = (group.joined(parameters)?, group.joined(&self.first)?);
        let [weights, momenta] = muon::updated(&weights, &momenta, &group.gradient()?, rate, shape)?;
        group.put_back(&weights, parameters)?;
        group.put_back(&momenta, &mut self.first)
    }
}
