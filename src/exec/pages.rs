//! Buffers of tens of megabytes: the arena of a plan, and the noise of an iteration for candle's devices. The system
//! hands them out as fresh pages, and with pages of 4 KiB much of the time goes into page faults.

/// The bytes from which on a buffer is worth large pages.
#[cfg(target_os = "linux")]
const LARGE: usize = 4 << 20;

/// Whether the system would give so many bytes now, in one block or out of what the process has free already. They are
/// asked for and given back untouched: what was allowed a moment ago will be so again, unless another thread takes it.
pub fn can_be_had(bytes: usize) -> bool {
    can_be_mapped(bytes) || Vec::<u8>::new().try_reserve_exact(bytes).is_ok()
}

/// Asks the system itself: an allocator changes its thresholds by the size of what is freed.
#[cfg(unix)]
fn can_be_mapped(bytes: usize) -> bool {
    let (access, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANON);
    // SAFETY: a new private mapping, at an address of the system's choice, replaces nothing; it is unmapped with the
    // length that it was mapped with, and nobody has seen its address.
    unsafe {
        let block = libc::mmap(std::ptr::null_mut(), bytes, access, kind, -1, 0);
        block != libc::MAP_FAILED && libc::munmap(block, bytes) == 0
    }
}

#[cfg(not(unix))]
fn can_be_mapped(_bytes: usize) -> bool {
    false
}

/// A buffer of zeros, in large pages where the system has them.
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
