//! The optimiser: the update of all parameters, each by its rule.

use std::ops::Range;

use super::kernels::muon::{self, MuonMatrix};
use super::kernels::{Run, adam};
use crate::error::Result;
use crate::exec::rules::adam::Factors;
use crate::graph::{Graph, Parameter};
use crate::room;

/// The rules of all parameters, which lie one after the other, and the memory that Muon works in.
pub(super) struct Optimizer {
    rules: Vec<ParameterRule>,
    scratch: Vec<f32>,
}

/// The rule of one parameter.
struct ParameterRule {
    /// Where its samples lie among those of all parameters.
    place: Range<usize>,
    /// The rows and columns of a parameter that Muon updates; None for one that Adam updates.
    matrix: Option<[usize; 2]>,
    /// The f32s of scratch memory that its update takes.
    scratch_len: usize,
}

/// The learning rates of one update, of each rule.
#[derive(Clone, Copy)]
pub(super) struct UpdateRates {
    pub adam: Factors,
    pub muon: f32,
}

/// Some neighbouring parameters, with all that belongs to them.
struct Slices<'a> {
    gradients: &'a [f32],
    parameters: &'a mut [f32],
    first: &'a mut [f32],
    second: &'a mut [f32],
    scratch: &'a mut [f32],
}

impl Optimizer {
    /// Prepares the update of a graph's parameters, whose samples lie at these places.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn new(graph: &Graph, places: &[Range<usize>]) -> Result<Optimizer> {
        let rule = |(parameter, place): (&Parameter, &Range<usize>)| {
            let matrix = parameter.matrix();
            let scratch_len = matrix.map_or(0, |[rows, columns]| muon::scratch_len(rows, columns));
            ParameterRule { place: place.clone(), matrix, scratch_len }
        };
        let rules: Vec<ParameterRule> = graph.parameters.iter().zip(places).map(rule).collect();
        let scratch = room::filled(rules.iter().map(|rule| rule.scratch_len).sum(), 0.0)?;
        Ok(Optimizer { rules, scratch })
    }

    /// The number of f32s that an optimiser of this graph takes.
    pub fn samples(graph: &Graph) -> usize {
        graph
            .parameters
            .iter()
            .filter_map(Parameter::matrix)
            .map(|[rows, columns]| muon::scratch_len(rows, columns))
            .sum()
    }

    /// Updates all parameters by their gradients, and what the rules remember: both moments, or a momentum in `first`.
    pub fn update(
        &mut self,
        run: &Run,
        rates: UpdateRates,
        gradients: &[f32],
        parameters: &mut [f32],
        [first, second]: [&mut [f32]; 2],
    ) {
        let slices = Slices { gradients, parameters, first, second, scratch: &mut self.scratch };
        update(run, rates, &self.rules, slices);
    }
}

/// Updates the parameters of these rules. The rules are halved until there is one, so that all cores have work and
/// nothing is allocated.
fn update(run: &Run, rates: UpdateRates, rules: &[ParameterRule], slices: Slices) {
    let Slices { gradients, parameters, first, second, scratch } = slices;
    match rules {
        [] => {}
        [ParameterRule { matrix: Some([rows, columns]), .. }] => {
            let [rows, columns] = [*rows, *columns];
            let matrix =
                MuonMatrix { rows, columns, weight: parameters, momentum: first, gradient: gradients, scratch };
            muon::update(run, rates.muon, matrix);
        }
        [_] => adam::update(run, rates.adam, gradients, parameters, [first, second]),
        [_, _, ..] => {
            let (front, back) = rules.split_at(rules.len() / 2);
            let samples = back[0].place.start - front[0].place.start;
            let (gradients, gradients_of_back) = gradients.split_at(samples);
            let (parameters, parameters_of_back) = parameters.split_at_mut(samples);
            let (first, first_of_back) = first.split_at_mut(samples);
            let (second, second_of_back) = second.split_at_mut(samples);
            let (scratch, scratch_of_back) = scratch.split_at_mut(front.iter().map(|rule| rule.scratch_len).sum());
            let of_front = Slices { gradients, parameters, first, second, scratch };
            let of_back = Slices {
                gradients: gradients_of_back,
                parameters: parameters_of_back,
                first: first_of_back,
                second: second_of_back,
                scratch: scratch_of_back,
            };
            rayon::join(|| update(run, rates, front, of_front), || update(run, rates, back, of_back));
        }
    }
}
