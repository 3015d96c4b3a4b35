//! The block of memory of a fit on its card, and the stream in which everything happens to it in order.

use std::ffi::c_void;
use std::sync::Arc;

use cudarc::driver::{CudaFunction, CudaSlice, CudaStream, DevicePtr, DriverError, result};

use super::card::{Card, failed};
use super::kernel::Launch;
use super::layout::Region;
use crate::error::{CARD_MEMORY, Error, Result};
use crate::exec::plan::SAMPLE_BYTES;

/// A block of f32s on a card.
pub struct CardMemory {
    // It is dropped first.
    block: CudaSlice<f32>,
    address: u64,
    stream: Arc<CudaStream>,
    _end: EndOfStream,
}

/// Waits for a stream when it is dropped: what was freed counts as taken until somebody does.
struct EndOfStream(Arc<CudaStream>);

impl Drop for EndOfStream {
    fn drop(&mut self) {
        // A card that fails here has failed before, or will say so to whoever uses it next.
        let _ = self.0.synchronize();
    }
}

impl CardMemory {
    /// Takes a block of so many f32s, whose contents are anything.
    ///
    /// # Errors
    /// `OutOfMemory` where the card has less; `Device`.
    pub fn new(card: &Card, length: usize) -> Result<CardMemory> {
        let stream = card.context().new_stream().map_err(|error| failed("making a stream", error))?;
        // SAFETY: f32s have no invalid bits, and all that is read was written before: constants and what starts at 0
        // by the executor, the rest by kernels.
        let block = unsafe { stream.alloc::<f32>(length) }.map_err(|error| refused(card, length, error))?;
        let address = block.device_ptr(&stream).0;
        Ok(CardMemory { block, address, _end: EndOfStream(stream.clone()), stream })
    }

    /// The stream, for what is captured and replayed.
    pub fn stream(&self) -> &Arc<CudaStream> {
        &self.stream
    }

    /// Writes samples to a region of as many.
    ///
    /// # Errors
    /// `Device`.
    pub fn write(&mut self, region: &Region, samples: &[f32]) -> Result<()> {
        let mut view = self.block.slice_mut(region.clone());
        self.stream.memcpy_htod(samples, &mut view).map_err(|error| failed("copying to the card", error))
    }

    /// Sets a region to 0.
    ///
    /// # Errors
    /// `Device`.
    pub fn clear(&mut self, region: &Region) -> Result<()> {
        if region.is_empty() {
            return Ok(());
        }
        let mut view = self.block.slice_mut(region.clone());
        self.stream.memset_zeros(&mut view).map_err(|error| failed("clearing memory of the card", error))
    }

    /// Reads a region, once everything before is done.
    ///
    /// # Errors
    /// `Device`.
    pub fn read(&self, region: &Region, out: &mut [f32]) -> Result<()> {
        let view = self.block.slice(region.clone());
        self.stream.memcpy_dtoh(&view, out).map_err(|error| failed("copying from the card", error))?;
        self.wait()
    }

    /// Copies a region to another one that it does not overlap.
    ///
    /// # Errors
    /// `Device`.
    pub fn copy(&mut self, from: &Region, to: &Region) -> Result<()> {
        assert!(from.len() == to.len() && (from.end <= to.start || to.end <= from.start));
        assert!(from.end.max(to.end) <= self.block.len());
        let address = |region: &Region| self.address + (region.start * SAMPLE_BYTES) as u64;
        let bytes = from.len() * SAMPLE_BYTES;
        let context = self.stream.context();
        // SAFETY: both regions lie in the block, which lives as long as its stream is used, and do not overlap
        // (asserted).
        let copied = context.bind_to_thread().and_then(|()| unsafe {
            result::memcpy_dtod_async(address(to), address(from), bytes, self.stream.cu_stream())
        });
        copied.map_err(|error| failed("copying within the card", error))
    }

    /// Appends a launch of this function to the stream.
    ///
    /// # Errors
    /// `Device`.
    pub fn launch(&mut self, function: &CudaFunction, launch: &Launch) -> Result<()> {
        let [x, y, z] = launch.grid;
        let mut address = self.address;
        let parameters = &mut [(&raw mut address).cast::<c_void>(), launch.arguments.address().cast_mut()];
        // SAFETY: the driver copies the parameters in this call. They are what the kernel declares: the tests compare
        // the sizes. All places in them lie in the block, since they come from its layout.
        let launched = unsafe {
            let shape = ((x, y, z), (launch.threads, 1, 1));
            result::launch_kernel(function.cu_function(), shape.0, shape.1, 0, self.stream.cu_stream(), parameters)
        };
        launched.map_err(|error| failed(launch.name, error))
    }

    /// Waits until everything so far is done.
    ///
    /// # Errors
    /// `Device` where some of it failed.
    pub fn wait(&self) -> Result<()> {
        self.stream.synchronize().map_err(|error| failed("waiting for the card", error))
    }

    /// Makes this thread use the card.
    ///
    /// # Errors
    /// `Device`.
    pub fn bind(&self) -> Result<()> {
        self.stream.context().bind_to_thread().map_err(|error| failed("using the card", error))
    }
}

/// The error of a block that could not be had.
fn refused(card: &Card, length: usize, error: DriverError) -> Error {
    use cudarc::driver::sys::CUresult::CUDA_ERROR_OUT_OF_MEMORY;
    match (error.0, card.free_bytes()) {
        (CUDA_ERROR_OUT_OF_MEMORY, Ok(free_bytes)) => out_of_memory(length, free_bytes),
        _ => failed("taking memory of the card", error),
    }
}

/// The error of a block of so many f32s, of which the card has fewer.
pub(super) fn out_of_memory(length: usize, free_bytes: u64) -> Error {
    let needed_bytes = (length * SAMPLE_BYTES) as u64;
    Error::OutOfMemory { needed_bytes, limit_bytes: free_bytes, limit: CARD_MEMORY }
}
