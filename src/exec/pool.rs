//! One thread pool a session, ended with it. Never rayon's global pool: the process is the host's.

use crate::error::{Error, Result};
use std::sync::{Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

/// Worker threads named `dipkit-N`.
pub struct Pool {
    // Dropped in this order: rayon tells its threads to end, and does not wait for them.
    threads: rayon::ThreadPool,
    _ending: Ending,
}

/// Waits for the threads, so that nothing of a session runs after it is gone.
struct Ending(Vec<JoinHandle<()>>);

impl Drop for Ending {
    fn drop(&mut self) {
        // A panic of theirs was passed on by rayon already.
        self.0.drain(..).for_each(|thread| drop(thread.join()));
    }
}

impl Pool {
    /// `threads` of 0 is all cores.
    ///
    /// # Errors
    /// `Internal` where the system gives no threads.
    pub fn new(threads: usize) -> Result<Pool> {
        let mut ending = Ending(Vec::new());
        let built = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .start_handler(|_| flush_denormals())
            .spawn_handler(|thread| {
                let name = format!("dipkit-{}", thread.index());
                ending.0.push(Builder::new().name(name).spawn(|| thread.run())?);
                Ok(())
            })
            .build();
        match built {
            Ok(threads) => Ok(Pool { threads, _ending: ending }),
            Err(error) => Err(Error::Internal(format!("no threads: {error}"))),
        }
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

/// Denormal numbers as 0 on this thread: they are a hundred times slower, and a fit makes many.
#[cfg(target_arch = "x86_64")]
fn flush_denormals() {
    const FLUSH_AND_DENORMALS_ARE_ZERO: u32 = 0x8040;
    let mut control: u32 = 0;
    // SAFETY: stmxcsr and ldmxcsr read and write the four bytes of `control`; every x86-64 has SSE.
    // The thread is the pool's own, so no host sees the change.
    unsafe {
        std::arch::asm!("stmxcsr [{}]", in(reg) &mut control, options(nostack));
        control |= FLUSH_AND_DENORMALS_ARE_ZERO;
        std::arch::asm!("ldmxcsr [{}]", in(reg) &control, options(nostack, readonly));
    }
}

#[cfg(target_arch = "aarch64")]
fn flush_denormals() {
    const FLUSH: u64 = 1 << 24;
    // SAFETY: fpcr is this thread's own floating-point control register; the thread is the pool's.
    unsafe {
        let mut control: u64;
        std::arch::asm!("mrs {}, fpcr", out(reg) control, options(nomem, nostack));
        control |= FLUSH;
        std::arch::asm!("msr fpcr, {}", in(reg) control, options(nomem, nostack));
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn flush_denormals() {}
