//! A session's way to disk and back.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32};
use std::sync::{Arc, Mutex};

use super::plan::Plan;
use super::published::Published;
use super::saved::{self, Buffers, Head};
use super::work::Work;
use super::{Inputs, Metrics, Session, device, key, lock};
use crate::error::{Error, Result};
use crate::options::{Measured, Options, resolve};
use crate::tasks;

impl Session {
    /// Saves all that is needed to go on to the same bits, or the result alone where the work is done; waits for a
    /// running step. The file is whole or not there.
    ///
    /// # Errors
    /// `Io`; `Internal` after a step that failed, `Device`.
    pub fn save(&self, path: &Path) -> Result<()> {
        let work = self.work.lock().map_err(|_| Error::Internal("an earlier step failed".into()))?;
        let mut buffers = Buffers::new();
        let kept = work.as_ref().map(|work| work.keep(&mut buffers)).transpose()?;
        let merged = if work.is_some() { self.published.done() } else { self.published.merged()? };
        buffers.extend(merged.map(|merged| (MERGED.to_owned(), merged.samples)));
        let asked = Options { strength: self.strength(), ..self.asked };
        let head = Head {
            engine: self.engine.clone(),
            key: key::key_on(&self.engine, &asked, self.published.inputs().into()),
            asked: saved::numbers(&asked),
            resolved: saved::numbers(&self.options()),
            metrics: self.metrics(),
            flops: self.flops,
            work: kept,
        };
        drop(work);
        saved::write(path, &head, &buffers)
    }

    /// A session that was saved, with the inputs that it was created from.
    ///
    /// # Errors
    /// `Io` for a file that cannot be read or is no saved session, whole and unchanged; `Unsupported` where another
    /// engine wrote it; `InvalidArgument` where it belongs to other inputs; those of [`Session::create`].
    pub fn load(path: &Path, inputs: Inputs) -> Result<Session> {
        let (head, buffers) = saved::read(path)?;
        let asked = saved::options(path, &head.asked)?;
        Session::take_up(path, &asked, head, buffers, inputs)
    }

    /// The same for a caller that knows the options too. Those that have no say in the result's bits (strength, threads,
    /// time limit) are as they are given here.
    ///
    /// # Errors
    /// As [`Session::load`]; `InvalidArgument` with both values of each option that was another one.
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

    fn take_up(path: &Path, asked: &Options, head: Head, mut buffers: Buffers, inputs: Inputs) -> Result<Session> {
        let inputs = Inputs { image: inputs.image.in_fewest_channels(), ..inputs };
        let resolved = saved::options(path, &head.resolved)?;
        let device = device::open(asked.device, asked.device_index)?;
        let engine = device::engine(&device, asked.device_index)?;
        head.check(path, &engine, &key::key_on(&engine, asked, (&inputs).into()))?;
        let merged = buffers.remove(MERGED);
        let session = match head.work {
            Some(kept) => {
                // The tiles of then, whatever this machine would choose.
                let plan = Plan::new(&Options { tile_size: resolved.tile_size, ..*asked }, &inputs, &device)?;
                Session::of_plan(asked, plan, inputs, &device, |plan, _, allowance, inputs| {
                    Work::resume(plan, allowance, inputs, &device, kept, buffers)
                })?
            }
            None => {
                let strength = resolve(asked, &Measured::plain()).strength;
                let Options { threads, time_limit, .. } = *asked;
                let options = Options { strength, threads, time_limit, ..resolved };
                Session::of_result(*asked, engine, options, inputs, head.metrics, head.flops)?
            }
        };
        if let Some(samples) = merged {
            session.published.restore(samples).map_err(|text| saved::refuse(path, text))?;
        }
        if let Some(work) = lock(&session.work).as_ref() {
            session.publish(work, work.news()?)?;
        } else {
            lock(&session.metrics).memory_bytes = session.published.bytes();
        }
        Ok(session)
    }

    fn of_result(
        asked: Options,
        engine: String,
        options: Options,
        inputs: Inputs,
        metrics: Metrics,
        flops: u64,
    ) -> Result<Session> {
        let published = Published::new(&Arc::new(inputs), tasks::enlargement(&options))?;
        Ok(Session {
            asked,
            engine,
            options,
            memory_bytes: published.bytes(),
            published,
            metrics: Mutex::new(metrics),
            cancel: AtomicBool::new(false),
            strength: AtomicU32::new(options.strength.to_bits()),
            work: Mutex::new(None),
            flops,
        })
    }
}

/// The buffer of what is done, of all jobs or of those behind the current one.
const MERGED: &str = "merged";
