//! The data term: sum(w (f - y)^2) / number of samples of y, for predicted f, degraded y and weight w.

use candle_core::{Result, Tensor};

use super::op::DeviceOp;

/// The data term of its three inputs: predicted picture, degraded picture and weight.
pub(super) struct DataTermOp;

impl DeviceOp for DataTermOp {
    fn name(&self) -> &'static str {
        "data term"
    }

    fn forward(&self, arguments: &[Tensor], _iteration: u32) -> Result<Tensor> {
        let [f, y, w] = arguments else { candle_core::bail!("not three arguments") };
        let weighted = ((f - y)?.sqr()? * w)?;
        weighted.sum_all()?.affine(1.0 / y.elem_count() as f64, 0.0)?.reshape((1, 1, 1))
    }
}
