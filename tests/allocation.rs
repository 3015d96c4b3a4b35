//! An iteration of the CPU plan takes no memory: a program of its own, since it counts what the whole
//! process allocates.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use dipkit::exec::cpu::CpuExecutor;
use dipkit::exec::{Executor, Pace, Pool};
use dipkit::options::{Measured, Options, Quality, Task, resolve};
use dipkit::pixels::{Picture, Size};
use dipkit::tasks::{Subject, recipe};

struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);

// SAFETY: every call is passed on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        BYTES.fetch_add(layout.size() as u64, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn executor(task: Task, quality: Quality) -> CpuExecutor {
    let size = Size::new(64, 96);
    let weight = Picture::filled(size, 3, 1.0);
    let subject = Subject { image: Picture::filled(size, 3, 0.5), weight, guide: None };
    let measured = Measured::plain();
    let options = Options { channels: 16, factor: 2, noise_level: 20.0, ..Options::new(task, quality) };
    let recipe = recipe(&resolve(&options, &measured), &measured, &subject, None, 0).unwrap();
    CpuExecutor::new(Arc::new(recipe.graph)).unwrap()
}

#[test]
fn iterations_after_the_first_allocate_nothing() {
    let pace = Pace { learning_rate: 0.01, matrix_learning_rate: 0.02, average_weight: 0.99 };
    let never = AtomicBool::new(false);
    let pool = Pool::new(2).unwrap();
    let all = [Task::Denoise, Task::SuperResolve, Task::Inpaint].map(|task| (task, Quality::Balanced));
    for (task, quality) in all.into_iter().chain([(Task::Denoise, Quality::Reference)]) {
        let (allocations, bytes) = pool.run(|| {
            let mut executor = executor(task, quality);
            let mut ring = Vec::with_capacity(16);
            executor.iterate(1, &[pace; 2], &never, &mut ring).unwrap();
            let before = (ALLOCATIONS.load(Ordering::SeqCst), BYTES.load(Ordering::SeqCst));
            executor.iterate(3, &[pace; 5], &never, &mut ring).unwrap();
            executor.checkpoint().unwrap();
            executor.snapshot().unwrap();
            (ALLOCATIONS.load(Ordering::SeqCst) - before.0, BYTES.load(Ordering::SeqCst) - before.1)
        });
        assert_eq!((allocations, bytes), (0, 0), "{task:?} {quality:?}");
    }
}
