//! The gradient of one op by candle's automatic differentiation. The op is computed again, so that its
//! intermediate values are not kept between the two passes.

use candle_core::{Result, Tensor, Var};

use super::op::Call;

/// Computes the gradients of the op that `forward` computes, by the arguments that are asked for.
pub(super) fn gradient(forward: impl Fn(&[Tensor]) -> Result<Tensor>, call: &Call) -> Result<Vec<Option<Tensor>>> {
    let mut leaves = Vec::new();
    for (argument, wanted) in call.arguments.iter().zip(&call.wanted) {
        leaves.push(if *wanted { Var::from_tensor(argument)?.into_inner() } else { argument.clone() });
    }
    let output = forward(&leaves)?;
    // Candle starts from a gradient of ones, so the sum brings ours in.
    let mut gradients = (output * &call.gradient)?.sum_all()?.backward()?;
    let gradient = |(leaf, wanted): (&Tensor, &bool)| match wanted {
        true => gradients.remove(leaf).map(|gradient| gradient.contiguous()).transpose(),
        false => Ok(None),
    };
    leaves.iter().zip(&call.wanted).map(gradient).collect()
}
