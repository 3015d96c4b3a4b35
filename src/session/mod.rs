//! A session: one picture's jobs and their state, behind one handle that any thread may use.

mod canvas;
mod device;
mod jobs;
mod key;
mod memory;
mod parts;
mod plan;
mod published;
mod saved;
mod store;
mod subject;
mod work;

pub use device::{CpuRate, describe, is_available};
pub use key::{Given, key};

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::exec::Device;
pub use crate::exec::FloatState;
pub use crate::options::NoiseKind;
use crate::options::{DeviceKind, Hole, Measured, Noise, Options, resolve};
pub use crate::pixels::Region;
use crate::pixels::{Imported, Layout, Picture, Size};
use crate::tasks;
use plan::{Largest, Plan};
use published::Published;
use work::{Allowance, News, Work};

/// What a session works on. Everything is copied out of the host's buffers already.
#[derive(Debug, Clone)]
pub struct Inputs {
    pub image: Imported,
    /// For inpainting: one plane of the image's size; 1 is observed, 0 missing, between is a weight.
    pub mask: Option<Picture>,
    /// For denoising: a cleaner picture of the same scene (flash), of the same size.
    pub guide: Option<Imported>,
}

/// Which picture to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// What to save: the best snapshot, else the average, blended by strength.
    Result,
    /// Moving average of the network output; where jobs are done, their result.
    Average,
    /// Network output at the last control interval; where jobs are done, their result.
    Latest,
    /// What was given, at the result's size.
    Input,
}

/// How far the work is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    Running,
    /// All iterations done.
    Finished,
    /// The early-stopping rule fired.
    StoppedEarly,
    /// The time limit was reached; the result is the best so far.
    TimedOut,
}

/// Where the work stands.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    pub state: State,
    /// Done so far, over all jobs.
    pub iteration: u32,
    /// Planned over all jobs; early stopping may need fewer.
    pub iterations_total: u32,
    /// Of the current job, behind [`Output::Result`].
    pub best_iteration: u32,
    pub jobs_done: u32,
    pub jobs_total: u32,
    /// Where it really runs; never `Auto`.
    pub device: DeviceKind,
    /// 0..1 over the whole work; 1 only when the state is not `Running`.
    pub progress: f64,
    /// Estimate; NaN until it is known.
    pub seconds_left: f64,
    /// Spent stepping.
    pub seconds: f64,
    pub loss: f64,
    /// dB against the degraded input, not against the truth: it rises while the picture gets worse.
    pub psnr_observed: f64,
    /// Moving variance of the output; NaN until it means something.
    pub variance: f64,
    /// Estimated or given, 0..255; NaN if unknown.
    pub noise_level: f64,
    /// Estimated mean squared error on held-out samples; NaN without them.
    pub risk: f64,
    pub noise_kind: NoiseKind,
    /// The inpainting preset in use.
    pub hole: Option<Hole>,
    /// What the session takes at most; less once its work is done.
    pub memory_bytes: u64,
}

impl Metrics {
    /// Of a session without a job: the input is the result.
    fn of_no_work(device: DeviceKind, hole: Option<Hole>, noise: Noise) -> Metrics {
        Metrics {
            state: State::Finished,
            iteration: 0,
            iterations_total: 0,
            best_iteration: 0,
            jobs_done: 0,
            jobs_total: 0,
            device,
            progress: 1.0,
            seconds_left: 0.0,
            seconds: 0.0,
            loss: f64::NAN,
            psnr_observed: f64::NAN,
            variance: f64::NAN,
            noise_level: f64::from(noise.level),
            risk: f64::NAN,
            noise_kind: noise.kind,
            hole,
            memory_bytes: 0,
        }
    }
}

/// One picture being restored. All methods may be called from any thread; steps wait for each other,
/// and nothing else waits.
pub struct Session {
    /// As given.
    asked: Options,
    /// See [`device::engine`].
    engine: String,
    /// Without AUTO.
    options: Options,
    published: Published,
    metrics: Mutex<Metrics>,
    cancel: AtomicBool,
    /// Bits of an f32.
    strength: AtomicU32,
    /// None where the input is the result, and once the work is done.
    work: Mutex<Option<Work>>,
    flops: u64,
    memory_bytes: u64,
}

/// Forward, and back to the weights and to the input.
const PASSES: u64 = 3;

/// What copies of a session's inputs have, in pictures as they were given: colour, original, weight, mask and guide.
const COPIED_PICTURES: usize = 6;

impl Session {
    /// Checks everything, measures the picture, resolves the options and prepares the first job.
    ///
    /// # Errors
    /// `InvalidArgument`, `Unsupported`, `OutOfMemory` (before the fit takes any) or `Device`.
    pub fn create(options: &Options, inputs: Inputs) -> Result<Session> {
        Session::create_on(options, inputs, || device::open(options.device, options.device_index))
    }

    /// The same on the CPU by candle's executor, the slow one that judges the plan.
    ///
    /// # Errors
    /// As [`Session::create`].
    pub fn create_judged(options: &Options, inputs: Inputs) -> Result<Session> {
        Session::create_on(options, inputs, || Ok(Device::judge()))
    }

    fn create_on(options: &Options, inputs: Inputs, open: impl FnOnce() -> Result<Device>) -> Result<Session> {
        let device = open()?;
        let inputs = Inputs { image: inputs.image.in_fewest_channels(), ..inputs };
        let plan = Plan::new(options, &inputs, &device)?;
        Session::of_plan(options, plan, inputs, &device, |plan, largest, allowance, inputs| {
            Work::new(plan, largest, allowance, inputs, &device)
        })
    }

    /// Refuses what takes too much memory before `start` begins.
    fn of_plan(
        asked: &Options,
        plan: Plan,
        inputs: Inputs,
        device: &Device,
        start: impl FnOnce(Plan, Largest, Allowance, Arc<Inputs>) -> Result<Work>,
    ) -> Result<Session> {
        // Before a recipe is made, which takes some.
        memory::check(&plan.options, plan.least_bytes(&inputs))?;
        let largest = plan.largest(&inputs)?;
        let (threads, bytes) = plan.threads_and_bytes(largest.as_ref(), &inputs, device);
        memory::check(&plan.options, bytes)?;
        memory::check_addresses(bytes, if largest.is_some() { threads } else { 0 })?;
        memory::claim(bytes)?;
        let options = Options { noise_level: plan.noise_level(&inputs), ..plan.options };
        let inputs = Arc::new(inputs);
        let published = Published::new(&inputs, plan.factor())?;
        let (kind, hole) = (device::kind_of(device), tasks::hole_in_use(&options));
        let noise = plan.measured.noise;
        let work = largest.map(|largest| start(plan, largest, Allowance { threads, bytes }, inputs)).transpose()?;
        let flops = work.as_ref().map_or(0, |work| PASSES * work.forward_flops);
        let metrics = work.as_ref().and_then(|work| work.metrics(kind, hole));
        let of_no_work = || Metrics { memory_bytes: published.bytes(), ..Metrics::of_no_work(kind, hole, noise) };
        let metrics = metrics.unwrap_or_else(of_no_work);
        Ok(Session {
            asked: *asked,
            engine: device::engine(device, asked.device_index)?,
            options,
            published,
            metrics: Mutex::new(metrics),
            cancel: AtomicBool::new(false),
            strength: AtomicU32::new(options.strength.to_bits()),
            work: Mutex::new(work),
            flops,
            memory_bytes: bytes,
        })
    }

    /// Bytes that such a session would need at most, without creating it; at least, where its size alone is too much for
    /// the limit or the machine.
    ///
    /// # Errors
    /// As [`Session::create`], but for `OutOfMemory` of the limit and the machine.
    pub fn estimate_memory(options: &Options, inputs: &Inputs) -> Result<u64> {
        let device = device::open(options.device, options.device_index)?;
        let in_grey;
        let mut inputs = inputs;
        if inputs.image.is_grey_in_colour() {
            memory::claim_samples(COPIED_PICTURES * inputs.image.original.samples.samples.len())?;
            in_grey = Inputs { image: inputs.image.clone().in_fewest_channels(), ..inputs.clone() };
            inputs = &in_grey;
        }
        let plan = Plan::new(options, inputs, &device)?;
        let least = plan.least_bytes(inputs);
        if memory::check(&plan.options, least).is_err() {
            return Ok(least);
        }
        let (_, bytes) = plan.threads_and_bytes(plan.largest(inputs)?.as_ref(), inputs, &device);
        Ok(bytes)
    }

    /// Refuses a picture whose size alone is too much for the memory limit or the machine: before it is imported and
    /// measured, which takes time and memory itself.
    ///
    /// # Errors
    /// `InvalidArgument` for options out of range; `OutOfMemory` with the bytes that are needed at least.
    pub fn check_size(options: &Options, image: &Layout) -> Result<()> {
        options.check()?;
        image.extent()?;
        let factor = tasks::enlargement(&resolve(options, &Measured::plain())) as u64;
        // Sides are at most 2^20, the factor 8 and the channels 3.
        let samples = (image.size.area() * image.colours()) as u64 * factor * factor;
        let least_bytes = memory::least(samples);
        memory::check(options, least_bytes)?;
        memory::check_addresses(least_bytes, 0)?;
        memory::claim(least_bytes)
    }

    /// Runs `iterations` more, or fewer when the work ends.
    ///
    /// # Errors
    /// `Cancelled` (the unfinished iteration leaves no trace; step again to go on), `Diverged` (now
    /// and at every later step; the best picture stays), `OutOfMemory` (step again when there is more), `Device`,
    /// `Internal`. [`Session::metrics`]
    /// is true after any of them.
    pub fn step(&self, iterations: u32) -> Result<Metrics> {
        // A step that waited for one which panicked finds the work half done.
        let mut present = self.work.lock().map_err(|_| Error::Internal("an earlier step failed".into()))?;
        let Some(work) = present.as_mut() else {
            return Ok(self.metrics());
        };
        let outcome = work.step(iterations, &self.cancel, &mut |work, news| self.publish(work, news));
        if matches!(outcome, Err(Error::Cancelled)) {
            self.cancel.store(false, Ordering::SeqCst);
        }
        if outcome.is_ok() && self.metrics().state != State::Running {
            // Its threads and its memory are of no use any more.
            *present = None;
            lock(&self.metrics).memory_bytes = self.published.bytes();
        }
        outcome.map(|()| self.metrics())
    }

    fn publish(&self, work: &Work, news: News) -> Result<()> {
        let mut shown = Ok(());
        match news {
            News::Input => self.published.show(None),
            News::Current(moment) => self.published.show(Some(*moment)),
            News::Settled(moment) => shown = self.published.settle(*moment),
            News::Nothing => {}
        }
        let mut metrics = lock(&self.metrics);
        if let Some(present) = work.metrics(metrics.device, metrics.hole) {
            *metrics = present;
        }
        shown
    }

    /// Never waits for a running step.
    pub fn metrics(&self) -> Metrics {
        *lock(&self.metrics)
    }

    /// The options in use, AUTO resolved. What there is nothing to say of stays AUTO: `hole` in other tasks than inpainting,
    /// `noise_level` where none was found.
    pub fn options(&self) -> Options {
        Options { strength: self.strength(), ..self.options }
    }

    /// The instructions that the session's kernels use on a CPU, and what they could do; takes a moment.
    ///
    /// # Errors
    /// As [`Session::create`].
    pub fn cpu_rate(&self) -> Result<CpuRate> {
        CpuRate::measure(self.options.threads as usize)
    }

    /// Floating-point operations of an iteration of the first job, counting convolutions done directly; 0
    /// without a job.
    pub fn flops(&self) -> u64 {
        self.flops
    }

    /// Bytes that the session takes at most.
    pub fn memory_bytes(&self) -> u64 {
        self.memory_bytes
    }

    /// Size of the result.
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

    /// The same for a rectangle, scaled by area averaging to the layout's size when that is smaller.
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

/// A panic elsewhere must not take previews and metrics down with it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
