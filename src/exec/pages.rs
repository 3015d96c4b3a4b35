//! Buffers for values. A fit makes and drops values of tens of megabytes at every op, and the system
//! hands each back as fresh pages: with pages of 4 KiB a fifth of an iteration goes into page faults.

/// Bytes from which a buffer is worth large pages.
#[cfg(target_os = "linux")]
const LARGE: usize = 4 << 20;

/// Zeros, in large pages where the system has them.
pub(super) fn zeros(samples: usize) -> Vec<f32> {
    let buffer = vec![0.0; samples];
    prefer_large_pages(buffer.as_ptr(), samples);
    buffer
}

/// Asks for large pages where the buffer is large; it need not be filled yet.
#[cfg(target_os = "linux")]
pub(super) fn prefer_large_pages(buffer: *const f32, samples: usize) {
    const PAGE: usize = 4096;
    let bytes = 4 * samples;
    if bytes < LARGE {
        return;
    }
    let skipped = buffer.align_offset(PAGE).min(samples);
    let start = buffer.wrapping_add(skipped);
    let length = (bytes - skipped * 4) / PAGE * PAGE;
    // SAFETY: nothing is read or written through the address. The advice changes how pages are mapped, not
    // what they hold, and a system that refuses it (or that has nothing mapped there) leaves all as it is.
    unsafe { libc::madvise(start.cast_mut().cast(), length, libc::MADV_HUGEPAGE) };
}

#[cfg(not(target_os = "linux"))]
pub(super) fn prefer_large_pages(_buffer: *const f32, _samples: usize) {}
