//! Pictures in, out, resized and measured.

mod buffers;
mod export;
mod fill;
mod import;
mod jpeg;
mod metrics;
mod resize;
mod transfer;

use dipkit::pixels::{Layout, Sample, Size, Transfer};

/// Every sample type.
const SAMPLES: [Sample; 4] = [Sample::U8, Sample::U16, Sample::F16, Sample::F32];

/// A buffer of f32 samples.
fn bytes_of_f32(samples: &[f32]) -> Vec<u8> {
    samples.iter().flat_map(|sample| sample.to_ne_bytes()).collect()
}

/// The f32 samples of a buffer.
fn f32_of_bytes(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).map(|bytes| f32::from_ne_bytes(bytes.try_into().unwrap())).collect()
}

/// A packed layout with this transfer.
fn packed(size: Size, channels: usize, sample: Sample, transfer: Transfer) -> Layout {
    Layout { transfer, ..Layout::packed(size, channels, sample) }
}
