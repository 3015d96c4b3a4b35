//! JPEG's quantisation, as decoded pixels show it: the luma's coefficients lie at multiples of the table's steps.

use super::jpeg_trust::JpegTrust;
use super::{Picture, Region, Size, jpeg_quality, jpeg_table};

/// Side of a block.
pub(super) const SIDE: usize = 8;
pub(super) const COEFFICIENTS: usize = SIDE * SIDE;
/// Frequencies of at most two half waves in all.
const LOWEST: [usize; 6] = [0, 1, 2, SIDE, SIDE + 1, 2 * SIDE];
/// Blocks that are looked at for the steps, and for the place of the grid, at most.
const MOST_BLOCKS: usize = 4000;
const MOST_BLOCKS_OF_GRID: usize = 300;
/// Rounding to 8 bits and back moves a coefficient by less than this, in levels of 0..255.
const ROUNDING: f32 = 2.0;
/// Coefficients other than 0 that a step needs.
const LEAST_COEFFICIENTS: usize = 16;
/// A step is found where the coefficients lie this much nearer to its multiples than chance has them, by mean square.
const LARGEST_SCORE: f32 = 0.15;
/// Smaller ones cannot be told from rounding.
const LEAST_STEP: u32 = 4;
const LARGEST_STEP: u32 = 255;
/// Steps that make a table.
const LEAST_STEPS: usize = 4;
/// How far from its multiple a coefficient may be, in steps. The truth is within 0.5, and hardly ever near that: on
/// six pictures 0.3 to 0.4 is nearest to it.
const HALF_WIDTH: f32 = 0.35;

/// Luma, and the differences of blue and red from it, of red, green and blue (JFIF 1.02).
pub const LUMA_AND_CHROMA: [[f32; 3]; 3] =
    [[0.299, 0.587, 0.114], [-0.168_735_9, -0.331_264_1, 0.5], [0.5, -0.418_687_6, -0.081_312_4]];

/// A table of luma, and the grid that it belongs to.
#[derive(Debug, Clone, PartialEq)]
pub struct Quantisation {
    /// Steps of the coefficients in levels of 0..255, the horizontal frequency running; 0 is unknown.
    pub steps: [f32; COEFFICIENTS],
    /// Where the first whole block lies, 0..7.
    pub x: usize,
    pub y: usize,
}

impl Quantisation {
    /// What `image`, encoded samples in 0..1, was quantised with; none where it was not or was changed since.
    pub fn find(image: &Picture) -> Option<Quantisation> {
        let dct = Dct::new();
        let at = |[x, y]: [usize; 2]| {
            let steps = steps(image, [x, y], &dct).or_else(|| standard(image, [x, y], &dct))?;
            Some(Quantisation { steps, x, y })
        };
        at([0, 0]).or_else(|| at(grid(image, &dct)))
    }

    /// Mean of the known steps among the lowest frequencies; NaN where none is.
    pub fn low_step(&self) -> f32 {
        let known = LOWEST.iter().map(|i| self.steps[*i]).filter(|step| *step > 0.0);
        let (sum, count) = known.fold((0.0, 0.0), |(sum, count), step| (sum + step, count + 1.0));
        sum / count
    }

    /// The same for a part of the picture.
    #[must_use]
    pub fn within(&self, part: Region) -> Quantisation {
        let first = |at: usize, start: usize| (at + SIDE - start % SIDE) % SIDE;
        Quantisation { steps: self.steps, x: first(self.x, part.x), y: first(self.y, part.y) }
    }
}

/// What the coefficients of the picture before its compression may have been.
pub struct CoefficientBox {
    quantisation: Quantisation,
    trust: JpegTrust,
    /// Least and largest, block by block in reading order.
    bounds: Vec<[[f32; 2]; COEFFICIENTS]>,
    dct: Dct,
}

impl CoefficientBox {
    /// Of a decoded picture, encoded samples in 0..1.
    pub fn of(image: &Picture, quantisation: Quantisation) -> CoefficientBox {
        let dct = Dct::new();
        let luma = luma(image);
        let bound = |(coefficient, step): (&f32, &f32)| {
            if *step == 0.0 {
                return [f32::NEG_INFINITY, f32::INFINITY];
            }
            let multiple = (coefficient / step).round() * step;
            // Samples that were clipped at black or white leave a doubt about the multiple.
            let half = HALF_WIDTH * step + (coefficient - multiple).abs();
            [multiple - half, multiple + half]
        };
        let starts = || blocks(image.size, [quantisation.x, quantisation.y]);
        let forward = |start| dct.forward(&read(&luma, image.size, start));
        let trust = JpegTrust::of(image, &quantisation.steps, starts().map(forward));
        let bounds = starts()
            .map(|start| {
                let coefficients = forward(start);
                let bounds: Vec<[f32; 2]> = coefficients.iter().zip(&quantisation.steps).map(bound).collect();
                bounds.try_into().unwrap_or([[f32::NEG_INFINITY, f32::INFINITY]; COEFFICIENTS])
            })
            .collect();
        CoefficientBox { quantisation, trust, bounds, dct }
    }

    /// Blends what was given into a picture of the same size as far as its fit is worse, and moves its luma into the
    /// box.
    pub fn project(&self, picture: &mut Picture) {
        let starts = || blocks(picture.size, [self.quantisation.x, self.quantisation.y]);
        let starts: Vec<usize> = starts().collect();
        self.trust.blend(picture, &starts, &self.dct);
        let luma = luma(picture);
        for (start, bounds) in starts.into_iter().zip(&self.bounds) {
            let mut change = self.dct.forward(&read(&luma, picture.size, start));
            for (x, [least, largest]) in change.iter_mut().zip(bounds) {
                *x = x.clamp(*least, *largest) - *x;
            }
            if change.iter().any(|x| *x != 0.0) {
                add(picture, start, &self.dct.inverse(&change));
            }
        }
    }
}

/// In levels of 0..255, by the weights of JFIF.
pub(super) fn luma(picture: &Picture) -> Vec<f32> {
    if picture.channels == 1 {
        return picture.samples.iter().map(|x| 255.0 * x).collect();
    }
    let [r, g, b] = [0, 1, 2].map(|channel| picture.plane(channel));
    let [by_r, by_g, by_b] = LUMA_AND_CHROMA[0];
    (0..r.len()).map(|i| 255.0 * (by_r * r[i] + by_g * g[i] + by_b * b[i])).collect()
}

/// Indices of the first pixels of whole blocks, in reading order.
fn blocks(size: Size, [x, y]: [usize; 2]) -> impl Iterator<Item = usize> {
    let tops = (y..(size.height + 1).saturating_sub(SIDE)).step_by(SIDE);
    tops.flat_map(move |top| {
        let lefts = (x..(size.width + 1).saturating_sub(SIDE)).step_by(SIDE);
        lefts.map(move |left| top * size.width + left)
    })
}

pub(super) type Block = [f32; COEFFICIENTS];

pub(super) fn read(plane: &[f32], size: Size, start: usize) -> Block {
    let mut block = [0.0; COEFFICIENTS];
    for (row, samples) in block.chunks_exact_mut(SIDE).enumerate() {
        samples.copy_from_slice(&plane[start + row * size.width..][..SIDE]);
    }
    block
}

/// Adds levels of 0..255 to all channels alike.
pub(super) fn add(picture: &mut Picture, start: usize, change: &Block) {
    let width = picture.size.width;
    for channel in 0..picture.channels {
        let plane = &mut picture.plane_mut(channel)[start..];
        for (row, change) in change.chunks_exact(SIDE).enumerate() {
            plane[row * width..][..SIDE].iter_mut().zip(change).for_each(|(x, change)| *x += change / 255.0);
        }
    }
}

/// Where the coefficients are 0 most often.
fn grid(image: &Picture, dct: &Dct) -> [usize; 2] {
    let luma = luma(image);
    let zeros = |place: [usize; 2]| {
        let starts: Vec<usize> = blocks(image.size, place).collect();
        let step = starts.len().div_ceil(MOST_BLOCKS_OF_GRID).max(1);
        let of_block = |start: &usize| {
            let coefficients = dct.forward(&read(&luma, image.size, *start));
            coefficients.iter().filter(|x| x.abs() < ROUNDING).count()
        };
        let looked_at = starts.iter().step_by(step);
        let count = looked_at.len().max(1);
        looked_at.map(of_block).sum::<usize>() as f64 / count as f64
    };
    let places = (0..COEFFICIENTS).map(|i| [i % SIDE, i / SIDE]);
    places.map(|place| (zeros(place), place)).max_by(|a, b| a.0.total_cmp(&b.0)).map_or([0, 0], |best| best.1)
}

/// The table that nearly all programs write at some quality, where it explains blocks that show no step, as those of
/// white paper and of fine qualities.
fn standard(image: &Picture, place: [usize; 2], dct: &Dct) -> Option<[f32; COEFFICIENTS]> {
    let luma = luma(image);
    let starts: Vec<usize> = blocks(image.size, place).collect();
    let some = starts.iter().step_by(starts.len().div_ceil(MOST_BLOCKS).max(1));
    let blocks: Vec<Block> = some.map(|start| read(&luma, image.size, *start)).collect();
    jpeg_quality::table(&blocks, dct)
}

/// None where too few can be found.
fn steps(image: &Picture, place: [usize; 2], dct: &Dct) -> Option<[f32; COEFFICIENTS]> {
    let luma = luma(image);
    let starts: Vec<usize> = blocks(image.size, place).collect();
    let mut found: Vec<Vec<f32>> = vec![Vec::new(); COEFFICIENTS];
    for start in starts.iter().step_by(starts.len().div_ceil(MOST_BLOCKS).max(1)) {
        let is_clipped = (0..image.channels)
            .any(|channel| read(image.plane(channel), image.size, *start).iter().any(|x| *x <= 0.0 || *x >= 1.0));
        if !is_clipped {
            let coefficients = dct.forward(&read(&luma, image.size, *start));
            found.iter_mut().zip(coefficients).for_each(|(found, x)| found.push(x));
        }
    }
    let mut steps = [0.0; COEFFICIENTS];
    steps.iter_mut().zip(&found).for_each(|(step, found)| *step = step_of(found).unwrap_or(0.0));
    (steps.iter().filter(|step| **step > 0.0).count() >= LEAST_STEPS).then(|| completed(steps))
}

/// With those that too few coefficients show, where the others are those of a common table.
fn completed(steps: [f32; COEFFICIENTS]) -> [f32; COEFFICIENTS] {
    jpeg_table::whole(&steps).unwrap_or(steps)
}

/// The step whose multiples lie nearest to these coefficients, against a third of half a step squared, which is
/// what chance gives.
fn step_of(coefficients: &[f32]) -> Option<f32> {
    let some: Vec<f32> = coefficients.iter().copied().filter(|x| x.abs() > ROUNDING).collect();
    if some.len() < LEAST_COEFFICIENTS {
        return None;
    }
    let score = |step: f32| {
        // None of them was 0, so none is near that.
        let squares = some.iter().map(|x| (x.abs() - (x.abs() / step).round().max(1.0) * step).powi(2)).sum::<f32>();
        12.0 * squares / (some.len() as f32 * step * step)
    };
    // A part of the step fits as well, so the largest one counts, or the best of those just below it, which the same
    // multiples make fit.
    let largest = (LEAST_STEP..=LARGEST_STEP).rev().find(|step| score(*step as f32) < LARGEST_SCORE)?;
    let near = (largest * 7 / 8).max(LEAST_STEP)..=largest;
    near.map(|step| step as f32).min_by(|a, b| score(*a).total_cmp(&score(*b)))
}

/// The orthonormal DCT-II of a block, by rows and by columns.
pub(super) struct Dct {
    /// Frequency by frequency.
    basis: [[f32; SIDE]; SIDE],
}

impl Dct {
    fn new() -> Dct {
        let mut basis = [[0.0; SIDE]; SIDE];
        for (frequency, row) in basis.iter_mut().enumerate() {
            let scale = if frequency == 0 { (1.0 / SIDE as f64).sqrt() } else { (2.0 / SIDE as f64).sqrt() };
            for (place, x) in row.iter_mut().enumerate() {
                let turn = std::f64::consts::PI * (place as f64 + 0.5) * frequency as f64 / SIDE as f64;
                *x = (scale * turn.cos()) as f32;
            }
        }
        Dct { basis }
    }

    pub(super) fn forward(&self, block: &Block) -> Block {
        let along = |block: &Block| self.along_rows(block, |frequency, place| self.basis[frequency][place]);
        along(&along(block))
    }

    pub(super) fn inverse(&self, block: &Block) -> Block {
        let along = |block: &Block| self.along_rows(block, |place, frequency| self.basis[frequency][place]);
        along(&along(block))
    }

    /// Rows by a matrix, then rows and columns change places.
    fn along_rows(&self, block: &Block, matrix: impl Fn(usize, usize) -> f32) -> Block {
        let mut out = [0.0; COEFFICIENTS];
        for (y, row) in block.chunks_exact(SIDE).enumerate() {
            for x in 0..SIDE {
                out[x * SIDE + y] = (0..SIDE).map(|i| matrix(x, i) * row[i]).sum();
            }
        }
        out
    }
}
