//! A pool of threads, one for each session, which ends with it. Rayon's global pool is never used: the process is the
//! host's.

use super::float_state;
use crate::error::{Error, Result};
use crate::room::{self, Room};
use std::sync::{Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

/// A pool of worker threads, which are named `dipkit-N`.
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

/// The stack of a thread, as large as that of Rust's own threads.
const STACK_BYTES: usize = 2 << 20;
/// What a thread has beside its stack: guard pages, the stack for signals and what the thread library keeps.
const BESIDE_STACK_BYTES: u64 = 256 << 10;
/// The GNU C library's allocator sets aside so many bytes of address space for a thread, for at most
/// [`ALLOCATORS_A_CORE`] threads a core.
const ALLOCATOR_BYTES: u64 = if cfg!(target_env = "gnu") { 64 << 20 } else { 0 };
const ALLOCATORS_A_CORE: usize = 8;

/// The number of cores that this process may use.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The number of threads to try after so many were too many: three quarters of them, but at least one fewer.
pub fn fewer(threads: usize) -> usize {
    (threads * 3 / 4).max(1).min(threads.saturating_sub(1).max(1))
}

impl Pool {
    /// The bytes of address space that so many threads take; few of them are ever used.
    pub fn address_bytes(threads: usize) -> u64 {
        let allocators = threads.min(ALLOCATORS_A_CORE * cores()) as u64;
        threads as u64 * (STACK_BYTES as u64 + BESIDE_STACK_BYTES) + allocators * ALLOCATOR_BYTES
    }

    /// Starts a pool of so many threads, or of one for each core where `threads` is 0. It has fewer where the process
    /// may not start so many, or has too little address space for them.
    ///
    /// # Errors
    /// `OutOfMemory` where there is too little address space for one thread, `Unsupported` where the system refuses
    /// one.
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
                // It need not be memory: the number of a user's or a container's threads is limited too.
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

    /// Runs `work` on the first thread of the pool and waits for it; None where that thread did not answer. Buffers
    /// that live long and follow each other should all be allocated by one thread, since an allocator keeps what is
    /// freed for the thread that had it.
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

    /// The number of threads.
    pub fn threads(&self) -> usize {
        self.threads.current_num_threads()
    }
}
