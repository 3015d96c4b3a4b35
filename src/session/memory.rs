//! The memory that a session will need, and the memory that it may have. A session that would need too much is refused
//! before it starts, since a failed allocation ends the host; what grows later is taken where that can fail, or claimed
//! before.

use crate::error::{Error, Result};
use crate::exec::{self, PlannedExecutor, Pool};
use crate::room::{self, Room};

/// Estimates the bytes that a session takes at most, beside what the process has without it: those of a planned job
/// and, where that is only a part, of the `beside` samples of the whole picture.
pub(super) fn estimate(planned: &PlannedExecutor, beside: usize, threads: usize) -> u64 {
    let graph = planned.graph();
    let restored = graph.shape(graph.restored).samples() as u64;
    let constants = graph.constants.iter().map(|constant| constant.shape.samples() as u64).sum::<u64>();
    let executor = planned.memory_bytes();
    let pictures = PICTURES * restored + HALF_PICTURES_BESIDE * beside as u64 / 2;
    executor
        + executor / FRAGMENTED_PLAN
        + SAMPLE_BYTES * (pictures + constants)
        + threads as u64 * BYTES_A_THREAD
        + FIXED_BYTES
}

const SAMPLE_BYTES: u64 = 4;
/// How many pictures of the job's size a session has: what was given, its original and its weight, alpha, the mean of
/// runs, what a fit took out and how strong it is, and the published pictures, those of the moment before among them.
const PICTURES: u64 = 19;
/// How many halves of a whole picture a session has beside a part: what was given, its original and its mask, what is
/// done, and a preview with what was given below it.
const HALF_PICTURES_BESIDE: u64 = 13;
/// The part of a plan's memory that is lost to the allocator: one in so many bytes.
const FRAGMENTED_PLAN: u64 = 250;
/// The bytes of its stack that a thread uses.
const BYTES_A_THREAD: u64 = 128 << 10;
/// The bytes of the graph without its constants, of the allocator itself, and of the code that runs first at the end of
/// a session.
const FIXED_BYTES: u64 = 43 << 16;

/// The least bytes that a session of a picture takes, whatever is found in it, since its size alone decides over them.
/// `samples` are those of the result's colours.
pub(super) fn least(samples: u64) -> u64 {
    (SAMPLE_BYTES * HALF_PICTURES_BESIDE / 2).saturating_mul(samples).saturating_add(FIXED_BYTES)
}

/// The least bytes that a session takes with a job whose restored picture has so many samples.
pub(super) fn least_of_job(samples: u64) -> u64 {
    (SAMPLE_BYTES * PICTURES).saturating_mul(samples).saturating_add(FIXED_BYTES)
}

/// The bytes that measuring a picture takes beside the copies that [`least`] counts: patches and their covariance.
const MEASURING_BYTES: u64 = 8 << 20;

/// Makes sure that there is memory to measure a picture of so many samples, which cannot fail gracefully.
///
/// # Errors
/// `OutOfMemory`.
pub(super) fn claim_for_measuring(samples: u64) -> Result<()> {
    claim(least(samples).saturating_add(MEASURING_BYTES))
}

/// The bytes of small things, which are never asked for one by one.
const SMALL_BYTES: u64 = 256 << 10;

/// Makes sure that so many bytes can be had, and a little more for small things, so that taking them next does not
/// fail.
///
/// # Errors
/// `OutOfMemory`.
pub(super) fn claim(bytes: u64) -> Result<()> {
    let bytes = bytes.saturating_add(SMALL_BYTES);
    let can_be_had = usize::try_from(bytes).is_ok_and(exec::can_be_had);
    if can_be_had { Ok(()) } else { Err(room::refused(bytes)) }
}

/// Makes sure that so many samples can be had; see [`claim`].
///
/// # Errors
/// `OutOfMemory`.
pub(super) fn claim_samples(samples: usize) -> Result<()> {
    claim(SAMPLE_BYTES.saturating_mul(samples as u64))
}

/// Refuses a session that needs more bytes than the option `memory_limit` or the machine allows.
///
/// # Errors
/// `OutOfMemory` with both numbers.
pub(super) fn check(memory_limit: u64, needed_bytes: u64) -> Result<()> {
    refuse(needed_bytes, (memory_limit > 0).then_some((memory_limit, "memory_limit")))?;
    refuse(needed_bytes, Room::now().memory())
}

/// Refuses a session that needs more address space than the process may have: that of its bytes and of its threads.
///
/// # Errors
/// `OutOfMemory` with both numbers.
pub(super) fn check_addresses(needed_bytes: u64, threads: usize) -> Result<()> {
    let needed_bytes = addresses(needed_bytes, threads);
    refuse(needed_bytes, Room::now().process.map(|bytes| (bytes, room::PROCESS)))
}

fn refuse(needed_bytes: u64, limit: Option<(u64, &'static str)>) -> Result<()> {
    match limit {
        Some((limit_bytes, limit)) if needed_bytes > limit_bytes => {
            Err(Error::OutOfMemory { needed_bytes, limit_bytes, limit })
        }
        Some(_) | None => Ok(()),
    }
}

/// The bytes of address space that a session of so many bytes and threads takes.
fn addresses(needed_bytes: u64, threads: usize) -> u64 {
    needed_bytes.saturating_add(Pool::address_bytes(threads)).saturating_add(SMALL_BYTES)
}

/// Whether `memory_limit` and the process's addresses have room for a session of so many bytes and threads.
pub(super) fn has_room(memory_limit: u64, bytes: u64, threads: usize) -> bool {
    let limit = if memory_limit > 0 { memory_limit } else { u64::MAX };
    let process = Room::now().process.unwrap_or(u64::MAX);
    bytes <= limit && addresses(bytes, threads) <= process
}
