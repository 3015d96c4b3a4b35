//! A session: the restoring of one picture, behind one handle that any thread may use.

mod canvas;
mod clock;
mod device;
mod estimate;
mod jobs;
mod key;
mod memory;
mod metrics;
mod news;
mod parts;
mod plan;
mod price;
mod published;
mod queue;
mod saved;
mod store;
mod subject;
mod work;

pub use device::{CpuRate, describe, is_available};
pub use key::{Given, key};
pub use metrics::{Metrics, State};

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::{Error, Result};
pub use crate::exec::FloatState;
use crate::exec::{Backend, Device};
pub use crate::options::NoiseKind;
use crate::options::{DeviceKind, Measured, Options, ResolvedOptions, resolve};
pub use crate::pixels::Region;
use crate::pixels::{Imported, Layout, Picture, Size};
use crate::tasks;
use device::DeviceInUse;
use news::News;
use plan::SessionPlan;
use price::Price;
use published::Published;
use work::Work;

/// The pictures that a session works on, which are copies of what the host's buffers hold.
#[derive(Debug, Clone)]
pub struct Inputs {
    pub image: Imported,
    /// The mask of inpainting, one plane of the image's size: 1 is observed, 0 is missing, and between them is a
    /// weight.
    pub mask: Option<Picture>,
    /// The guide of denoising, a cleaner picture of the same scene (with flash) and of the same size.
    pub guide: Option<Imported>,
}

/// Which picture of a session to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// What to save: the best snapshot, else the average, blended by strength.
    Result,
    /// The moving average of the network's output; where jobs are done, their result.
    Average,
    /// The network's output at the last control interval; where jobs are done, their result.
    Latest,
    /// What was given, at the result's size.
    Input,
}

/// One picture that is being restored. All methods may be called from any thread; steps wait for each other, and
/// nothing else waits.
pub struct Session {
    /// The options as they were given.
    asked: Options,
    device: DeviceInUse,
    published: Published,
    known: Mutex<Known>,
    cancel: AtomicBool,
    /// The option `strength`, as the bits of an f32.
    strength: AtomicU32,
    stage: Mutex<Stage>,
}

/// What a session knows of its work.
#[derive(Debug, Clone, Copy)]
struct Known {
    metrics: Metrics,
    /// The options; without AUTO once the picture has been measured.
    options: Options,
    /// The floating-point operations of an iteration of the first job.
    flops: u64,
    /// The bytes that the session takes at most.
    memory_bytes: u64,
}

/// How far a session is.
enum Stage {
    /// The picture has not been measured: the first step does that.
    Unmeasured,
    /// There was no room to begin with what the picture needs.
    Measured(Arc<SessionPlan>),
    Working(Box<Work>),
    /// The input is the result, or the work is done.
    Done,
}

/// The number of passes of an iteration: forward, and back to the weights and to the input.
const PASSES: u64 = 3;

impl Session {
    /// Checks options and inputs. What takes time, measuring the picture and planning its jobs, happens in the first
    /// step, where progress and [`Session::cancel`] reach it.
    ///
    /// # Errors
    /// `InvalidArgument`, `Unsupported`, `Device`, or `OutOfMemory` where the size alone is too much.
    pub fn create(options: &Options, inputs: Inputs) -> Result<Session> {
        Session::create_on(options, inputs, device::open(options.device, options.device_index)?)
    }

    /// Creates a session that runs on the CPU by candle's executor, the slow one that judges the static plan; see
    /// [`Session::create`].
    ///
    /// # Errors
    /// Those of [`Session::create`].
    pub fn create_judged(options: &Options, inputs: Inputs) -> Result<Session> {
        Session::create_on(options, inputs, Device::judge(Backend::Cpu, 0)?)
    }

    fn create_on(options: &Options, inputs: Inputs, device: Device) -> Result<Session> {
        options.check()?;
        subject::check(options, &inputs)?;
        let inputs = Inputs { image: inputs.image.in_fewest_channels(), ..inputs };
        let resolved = resolve(options, &Measured::plain());
        let factor = tasks::enlargement(&resolved);
        let bytes = memory::least((inputs.image.colour.samples.len() * factor * factor) as u64);
        memory::check(options.memory_limit, bytes)?;
        memory::claim(bytes)?;
        let metrics = Metrics::before_measuring(device::kind_of(&device), bytes);
        let known = Known { metrics, options: *options, flops: 0, memory_bytes: bytes };
        let strength = resolved.strength;
        Session::new(*options, device, Published::new(&Arc::new(inputs), factor)?, known, strength)
    }

    fn new(asked: Options, device: Device, published: Published, known: Known, strength: f32) -> Result<Session> {
        Ok(Session {
            asked,
            device: DeviceInUse::new(device, &asked),
            published,
            known: Mutex::new(known),
            cancel: AtomicBool::new(false),
            strength: AtomicU32::new(strength.to_bits()),
            stage: Mutex::new(Stage::Unmeasured),
        })
    }

    /// Measures the picture, resolves the options and prepares the first job, where that has not been done. The first
    /// step begins with the same.
    ///
    /// # Errors
    /// Those of [`Session::step`].
    pub fn prepare(&self) -> Result<Metrics> {
        self.step(0)
    }

    /// The price of a plan; None where it has no job. What takes too much memory is refused before any of it is taken.
    fn price(&self, plan: &SessionPlan) -> Result<Option<Price>> {
        let inputs = self.published.inputs();
        // This comes before a recipe is made, which takes memory itself.
        let least = plan.least_bytes(inputs);
        memory::check(plan.options.memory_limit, least)?;
        let price = Price::of(plan, inputs, &self.device.current())?;
        let (threads, bytes) = price.as_ref().map_or((0, least), |price| (price.threads, price.bytes));
        memory::check(plan.options.memory_limit, bytes)?;
        memory::check_addresses(bytes, threads)?;
        memory::claim(bytes)?;
        Ok(price)
    }

    /// The stage that a plan of this price leads to, with the work that `start` makes of it.
    fn planned(
        &self,
        plan: Arc<SessionPlan>,
        price: Option<Price>,
        start: impl FnOnce(Arc<SessionPlan>, Price, Arc<Inputs>) -> Result<Work>,
    ) -> Result<Stage> {
        let inputs = self.published.inputs();
        let bytes = price.as_ref().map_or(plan.least_bytes(inputs), |price| price.bytes);
        price.as_ref().map_or(Ok(()), |price| price.device_check.clone())?;
        let shown = ResolvedOptions { noise_level: plan.noise_level(inputs), ..plan.options };
        let (hole, noise) = (tasks::hole_in_use(&plan.options), plan.measured.noise);
        let work = price.map(|price| start(plan, price, self.published.shared_inputs())).transpose()?;
        let mut known = lock(&self.known);
        known.options = shown.into();
        known.memory_bytes = bytes;
        let device = known.metrics.device;
        match work {
            Some(work) => {
                known.flops = PASSES * work.forward_flops;
                known.metrics = work.metrics(device, hole).unwrap_or(known.metrics);
                Ok(Stage::Working(Box::new(work)))
            }
            None => {
                let memory_bytes = self.published.bytes();
                known.metrics = Metrics { memory_bytes, ..Metrics::without_work(device, hole, noise) };
                Ok(Stage::Done)
            }
        }
    }

    /// Runs `iterations` more, or fewer when the work ends. The first step begins by measuring the picture.
    ///
    /// # Errors
    /// `Cancelled` (the unfinished iteration leaves no trace; step again to go on), `Diverged` (now
    /// and at every later step; the best picture stays), `OutOfMemory` (step again when there is more), `Device`,
    /// `Internal`; at the first step `InvalidArgument` for options that do not go with each other or with the picture.
    /// [`Session::metrics`] is true after any of them.
    pub fn step(&self, iterations: u32) -> Result<Metrics> {
        // A step that waited for one which panicked finds the work half done.
        let mut stage = self.stage.lock().map_err(|_| Error::Internal("an earlier step failed".into()))?;
        let outcome = self.step_from(&mut stage, iterations);
        if matches!(outcome, Err(Error::Cancelled)) {
            self.cancel.store(false, Ordering::SeqCst);
        }
        outcome.map(|()| self.metrics())
    }

    fn step_from(&self, stage: &mut Stage, iterations: u32) -> Result<()> {
        self.begin(stage)?;
        let Stage::Working(work) = stage else { return Ok(()) };
        work.step(iterations, &self.cancel, &mut |work, news| self.publish(work, news))?;
        if self.metrics().state != State::Running {
            // Its threads and its memory are of no use any more.
            *stage = Stage::Done;
            lock(&self.known).metrics.memory_bytes = self.published.bytes();
        }
        Ok(())
    }

    /// Measures the picture and prepares the first job, where that has not been done. Where the options leave the choice
    /// of the device and a graphics card turns out to be of no use, the CPU begins anew, as other tiles may be right.
    fn begin(&self, stage: &mut Stage) -> Result<()> {
        loop {
            *stage = match stage {
                Stage::Unmeasured => {
                    let inputs = self.published.inputs();
                    let plan = SessionPlan::new(&self.asked, inputs, &self.device.current(), &self.cancel)?;
                    Stage::Measured(Arc::new(plan))
                }
                Stage::Measured(plan) => {
                    let price = self.price(plan)?;
                    if price.as_ref().is_some_and(|price| self.device.falls_back(&price.device_check)) {
                        lock(&self.known).metrics.device = DeviceKind::Cpu;
                        Stage::Unmeasured
                    } else {
                        let start = |plan, price, inputs| Work::new(plan, price, inputs, &self.device.current());
                        self.planned(plan.clone(), price, start)?
                    }
                }
                Stage::Working(_) | Stage::Done => return Ok(()),
            }
        }
    }

    fn publish(&self, work: &Work, news: News) -> Result<()> {
        let mut shown = Ok(());
        match news {
            News::Input => self.published.show(None),
            News::Current(moment) => self.published.show(Some(*moment)),
            News::Settled(moment) => shown = self.published.settle(*moment),
            News::Nothing => {}
        }
        let mut known = lock(&self.known);
        let Metrics { device, hole, .. } = known.metrics;
        known.metrics = work.metrics(device, hole).unwrap_or(known.metrics);
        shown
    }

    /// Where the work stands; never waits for a running step.
    pub fn metrics(&self) -> Metrics {
        lock(&self.known).metrics
    }

    /// Why a graphics card that is there is not used: it or its driver is too old, its memory too small, or it computes
    /// something else. None where there is none, or where it is used.
    pub fn unused_card(&self) -> Option<String> {
        self.device.reason()
    }

    /// The options in use. Once the first step has measured the picture, AUTO is resolved. What has no value stays
    /// AUTO: `hole` in other tasks than inpainting, `noise_level` where no noise was found.
    pub fn options(&self) -> Options {
        Options { strength: self.strength(), ..lock(&self.known).options }
    }

    /// Measures what the instructions that the session's kernels use on a CPU are capable of; takes a moment.
    ///
    /// # Errors
    /// `Unsupported` for instructions that this machine lacks or where the system starts no thread; `OutOfMemory`.
    pub fn cpu_rate(&self) -> Result<CpuRate> {
        CpuRate::measure(self.asked.threads as usize)
    }

    /// The floating-point operations of an iteration of the first job, counting convolutions done directly; 0
    /// without a job, and before the first step.
    pub fn flops(&self) -> u64 {
        lock(&self.known).flops
    }

    /// The bytes that the session takes at most; before the first step, those that it takes at least.
    pub fn memory_bytes(&self) -> u64 {
        lock(&self.known).memory_bytes
    }

    /// The size of the result.
    pub fn size(&self) -> Size {
        self.published.size()
    }

    /// Writes a picture of [`Session::size`] into a host's buffer; before the first step: the input,
    /// enlarged. `origin` is the offset in `buffer` of channel 0 of the top-left pixel.
    ///
    /// # Errors
    /// `InvalidArgument` where the layout's size is another one or its channels do not fit; `OutOfMemory`.
    pub fn preview(&self, output: Output, layout: &Layout, origin: usize, buffer: &mut [u8]) -> Result<()> {
        self.published.write(output, self.strength(), layout, origin, buffer)
    }

    /// Writes a rectangle of the picture into a host's buffer, scaled by area averaging to the layout's size where that
    /// is smaller. `origin` is the offset in `buffer` of channel 0 of the top-left pixel.
    ///
    /// # Errors
    /// `InvalidArgument` for a rectangle outside the result or a layout larger than it; `OutOfMemory`.
    pub fn preview_region(
        &self,
        output: Output,
        region: Region,
        layout: &Layout,
        origin: usize,
        buffer: &mut [u8],
    ) -> Result<()> {
        self.published.write_region(output, self.strength(), region, layout, origin, buffer)
    }

    fn strength(&self) -> f32 {
        f32::from_bits(self.strength.load(Ordering::Relaxed))
    }

    /// Blends result (1) and input (0) from now on, also after the work is done.
    ///
    /// # Errors
    /// `InvalidArgument` outside 0..1.
    pub fn set_strength(&self, strength: f32) -> Result<()> {
        if !(0.0..=1.0).contains(&strength) {
            return Err(Error::invalid(format!("strength is {strength}, must be 0 to 1")));
        }
        self.strength.store(strength.to_bits(), Ordering::Relaxed);
        Ok(())
    }

    /// Ends the running or next step, once. Never waits.
    pub fn cancel(&self) {
        self.cancel.store(true, Ordering::SeqCst);
    }
}

/// Locks a mutex, even after a panic elsewhere, which must not take previews and metrics down with it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
