//! One thread pool a session, ended with it. Never rayon's global pool: the process is the host's.

use super::float_state;
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
            .start_handler(|_| float_state::set_for_kernels())
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
