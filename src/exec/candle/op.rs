//! What the walk asks of a node's op: its value, and the gradients by its arguments.

use candle_core::{Result, Tensor};

use super::autograd;

/// What an op computes its gradients from, beside the gradient by its output. A value that no gradient reads is dropped
/// during the forward pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reads {
    /// The gradient by the output is enough.
    Nothing,
    /// The op needs its arguments once more.
    Arguments,
    /// The op needs the value that it has computed.
    Output,
}

/// The op of a node. Its arguments are the node's inputs, then its parameters.
pub(super) trait DeviceOp: Send + Sync {
    /// The name of the op in errors.
    fn name(&self) -> &'static str;

    /// Computes the value of the node.
    fn forward(&self, arguments: &[Tensor], iteration: u32) -> Result<Tensor>;

    /// Computes the gradients by the arguments. Unless an op writes them out, candle differentiates the forward pass.
    fn gradient(&self, call: &Call) -> Result<Vec<Option<Tensor>>> {
        autograd::gradient(|arguments| self.forward(arguments, 0), call)
    }

    /// What [`DeviceOp::gradient`] reads of its call.
    fn reads(&self) -> Reads {
        Reads::Arguments
    }
}

/// What an op is given on the way back, to compute the gradients by its arguments.
pub(super) struct Call {
    /// The arguments of the forward pass; empty unless the op reads them.
    pub arguments: Vec<Tensor>,
    /// The value that the forward pass gave; None where it was dropped.
    pub output: Option<Tensor>,
    /// The gradient of the loss by the output.
    pub gradient: Tensor,
    /// Whether the gradient by each argument is asked for. By others the op may answer None.
    pub wanted: Vec<bool>,
}

impl Call {
    /// The output, for an op that reads it.
    pub fn output(&self) -> Result<&Tensor> {
        match &self.output {
            Some(output) => Ok(output),
            None => candle_core::bail!("the output was dropped"),
        }
    }

    /// Calls `make` where the gradient by this argument is asked for; else gives None.
    pub fn wants(&self, argument: usize, make: impl FnOnce() -> Result<Tensor>) -> Result<Option<Tensor>> {
        if self.wanted[argument] { make().map(Some) } else { Ok(None) }
    }
}
