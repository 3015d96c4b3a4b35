//! The plan of a session: its options without AUTO, and the parts that its picture is cut into.

use std::sync::atomic::{AtomicBool, Ordering};

use super::Inputs;
use super::memory;
use super::parts::{self, Part, SMALLEST_TILE};
use super::price;
use super::subject::{holes, subject};
use crate::error::{Error, Result};
use crate::exec::Device;
use crate::options::{Input, Measured, Options, ResolvedOptions, Task, resolve};
use crate::pixels::jpeg::Quantisation;
use crate::pixels::{Picture, Region};
use crate::tasks::{self, Recipe, Subject};

/// What a session does with its picture.
pub(super) struct SessionPlan {
    pub options: ResolvedOptions,
    pub measured: Measured,
    /// The quantisation of the JPEG file that the whole picture was decoded from, where it was found.
    quantisation: Option<Quantisation>,
    /// The parts that are fitted; empty where the input is the result.
    pub parts: Vec<Part>,
}

/// The number of threads that tiles are made small enough for, whatever number there is: each thread needs memory of
/// its own, and the result must not depend on how many there are.
const PLANNED_THREADS: usize = 8;

impl SessionPlan {
    /// Measures a picture and cuts it. Where nobody chose the side of the tiles, they are made small enough for the
    /// option `memory_limit`; never for the memory that happens to be free, since the result would depend on it.
    ///
    /// # Errors
    /// `InvalidArgument` where nothing is observed; `OutOfMemory`; those of [`SessionPlan::recipe`]; `Cancelled`.
    pub fn new(options: &Options, inputs: &Inputs, device: &Device, cancel: &AtomicBool) -> Result<SessionPlan> {
        // A fit works in 0..1, whatever the range of the picture.
        let noise_level = options.noise_level / inputs.image.shoulder.span();
        let options = &Options { noise_level, ..*options };
        memory::claim_for_measuring(inputs.image.colour.samples.len() as u64)?;
        let whole = subject(inputs, Region::whole(inputs.image.colour.size))?;
        let mut plan = SessionPlan::measured(options, inputs, &whole, cancel)?;
        if options.memory_limit > 0 && !options.has_own_tile_size() {
            go_on(cancel)?;
            plan.cut_within(options.memory_limit, inputs, &whole.weight, device)?;
        }
        Ok(plan)
    }

    fn measured(options: &Options, inputs: &Inputs, whole: &Subject, cancel: &AtomicBool) -> Result<SessionPlan> {
        go_on(cancel)?;
        let is_input_enough = match options.task {
            Task::Inpaint => !holes(inputs)?.contains(&true),
            // Hosts send empty frames, and frames that are all broken.
            Task::Denoise | Task::Dejpeg | Task::SuperResolve => {
                whole.weight.samples.iter().all(|weight| *weight == 0.0)
            }
        };
        if is_input_enough {
            let measured = Measured::plain();
            let options = resolve(options, &measured);
            return Ok(SessionPlan { options, measured, quantisation: None, parts: Vec::new() });
        }
        let mut measured = tasks::measure(options.task, whole, &|| go_on(cancel))?;
        go_on(cancel)?;
        let quantisation = tasks::quantisation(options.task, options.quality, &whole.image);
        if let Some(quantisation) = &quantisation {
            measured.jpeg_step = quantisation.low_step();
        }
        let resolved = resolve(options, &measured);
        let needs_fit = tasks::needs_fit(options, &measured);
        let parts = if needs_fit { cut(&resolved, inputs, &whole.weight)? } else { Vec::new() };
        Ok(SessionPlan { options: resolved, measured, quantisation, parts })
    }

    /// Cuts the picture in ever smaller tiles until the session keeps within a limit. What was measured does not depend
    /// on how the picture is cut.
    fn cut_within(&mut self, limit: u64, inputs: &Inputs, weight: &Picture, device: &Device) -> Result<()> {
        let mut tried = u32::MAX;
        while self.least_bytes(inputs) > limit || price::most_bytes(self, inputs, device, PLANNED_THREADS)? > limit {
            let Some(tile_size) = self.smaller_tile(tried) else { break };
            self.options.tile_size = tile_size;
            self.parts = cut(&self.options, inputs, weight)?;
            tried = tile_size;
        }
        Ok(())
    }

    /// The bytes that the session takes whatever its network is, which are known before a recipe is made.
    pub fn least_bytes(&self, inputs: &Inputs) -> u64 {
        let samples = |area: usize| (area * inputs.image.colour.channels * self.factor().pow(2)) as u64;
        let whole = memory::least(samples(inputs.image.colour.size.area()));
        let largest = self.parts.iter().map(|part| part.area.size.area()).max();
        largest.map_or(whole, |area| whole.max(memory::least_of_job(samples(area))))
    }

    /// The next smaller side of tiles to try: three quarters of the present one, or of the one that was tried, where
    /// holes kept a part from being cut. None where that is smaller than a tile may be.
    fn smaller_tile(&self, tried: u32) -> Option<u32> {
        let factor = self.factor();
        let side = |part: &Part| part.area.size.width.max(part.area.size.height) * factor;
        let present = self.parts.iter().map(side).max()?.min(tried as usize);
        let smaller = present / 4 * 3 / SMALLEST_TILE * SMALLEST_TILE;
        (smaller >= SMALLEST_TILE).then_some(smaller as u32)
    }

    /// The noise's level in the range of the picture, 0..255 for 0..1, where it is known.
    pub fn noise_level(&self, inputs: &Inputs) -> Option<f32> {
        self.options.noise_level.map(|level| level * inputs.image.shoulder.span())
    }

    /// How much larger the result is than the image.
    pub fn factor(&self) -> usize {
        tasks::enlargement(&self.options)
    }

    /// Whether the fit of a part starts with the parameters of the one before. A network that is fed the picture has
    /// learnt what to do with any; one that is fed random numbers has learnt to draw just that part.
    pub fn inherits(&self) -> bool {
        self.options.estimator.input == Input::Picture && self.options.network.scales > 0
    }

    /// Makes the recipe of a job for a part.
    ///
    /// # Errors
    /// See [`tasks::recipe`].
    pub fn recipe(&self, inputs: &Inputs, part: &Part, job: u32) -> Result<Recipe> {
        memory::claim_samples(self.recipe_samples(inputs, part))?;
        let subject = subject(inputs, part.area)?;
        let quantisation = self.quantisation.as_ref().map(|whole| whole.within(part.area));
        let mut recipe = tasks::recipe(&self.options, &self.measured, &subject, quantisation, job)?;
        if part.area.size.area() <= FEW_PIXELS {
            let term = &mut recipe.calibration.one_colour_term;
            *term = term.max(TERM_OF_FEW_PIXELS);
        }
        Ok(recipe)
    }

    /// The number of samples that a recipe has and takes while it is made: pictures of the network's padded size.
    fn recipe_samples(&self, inputs: &Inputs, part: &Part) -> usize {
        let padding = 1 << self.options.network.scales;
        let padded = |side: usize| side * self.factor() + padding;
        let colours = inputs.image.colour.channels + inputs.guide.as_ref().map_or(0, |guide| guide.colour.channels);
        RECIPE_PICTURES * colours * padded(part.area.size.width) * padded(part.area.size.height)
    }
}

/// The number of pixels from which nothing is to be learnt. What a fit makes of so few is chance: it has not diverged
/// where it is farther from them than their one colour, but where it is as far as black or white from grey.
const FEW_PIXELS: usize = 16;
const TERM_OF_FEW_PIXELS: f64 = 0.16;

/// How many pictures a recipe has: what is given and its weight as they are, padded and in luma and chroma, the
/// network's input, what is kept, and what tells detail from noise, with room for what making them takes.
const RECIPE_PICTURES: usize = 24;

/// Goes on, unless a cancel was asked for.
///
/// # Errors
/// `Cancelled`.
fn go_on(cancel: &AtomicBool) -> Result<()> {
    if cancel.load(Ordering::SeqCst) { Err(Error::Cancelled) } else { Ok(()) }
}

fn cut(options: &ResolvedOptions, inputs: &Inputs, weight: &Picture) -> Result<Vec<Part>> {
    let whole = Region::whole(inputs.image.colour.size);
    let factor = tasks::enlargement(options);
    let side = options.tile_size as usize;
    if side == 0 {
        return Ok(vec![Part::alone(whole)]);
    }
    if options.task == Task::Inpaint {
        return Ok(around_holes(side, &holes(inputs)?, weight));
    }
    let observed = |part: &Part| observed_share(weight, part.area) > 0.0;
    Ok(parts::tiles(whole, side, factor).into_iter().filter(observed).collect())
}

/// The number of pixels around a hole that its fit sees, at least: half of it is too little to learn from, twice as
/// much is no better.
const MARGIN: usize = 64;
/// The least share of a tile that must be known: less says too little of the rest.
const LEAST_OBSERVED: f64 = 0.1;

/// Cuts a picture into the neighbourhoods of its holes. Those larger than a tile are cut into tiles, of which those
/// without a hole are left out.
fn around_holes(side: usize, is_hole: &[bool], weight: &Picture) -> Vec<Part> {
    let size = weight.size;
    let has_hole = |part: &Part| part.area.cut(is_hole, size).contains(&true);
    let in_tiles = |region: Region| {
        let tiles: Vec<Part> = parts::tiles(region, side, 1).into_iter().filter(has_hole).collect();
        let is_enough = tiles.iter().all(|tile| observed_share(weight, tile.area) >= LEAST_OBSERVED);
        if is_enough { tiles } else { vec![Part::alone(region)] }
    };
    observed_neighbourhoods(is_hole, weight).into_iter().flat_map(in_tiles).collect()
}

/// Finds the neighbourhoods of holes, with a wider margin than [`MARGIN`] where nothing is known within that, as around
/// what is transparent. Something must be known in the whole picture.
fn observed_neighbourhoods(is_hole: &[bool], weight: &Picture) -> Vec<Region> {
    let mut margin = MARGIN;
    loop {
        let regions = parts::neighbourhoods(is_hole, weight.size, margin);
        let is_enough = regions.iter().all(|region| observed_share(weight, *region) > 0.0);
        if is_enough || regions == [Region::whole(weight.size)] {
            return regions;
        }
        margin *= 2;
    }
}

/// The mean weight of a rectangle's samples.
fn observed_share(weight: &Picture, area: Region) -> f64 {
    let rows =
        |channel: usize| weight.plane(channel).chunks_exact(weight.size.width).skip(area.y).take(area.size.height);
    let weights = (0..weight.channels).flat_map(rows).flat_map(|row| &row[area.x..][..area.size.width]);
    weights.map(|w| f64::from(*w)).sum::<f64>() / (area.size.area() * weight.channels) as f64
}
