//! Tensors and the host's memory: reading, wrapping, and the names of failures.

use std::ops::Deref;

use candle_core::{CpuStorage, Storage, StorageRef, Tensor};

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

/// A loan of the samples of a contiguous tensor in the host's memory.
pub(super) struct Samples<'a> {
    storage: StorageRef<'a>,
    start: usize,
    end: usize,
}

/// # Errors
/// Where the tensor is on another device or not contiguous: no kernel of ours makes such a one.
pub(super) fn samples(tensor: &Tensor) -> candle_core::Result<Samples<'_>> {
    let (storage, layout) = tensor.storage_and_layout();
    let is_host = matches!(&*storage, Storage::Cpu(CpuStorage::F32(_)));
    match layout.contiguous_offsets() {
        Some((start, end)) if is_host => Ok(Samples { storage, start, end }),
        _ => candle_core::bail!("a kernel got a tensor that is not flat in the host's memory"),
    }
}

impl Deref for Samples<'_> {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        match &*self.storage {
            Storage::Cpu(CpuStorage::F32(all)) => &all[self.start..self.end],
            // `samples` lets nothing else in.
            _ => &[],
        }
    }
}

/// A tensor of the host's memory, of the shape of `like`.
pub(super) fn tensor_like(samples: Vec<f32>, like: &Tensor) -> candle_core::Result<Tensor> {
    Tensor::from_vec(samples, like.shape(), &candle_core::Device::Cpu)
}

/// A tensor of the host's memory.
pub(super) fn tensor(samples: Vec<f32>, shape: impl Into<candle_core::Shape>) -> candle_core::Result<Tensor> {
    Tensor::from_vec(samples, shape.into(), &candle_core::Device::Cpu)
}
