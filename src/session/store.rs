//! Saving a session to disk and loading it again.

use std::path::Path;
use std::sync::Arc;

use super::plan::SessionPlan;
use super::published::Published;
use super::saved::{self, Buffers, SessionHead};
use super::work::{Work, saving};
use super::{Inputs, Known, Session, Stage, device, key, lock, subject};
use crate::error::{Error, Result};
use crate::exec::Device;
use crate::options::{DeviceKind, Measured, Options, resolve};
use crate::tasks;

impl Session {
    /// Saves all that is needed to go on to the same bits, or the result alone where the work is done. It waits for a
    /// running step. The file is written as a whole or not at all.
    ///
    /// # Errors
    /// `Io`; `OutOfMemory` where the copy of what is saved has no room; `Internal` after a step that failed, `Device`.
    pub fn save(&self, path: &Path) -> Result<()> {
        let mut stage = self.stage.lock().map_err(|_| Error::Internal("an earlier step failed".into()))?;
        // A session that is saved at once goes on to the same bits, so it has been measured by then.
        self.step_from(&mut stage, 0)?;
        let mut buffers = Buffers::new();
        let (kept, merged) = match &*stage {
            Stage::Working(work) => (Some(work.keep(&mut buffers)?), self.published.done()),
            Stage::Unmeasured | Stage::Measured(_) | Stage::Done => (None, self.published.merged()?),
        };
        buffers.extend(merged.map(|merged| (MERGED.to_owned(), merged.samples)));
        let asked = Options { strength: self.strength(), ..self.asked };
        let engine = self.device.engine()?;
        let head = SessionHead {
            key: key::key_on(&engine, &asked, self.published.inputs().into()),
            engine,
            asked: saved::numbers(&asked),
            resolved: saved::numbers(&self.options()),
            metrics: self.metrics(),
            flops: self.flops(),
            work: kept,
        };
        drop(stage);
        saved::write(path, &head, &buffers)
    }

    /// Loads a session that was saved, with the inputs that it was created from.
    ///
    /// # Errors
    /// `Io` for a file that cannot be read or is no saved session, whole and unchanged; `Unsupported` where another
    /// engine wrote it; `InvalidArgument` where it belongs to other inputs; those of [`Session::create`].
    pub fn load(path: &Path, inputs: Inputs) -> Result<Session> {
        let (head, buffers) = saved::read(path)?;
        let asked = saved::options(path, &head.asked)?;
        Session::take_up(path, &asked, head, buffers, inputs)
    }

    /// Loads a session that was saved, for a caller that knows its options. Those that the result's bits do not depend
    /// on (strength, threads, time limit) are as they are given here.
    ///
    /// # Errors
    /// Those of [`Session::load`]; `InvalidArgument` with both values of each option that was another one.
    pub fn load_with(path: &Path, options: &Options, inputs: Inputs) -> Result<Session> {
        options.check()?;
        let (head, buffers) = saved::read(path)?;
        let asked = saved::options(path, &head.asked)?;
        let differences = key::differences(&asked, options);
        if !differences.is_empty() {
            let text = format!("{} was saved with other options: {}", path.display(), differences.join(", "));
            return Err(Error::invalid(text));
        }
        Session::take_up(path, options, head, buffers, inputs)
    }

    fn take_up(
        path: &Path,
        asked: &Options,
        head: SessionHead,
        mut buffers: Buffers,
        inputs: Inputs,
    ) -> Result<Session> {
        subject::check(asked, &inputs)?;
        let inputs = Inputs { image: inputs.image.in_fewest_channels(), ..inputs };
        let resolved = saved::options(path, &head.resolved)?;
        let device = device_of(asked, &head.engine)?;
        let engine = device::engine(&device, asked.device_index)?;
        head.check(path, &engine, &key::key_on(&engine, asked, (&inputs).into()))?;
        let merged = buffers.remove(MERGED);
        // Neither depends on what is measured in the picture.
        let plain = resolve(asked, &Measured::plain());
        let (factor, strength) = (tasks::enlargement(&plain), plain.strength);
        let Options { threads, time_limit, .. } = *asked;
        let options = Options { strength, threads, time_limit, ..resolved };
        let known = Known { metrics: head.metrics, options, flops: head.flops, memory_bytes: 0 };
        let session = Session::new(*asked, device, Published::new(&Arc::new(inputs), factor)?, known, strength)?;
        let stage = match head.work {
            Some(kept) => {
                let asked = Options { tile_size: resolved.tile_size, ..*asked };
                session.resumed(&asked, kept, buffers).map_err(|error| unfit(path, error))?
            }
            None => Stage::Done,
        };
        if let Some(samples) = merged {
            session.published.restore(samples).map_err(|text| saved::refuse(path, text))?;
        }
        if let Stage::Working(work) = &stage {
            session.publish(work, work.news()?)?;
        } else {
            let mut known = lock(&session.known);
            known.memory_bytes = session.published.bytes();
            known.metrics.memory_bytes = known.memory_bytes;
        }
        *lock(&session.stage) = stage;
        Ok(session)
    }

    /// The stage of work that was put aside; `asked` has the tiles of then, whatever this machine would choose.
    fn resumed(&self, asked: &Options, head: saving::WorkHead, buffers: Buffers) -> Result<Stage> {
        let plan = SessionPlan::new(asked, self.published.inputs(), &self.device.current(), &self.cancel)?;
        let price = self.price(&plan)?;
        self.planned(Arc::new(plan), price, |plan, price, inputs| {
            Work::resume(plan, price, inputs, &self.device.current(), head, buffers)
        })
    }
}

/// The error of work that cannot be taken up: where it does not belong to its plan, that is the file's fault.
fn unfit(path: &Path, error: Error) -> Error {
    match error {
        Error::Internal(text) => saved::refuse(path, text),
        Error::InvalidArgument(_)
        | Error::Unsupported(_)
        | Error::OutOfMemory { .. }
        | Error::Device { .. }
        | Error::Diverged { .. }
        | Error::Io { .. }
        | Error::Cancelled => error,
    }
}

/// The device that a saved session goes on with: where the options leave the choice, the CPU if the session ran there.
///
/// # Errors
/// See [`device::open`].
fn device_of(asked: &Options, engine: &str) -> Result<Device> {
    let cpu = Device::cpu();
    let ran_there = device::engine(&cpu, asked.device_index)? == engine;
    if asked.device == DeviceKind::Auto && ran_there { Ok(cpu) } else { device::open(asked.device, asked.device_index) }
}

/// The name of the buffer of merged results: of finished jobs, or of all where the work is done.
const MERGED: &str = "merged";
