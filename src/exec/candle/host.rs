//! What the host gets from a device: samples, scalars, and errors that name the op that failed.

use candle_core::Tensor;

use crate::error::{Error, Result};

/// Turns an error of candle's into one that names this op.
pub(super) fn failed(op: &'static str) -> impl Fn(candle_core::Error) -> Error {
    move |error| {
        // Candle appends a backtrace when the environment asks for one.
        let message = error.to_string().lines().next().unwrap_or_default().to_owned();
        Error::Device { op, message }
    }
}

/// Copies the samples of a tensor from its device.
///
/// # Errors
/// `Device`.
pub(super) fn read(tensor: &Tensor) -> Result<Vec<f32>> {
    tensor.flatten_all().and_then(|flat| flat.to_vec1()).map_err(failed("reading"))
}

/// Copies the values of scalars from their device, in one transfer.
///
/// # Errors
/// `Device`.
pub(super) fn read_all(scalars: &[Tensor]) -> Result<Vec<f32>> {
    if scalars.is_empty() {
        return Ok(Vec::new());
    }
    Tensor::stack(scalars, 0).and_then(|stacked| stacked.to_vec1()).map_err(failed("reading"))
}
