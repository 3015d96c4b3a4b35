//! One thread pool a session, ended with it. Never rayon's global pool: the process is the host's.

use super::float_state;
use crate::error::{Error, Result};
use crate::room::{self, Room};
use std::sync::{Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

/// Worker threads named `dipkit-N`.
pub struct Pool {
    // Dropped in this order: rayon tells its threads to end, and does not wait for them.
    threads: rayon::ThreadPool,
    _ending: ThreadJoiner,
}

/// Waits for the threads, so that nothing of a session runs after it is gone.
struct ThreadJoiner(Vec<JoinHandle<()>>);

impl Drop for ThreadJoiner {
    fn drop(&mut self) {
        // A panic of theirs was passed on by rayon already.
        self.0.drain(..).for_each(|thread| drop(thread.join()));
    }
}

/// Of a thread, as Rust's own have.
const STACK_BYTES: usize = 2 << 20;
/// Guard pages, the stack for signals and what the thread library keeps.
const BESIDE_STACK_BYTES: u64 = 256 << 10;
/// The GNU C library's allocator sets aside so many addresses for a thread, and that for at most so many threads a core.
const ALLOCATOR_BYTES: u64 = if cfg!(target_env = "gnu") { 64 << 20 } else { 0 };
const ALLOCATORS_A_CORE: usize = 8;

/// Cores that this process may use.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Three quarters of them, but fewer than before.
pub fn fewer(threads: usize) -> usize {
    (threads * 3 / 4).max(1).min(threads.saturating_sub(1).max(1))
}

impl Pool {
    /// Addresses that so many threads take; few of them are ever used.
    pub fn address_bytes(threads: usize) -> u64 {
        let allocators = threads.min(ALLOCATORS_A_CORE * cores()) as u64;
        threads as u64 * (STACK_BYTES as u64 + BESIDE_STACK_BYTES) + allocators * ALLOCATOR_BYTES
    }

    /// `threads` of 0 is all cores. Fewer where the process may not have so many, or not the addresses for them.
    ///
    /// # Errors
    /// `OutOfMemory` where it has not the addresses for one, `Unsupported` where the system refuses one.
    pub fn new(threads: usize) -> Result<Pool> {
        let mut threads = if threads == 0 { cores() } else { threads };
        let room = Room::now().process.unwrap_or(u64::MAX);
        while threads > 1 && Pool::address_bytes(threads) > room {
            threads = fewer(threads);
        }
        if STACK_BYTES as u64 + BESIDE_STACK_BYTES > room {
            return Err(room::refused(Pool::address_bytes(1)));
        }
        loop {
            match Pool::build(threads) {
                Ok(pool) => return Ok(pool),
                // Not of memory alone: the number of a user's or a container's threads is limited too.
                Err(_) if threads > 1 => threads = fewer(threads),
                Err(error) => {
                    let text = format!("the system starts no thread ({error}): raise the limit on processes");
                    return Err(Error::Unsupported(text));
                }
            }
        }
    }

    fn build(threads: usize) -> std::result::Result<Pool, rayon::ThreadPoolBuildError> {
        let mut ending = ThreadJoiner(Vec::new());
        let built = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .start_handler(|_| float_state::set_for_kernels())
            .spawn_handler(|thread| {
                let name = format!("dipkit-{}", thread.index());
                ending.0.push(Builder::new().name(name).stack_size(STACK_BYTES).spawn(|| thread.run())?);
                Ok(())
            })
            .build();
        built.map(|threads| Pool { threads, _ending: ending })
    }

    /// Runs `work` on the pool's threads and waits for it; rayon's calls inside use this pool.
    pub fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.threads.install(work)
    }

    /// As [`Pool::run`], always on the first thread. What is allocated one after the other, and for long, should be by
    /// one thread: an allocator keeps what is freed for the thread that had it.
    pub fn run_first<T: Send>(&self, work: impl FnOnce() -> T + Send) -> Option<T> {
        let (work, done) = (Mutex::new(Some(work)), Mutex::new(None));
        let take = || work.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.threads.broadcast(|thread| {
            if let Some(work) = (thread.index() == 0).then(take).flatten() {
                *done.lock().unwrap_or_else(PoisonError::into_inner) = Some(work());
            }
        });
        done.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn threads(&self) -> usize {
        self.threads.current_num_threads()
    }
}
