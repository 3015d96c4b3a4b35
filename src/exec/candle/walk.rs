//! The walk over the nodes of a graph and back, which computes its results and the gradients of the loss.

use std::sync::atomic::{AtomicBool, Ordering};

use candle_core::Tensor;

use super::host::failed;
use super::op::{Call, DeviceOp, Reads};
use super::prepared::{NodeSource, PreparedGraph, PreparedNode};
use crate::error::{Error, Result};
use crate::graph::NodeId;

/// The results of a walk over the graph and back; scalars are tensors without dimensions.
pub(super) struct Pass {
    pub restored: Tensor,
    pub loss: Tensor,
    pub data_term: Tensor,
    /// The graph's risk; 0 where it has none.
    pub risk: Tensor,
    /// How much each sample of the restored picture counts; None where all count fully.
    pub counted: Option<Tensor>,
    /// The gradient of the loss by each parameter; None where the loss does not depend on it.
    pub gradients: Vec<Option<Tensor>>,
}

/// For each node, or for each parameter, a value or a gradient; None where there is none yet, or none any more.
type TensorSlots = Vec<Option<Tensor>>;

/// The gradients of the loss, as far as they have been added up.
struct Gradients {
    by_node: TensorSlots,
    by_parameter: TensorSlots,
}

impl PreparedGraph {
    /// Walks forward and back; None when cancelled.
    ///
    /// # Errors
    /// `Device` with the name of the op that failed.
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

    /// Walks forward and gives the values that are still needed afterwards; None when cancelled.
    fn forward(&self, parameters: &[Tensor], iteration: u32, cancel: &AtomicBool) -> Result<Option<TensorSlots>> {
        let mut values: TensorSlots = vec![None; self.nodes.len()];
        for (index, node) in self.nodes.iter().enumerate().filter(|(_, node)| node.is_needed) {
            if cancel.load(Ordering::Relaxed) {
                return Ok(None);
            }
            let value = match &node.source {
                NodeSource::Constant(tensor) => tensor.clone(),
                NodeSource::Parameter(id) => parameters[id.0].clone(),
                NodeSource::Op(op) => {
                    let arguments = node.arguments(&values, parameters)?;
                    op.forward(&arguments, iteration).map_err(failed(op.name()))?
                }
            };
            values[index] = Some(value);
            node.last_uses.iter().for_each(|id| values[id.0] = None);
        }
        Ok(Some(values))
    }

    /// Walks back and gives the gradients by the parameters; None when cancelled.
    fn back(
        &self,
        parameters: &[Tensor],
        values: &mut TensorSlots,
        cancel: &AtomicBool,
    ) -> Result<Option<TensorSlots>> {
        let loss = self.graph().loss;
        let mut gradients =
            Gradients { by_node: vec![None; self.nodes.len()], by_parameter: vec![None; parameters.len()] };
        gradients.by_node[loss.0] = Some(value(values, loss)?.ones_like().map_err(failed("the loss"))?);
        for (index, node) in self.nodes.iter().enumerate().rev().filter(|(_, node)| node.has_gradient) {
            if cancel.load(Ordering::Relaxed) {
                return Ok(None);
            }
            let output = values[index].take();
            let Some(gradient) = gradients.by_node[index].take() else {
                continue;
            };
            match &node.source {
                NodeSource::Constant(_) => {}
                NodeSource::Parameter(id) => add(&mut gradients.by_parameter[id.0], gradient)?,
                NodeSource::Op(op) => {
                    let call = self.call(node, op.as_ref(), values, output, gradient, parameters)?;
                    let by_argument = op.gradient(&call).map_err(failed(op.name()))?;
                    gradients.hand_on(node, by_argument, &call.wanted)?;
                }
            }
        }
        Ok(Some(gradients.by_parameter))
    }

    /// Puts together what the op of a node is given on the way back.
    fn call(
        &self,
        node: &PreparedNode,
        op: &dyn DeviceOp,
        values: &TensorSlots,
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

impl Gradients {
    /// Adds the gradients by a node's arguments, where they are wanted, to those by its inputs and parameters.
    fn hand_on(&mut self, node: &PreparedNode, by_argument: Vec<Option<Tensor>>, wanted: &[bool]) -> Result<()> {
        for (argument, (gradient, wanted)) in by_argument.into_iter().zip(wanted).enumerate() {
            let Some(gradient) = gradient.filter(|_| *wanted) else { continue };
            match argument.checked_sub(node.inputs.len()) {
                None => add(&mut self.by_node[node.inputs[argument].0], gradient)?,
                Some(parameter) => add(&mut self.by_parameter[node.parameters[parameter].0], gradient)?,
            }
        }
        Ok(())
    }
}

fn add(total: &mut Option<Tensor>, gradient: Tensor) -> Result<()> {
    *total = Some(match total.take() {
        Some(sum) => (sum + gradient).map_err(failed("a sum of gradients"))?,
        None => gradient,
    });
    Ok(())
}

impl PreparedNode {
    /// Collects the values that the node's op reads on the way forward.
    fn arguments(&self, values: &TensorSlots, parameters: &[Tensor]) -> Result<Vec<Tensor>> {
        let inputs = self.inputs.iter().map(|id| value(values, *id).cloned());
        inputs.chain(self.parameters.iter().map(|id| Ok(parameters[id.0].clone()))).collect()
    }
}

fn value(values: &TensorSlots, id: NodeId) -> Result<&Tensor> {
    values[id.0].as_ref().ok_or_else(|| Error::Internal(format!("the value of node {} was dropped", id.0)))
}
