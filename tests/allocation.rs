//! An iteration of the CPU plan takes no memory, and saving no more than a copy: a program of its own, since it counts
//! what the whole process allocates.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use dipkit::exec::cpu::CpuExecutor;
use dipkit::exec::{Executor, Pace, Pool};
use dipkit::options::{Measured, Options, Quality, Task, resolve};
use dipkit::pixels::{Layout as Pixels, Picture, Sample, Size, import};
use dipkit::session::{Inputs, Session};
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

/// One test at a time, since there is one count.
static COUNTING: Mutex<()> = Mutex::new(());

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
    let _alone = COUNTING.lock().unwrap();
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

/// The bytes that are taken beside those that are saved.
const BESIDE: u64 = 1 << 20;

/// It took three times its file.
#[test]
fn saving_takes_a_copy_of_what_it_saves_and_no_more() {
    let _alone = COUNTING.lock().unwrap();
    let pixels: Vec<u8> = (0..24 * 24 * 3).map(|place| (place * 31 % 251) as u8).collect();
    let image = import(&Pixels::packed(Size::new(24, 24), 3, Sample::U8), 0, &pixels).unwrap();
    let options = Options { noise_level: 20.0, threads: 1, ..Options::new(Task::Denoise, Quality::Balanced) };
    let session = Session::create(&options, Inputs { image, mask: None, guide: None }).unwrap();
    session.step(2).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("session.dipkit");
    let before = BYTES.load(Ordering::SeqCst);
    session.save(&path).unwrap();
    let taken = BYTES.load(Ordering::SeqCst) - before;
    let saved = std::fs::metadata(&path).unwrap().len();
    assert!(saved > 2 * BESIDE, "the file has {saved} bytes, too few to tell");
    // Beside the buffers there are their names, what the file says of them, and the picture that is shown then.
    assert!(taken < saved + BESIDE, "saving {saved} bytes took {taken}");
}
