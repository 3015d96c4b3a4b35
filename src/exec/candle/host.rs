//! What the host gets from a device: samples, scalars, and the names of failures.

use candle_core::Tensor;

use crate::error::{Error, Result};

/// Puts the name of an op to an error of candle's.
pub(super) fn failed(op: &'static str) -> impl Fn(candle_core::Error) -> Error {
    move |error| {
        // Candle appends a backtrace when the environment asks for one.
        let message = error.to_string().lines().next().unwrap_or_default().to_owned();
        Error::Device { op, message }
    }
}

/// The samples of a tensor, wherever it is.
pub(super) fn read(tensor: &Tensor) -> Result<Vec<f32>> {
    tensor.flatten_all().and_then(|flat| flat.to_vec1()).map_err(failed("reading"))
}

/// The values of scalars, in one transfer.
pub(super) fn read_all(scalars: &[Tensor]) -> Result<Vec<f32>> {
    if scalars.is_empty() {
        return Ok(Vec::new());
    }
    Tensor::stack(scalars, 0).and_then(|stacked| stacked.to_vec1()).map_err(failed("reading"))
}
