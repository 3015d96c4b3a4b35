//! Buffers for values. A fit makes and drops values of tens of megabytes at every op, and the system
//! hands each back as fresh pages: with pages of 4 KiB a fifth of an iteration goes into page faults.

/// Bytes from which a buffer is worth large pages.
#[cfg(target_os = "linux")]
const LARGE: usize = 4 << 20;

/// Zeros, in large pages where the system has them.
pub(super) fn zeros(samples: usize) -> Vec<f32> {
    let buffer = vec![0.0; samples];
    prefer_large_pages(&buffer);
    buffer
}

#[cfg(target_os = "linux")]
fn prefer_large_pages(buffer: &[f32]) {
    const PAGE: usize = 4096;
    let bytes = size_of_val(buffer);
    if bytes < LARGE {
        return;
    }
    let skipped = buffer.as_ptr().align_offset(PAGE).min(buffer.len());
    let start = buffer[skipped..].as_ptr();
    let length = (bytes - skipped * 4) / PAGE * PAGE;
    // SAFETY: the pages lie within the buffer, and the advice changes how they are mapped, not what they
    // hold. A system that refuses it leaves them as they are.
    unsafe { libc::madvise(start.cast_mut().cast(), length, libc::MADV_HUGEPAGE) };
}

#[cfg(not(target_os = "linux"))]
fn prefer_large_pages(_buffer: &[f32]) {}
