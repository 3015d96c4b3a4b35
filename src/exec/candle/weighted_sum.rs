//! A weighted sum of scalars.

use candle_core::{Result, Tensor};

use super::op::{Call, DeviceOp, Reads};

pub(super) struct WeightedSum {
    pub weights: Vec<f32>,
}

impl DeviceOp for WeightedSum {
    fn name(&self) -> &'static str {
        "weighted sum"
    }

    fn forward(&self, arguments: &[Tensor], _iteration: u32) -> Result<Tensor> {
        let mut sum: Option<Tensor> = None;
        for (argument, weight) in arguments.iter().zip(&self.weights) {
            let term = argument.affine(f64::from(*weight), 0.0)?;
            sum = Some(match sum {
                Some(sum) => (sum + term)?,
                None => term,
            });
        }
        match sum {
            Some(sum) => Ok(sum),
            None => candle_core::bail!("a sum of nothing"),
        }
    }

    fn gradient(&self, call: &Call) -> Result<Vec<Option<Tensor>>> {
        let scaled = |weight: &f32| call.gradient.affine(f64::from(*weight), 0.0).map(Some);
        self.weights.iter().map(scaled).collect()
    }

    fn reads(&self) -> Reads {
        Reads::Nothing
    }
}
