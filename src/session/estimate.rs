//! What a session would take, asked before there is one.

use std::sync::atomic::AtomicBool;

use super::plan::SessionPlan;
use super::price::Price;
use super::{Inputs, Session, device, memory, subject};
use crate::error::Result;
use crate::exec::Device;
use crate::options::{DeviceKind, Measured, Options, resolve};
use crate::pixels::Layout;
use crate::tasks;

/// How many pictures, as they were given, copies of a session's inputs have: colour, original, weight, mask and guide.
const COPIED_PICTURES: usize = 6;

impl Session {
    /// Estimates the bytes that such a session would take at most, without creating it. Where its size alone is too
    /// much for the limit or the machine, gives the bytes that it would take at least.
    ///
    /// # Errors
    /// Those of [`Session::create`], but no `OutOfMemory` for the limit and the machine.
    pub fn estimate_memory(options: &Options, inputs: &Inputs) -> Result<u64> {
        let device = device::open(options.device, options.device_index)?;
        let in_grey;
        let mut inputs = inputs;
        if inputs.image.is_grey_in_colour() {
            memory::claim_samples(COPIED_PICTURES * inputs.image.original.samples.samples.len())?;
            in_grey = Inputs { image: inputs.image.clone().in_fewest_channels(), ..inputs.clone() };
            inputs = &in_grey;
        }
        options.check()?;
        subject::check(options, inputs)?;
        let plan = SessionPlan::new(options, inputs, &device, &AtomicBool::new(false))?;
        let least = plan.least_bytes(inputs);
        if memory::check(plan.options.memory_limit, least).is_err() {
            return Ok(least);
        }
        let mut price = Price::of(&plan, inputs, &device)?;
        let is_refused = price.as_ref().is_some_and(|price| price.device_check.is_err());
        if is_refused && options.device == DeviceKind::Auto {
            price = Price::of(&plan, inputs, &Device::cpu())?;
        }
        Ok(price.map_or(least, |price| price.bytes))
    }

    /// Refuses a picture whose size alone is too much for the memory limit or the machine. Call it before the picture
    /// is imported and measured, which takes time and memory itself.
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
        memory::check(options.memory_limit, least_bytes)?;
        memory::check_addresses(least_bytes, 0)?;
        memory::claim(least_bytes)
    }
}
