//! One pass over the nodes and back.

use std::sync::atomic::{AtomicBool, Ordering};

use candle_core::Tensor;

use super::elementwise;
use super::host::failed;
use super::op::{Call, DeviceOp, Reads};
use super::plan::{Plan, PlanNode, Source};
use crate::error::{Error, Result};
use crate::graph::NodeId;

/// What a pass leaves; scalars have no dimensions.
pub(super) struct Pass {
    pub restored: Tensor,
    pub loss: Tensor,
    pub data_term: Tensor,
    /// 0 where the graph has none.
    pub risk: Tensor,
    /// How much each sample of the restored picture counts; None where all do.
    pub counted: Option<Tensor>,
    /// Of the loss by each parameter; None where it does not depend on it.
    pub gradients: Vec<Option<Tensor>>,
}

/// Values or gradients by node.
type Slots = Vec<Option<Tensor>>;

impl Plan {
    /// Forward and back. None when cancelled.
    pub fn run(&self, parameters: &[Tensor], iteration: u32, cancel: &AtomicBool) -> Result<Option<Pass>> {
        let Some(mut values) = self.forward(parameters, iteration, cancel)? else {
            return Ok(None);
        };
        let graph = self.graph();
        let scalar = |id: NodeId| value(&values, id)?.reshape(()).map_err(failed("the loss"));
        let (loss, data_term) = (scalar(graph.loss)?, scalar(graph.data_term)?);
        let risk = match graph.risk {
            Some(risk) => scalar(risk)?,
            None => loss.zeros_like().map_err(failed("the risk"))?,
        };
        let counted = graph.counted.map(|counted| value(&values, counted).cloned()).transpose()?;
        let restored = value(&values, graph.restored)?.clone();
        let Some(gradients) = self.back(parameters, &mut values, cancel)? else {
            return Ok(None);
        };
        Ok(Some(Pass { restored, loss, data_term, risk, counted, gradients }))
    }

    fn forward(&self, parameters: &[Tensor], iteration: u32, cancel: &AtomicBool) -> Result<Option<Slots>> {
        let mut values: Slots = vec![None; self.nodes.len()];
        for (index, node) in self.nodes.iter().enumerate().filter(|(_, node)| node.is_needed) {
            if cancel.load(Ordering::Relaxed) {
                return Ok(None);
            }
            let value = match &node.source {
                Source::Constant(tensor) => tensor.clone(),
                Source::Parameter(id) => parameters[id.0].clone(),
                Source::Op(op) => {
                    let arguments = node.arguments(&values, parameters)?;
                    op.forward(&arguments, iteration).map_err(failed(op.name()))?
                }
            };
            values[index] = Some(value);
            node.last_uses.iter().for_each(|id| values[id.0] = None);
        }
        Ok(Some(values))
    }

    fn back(&self, parameters: &[Tensor], values: &mut Slots, cancel: &AtomicBool) -> Result<Option<Slots>> {
        let graph = self.graph();
        let mut by_parameter: Slots = vec![None; parameters.len()];
        let mut by_node: Slots = vec![None; self.nodes.len()];
        by_node[graph.loss.0] = Some(value(values, graph.loss)?.ones_like().map_err(failed("the loss"))?);
        for (index, node) in self.nodes.iter().enumerate().rev().filter(|(_, node)| node.has_gradient) {
            if cancel.load(Ordering::Relaxed) {
                return Ok(None);
            }
            let output = values[index].take();
            let Some(gradient) = by_node[index].take() else {
                continue;
            };
            match &node.source {
                Source::Constant(_) => {}
                Source::Parameter(id) => self.add(&mut by_parameter[id.0], gradient)?,
                Source::Op(op) => {
                    let call = self.call(node, op.as_ref(), values, output, gradient, parameters)?;
                    let gradients = op.gradient(&call).map_err(failed(op.name()))?;
                    let wanted =
                        gradients.into_iter().zip(call.wanted).map(|(gradient, wanted)| gradient.filter(|_| wanted));
                    self.hand_on(node, wanted, &mut by_node, &mut by_parameter)?;
                }
            }
        }
        Ok(Some(by_parameter))
    }

    /// Adds the gradients of a node's arguments to those of its inputs and parameters.
    fn hand_on(
        &self,
        node: &PlanNode,
        gradients: impl Iterator<Item = Option<Tensor>>,
        by_node: &mut Slots,
        by_parameter: &mut Slots,
    ) -> Result<()> {
        for (argument, gradient) in gradients.enumerate() {
            let Some(gradient) = gradient else { continue };
            match argument.checked_sub(node.inputs.len()) {
                None => self.add(&mut by_node[node.inputs[argument].0], gradient)?,
                Some(parameter) => self.add(&mut by_parameter[node.parameters[parameter].0], gradient)?,
            }
        }
        Ok(())
    }

    fn add(&self, total: &mut Option<Tensor>, gradient: Tensor) -> Result<()> {
        *total = Some(match total.take() {
            Some(sum) => elementwise::sum(self.route(), &sum, &gradient).map_err(failed("a sum of gradients"))?,
            None => gradient,
        });
        Ok(())
    }

    fn call(
        &self,
        node: &PlanNode,
        op: &dyn DeviceOp,
        values: &Slots,
        output: Option<Tensor>,
        gradient: Tensor,
        parameters: &[Tensor],
    ) -> Result<Call> {
        let reads_arguments = op.reads() == Reads::Arguments;
        let arguments = if reads_arguments { node.arguments(values, parameters)? } else { Vec::new() };
        let of_inputs = node.inputs.iter().map(|input| self.nodes[input.0].has_gradient);
        let wanted = of_inputs.chain(node.parameters.iter().map(|_| true)).collect();
        Ok(Call { arguments, output, gradient, wanted })
    }
}

impl PlanNode {
    fn arguments(&self, values: &Slots, parameters: &[Tensor]) -> Result<Vec<Tensor>> {
        let inputs = self.inputs.iter().map(|id| value(values, *id).cloned());
        inputs.chain(self.parameters.iter().map(|id| Ok(parameters[id.0].clone()))).collect()
    }
}

fn value(values: &Slots, id: NodeId) -> Result<&Tensor> {
    values[id.0].as_ref().ok_or_else(|| Error::Internal(format!("the value of node {} was dropped", id.0)))
}
