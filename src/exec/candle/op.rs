//! What a node's op is to the walk: a value from its arguments, and their gradients.

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

/// An op at its node. Its arguments are the node's inputs, then the parameters.
pub(super) trait DeviceOp: Send + Sync {
    /// The name for errors.
    fn name(&self) -> &'static str;

    /// The value of the node.
    fn forward(&self, arguments: &[Tensor], iteration: u32) -> Result<Tensor>;

    /// The gradients by the arguments. Unless an op writes them out, they are candle's own, through the forward pass.
    fn gradient(&self, call: &Call) -> Result<Vec<Option<Tensor>>> {
        autograd::gradient(|arguments| self.forward(arguments, 0), call)
    }

    /// What [`DeviceOp::gradient`] finds in its call.
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

    /// What `make` makes, where the gradient by this argument is asked for.
    pub fn wants(&self, argument: usize, make: impl FnOnce() -> Result<Tensor>) -> Result<Option<Tensor>> {
        if self.wanted[argument] { make().map(Some) } else { Ok(None) }
    }
}
