//! What the noise of a picture is: impulses, white noise, noise that grows with brightness, or none of these.
//!
//! The level is that of Chen, Zhu and Heng, "An efficient statistical method for image noise level estimation"
//! (ICCV 2015): pictures lie near a subspace of all patches, so the smallest eigenvalues of the patches'
//! covariance are the noise's variance alone; those whose mean is their median are taken. Patches have all
//! channels, since it is between channels that texture is alike. Noise whose neighbours are alike has no such
//! floor, and neither has a picture without noise.

use super::clipping::unclipped;
use crate::options::{Noise, NoiseKind};
use crate::pixels::Picture;
use crate::rng::{Draws, Stream};

/// Side of the patches.
const SIDE: usize = 5;
/// Patches that are looked at, at most.
const MOST_PATCHES: usize = 30_000;
/// Patches that a covariance needs, for each of its columns.
const LEAST_PATCHES: usize = 20;
/// Patches of a class of brightness, and classes.
const CLASS_PATCHES: usize = 3_000;
const MOST_CLASSES: usize = 8;
/// The smallest eigenvalue of white noise is (1 - sqrt(columns / patches))^2 of its variance (Marchenko and
/// Pastur), a little less where some samples are clipped; noise whose neighbours are alike has less than this share of that.
const WHITE_SHARE: f64 = 0.85;
/// Where this part of the patches, the flattest ones, deviates from a slope by little more than rounding to 8
/// bits does (0.29), there is no noise to speak of.
const FLATTEST_PART: usize = 20;
const LEAST_DEVIATION: f32 = 0.4 / 255.0;
/// Where clipping took this share of the patches, it has made the noise of others weaker.
const CLIPPED_SHARE: f64 = 0.001;
/// Share of a patch's samples that may be clipped, and once they have got back what was cut off: where all are, as in
/// black bars, there is no noise.
const MOST_CLIPPED: f32 = 0.125;
const MOST_UNCLIPPED: f32 = 0.5;
/// What tells the level of white noise.
const FLAT_PART: f64 = 0.5;
/// How often what it cut off is drawn, with the level that was found last.
const ROUNDS: u32 = 3;
/// A growth of the variance from the darkest to the brightest class that counts, over its mean.
const LEAST_GROWTH: f64 = 0.4;
/// Share of the classes' variation that a line must explain.
const LINE_SHARE: f64 = 0.7;
/// The variance at black is never nothing, nor what a patch is evened out by.
const MOST_PART: f64 = 0.98;
const LEAST_VARIANCE: f64 = 0.02;
const BISECTIONS: usize = 6;
/// Of the largest variance of a class to the smallest one. It is 1.15 for photons alone, 6 and more in confocal
/// microscopes' pictures.
const LARGEST_UNEVENNESS: f64 = 2.0;

/// Judges the samples that have any weight.
pub fn measure(image: &Picture, weight: &Picture) -> Noise {
    if super::impulses::share(image) >= super::impulses::LEAST_SHARE {
        return Noise { kind: NoiseKind::Impulse, ..Noise::unknown() };
    }
    let mut patches = Patches::of(image, image, weight, MOST_CLIPPED);
    if patches.all.len() < LEAST_PATCHES * patches.len() {
        return Noise::unknown();
    }
    let floor = patches.floor(&patches.all);
    let edge = (1.0 - (patches.len() as f64 / patches.all.len() as f64).sqrt()).powi(2);
    if floor.smallest < WHITE_SHARE * edge * floor.variance && patches.flattest() > LEAST_DEVIATION {
        return Noise { kind: NoiseKind::Correlated, ..Noise::unknown() };
    }
    let is_growing = grows(&patches.classes());
    let mut law = patches.law(is_growing);
    if is_growing && !is_even(&patches.classes()) {
        return Noise { kind: NoiseKind::Brightness, ..Noise::unknown() };
    }
    let is_clipped = patches.clipped as f64 > CLIPPED_SHARE * (patches.clipped + patches.all.len()) as f64;
    for round in 0..if is_clipped { ROUNDS } else { 0 } {
        let draws = Draws::new(0, 0, Stream::Clipped, round);
        let (unclipped, _) = unclipped(image, |brightness| law.deviation(brightness), draws);
        law = Patches::of(&unclipped, image, weight, MOST_UNCLIPPED).law(is_growing);
    }
    let level = 255.0 * law.variance.sqrt() as f32;
    if !is_growing {
        return Noise { kind: NoiseKind::White, level, ..Noise::unknown() };
    }
    let Growth { part, brightness } = law.growth;
    let growth = (part / ((1.0 - part) * brightness)) as f32;
    Noise { kind: NoiseKind::Brightness, level, growth, brightness: brightness as f32 }
}

/// Variance of the noise by brightness.
struct Law {
    /// At the picture's mean brightness.
    variance: f64,
    growth: Growth,
}

impl Law {
    fn deviation(&self, brightness: f32) -> f32 {
        (self.variance * self.growth.variance(brightness)).sqrt() as f32
    }
}

/// How the variance follows brightness, in parts of the variance at the picture's mean brightness.
#[derive(Clone, Copy)]
struct Growth {
    /// What is in proportion to brightness, 0..1; the rest is the same everywhere.
    part: f64,
    /// The picture's mean, 0..1.
    brightness: f64,
}

impl Growth {
    fn variance(&self, brightness: f32) -> f64 {
        1.0 - self.part + self.part * f64::from(brightness.clamp(0.0, 1.0)) / self.brightness
    }
}

/// Whether a line through brightness and variance of classes rises and explains them.
fn grows(classes: &[[f64; 2]]) -> bool {
    if classes.len() < 3 {
        return false;
    }
    let (slope, y) = (slope(classes), mean(classes.iter().map(|class| class[1])));
    // They are in order.
    let [dark, bright] = [classes[0][0], classes[classes.len() - 1][0]];
    let explained = mean(classes.iter().map(|class| class[0])).mul_add(-slope, y);
    let rest = mean(classes.iter().map(|class| (class[1] - explained - slope * class[0]).powi(2)));
    let whole = mean(classes.iter().map(|class| (class[1] - y).powi(2)));
    slope * (bright - dark) > LEAST_GROWTH * y && rest < (1.0 - LINE_SHARE) * whole
}

/// Whether a line through black has described them: a microscope's black level, or a curve, leaves some classes many
/// times the variance of others.
fn is_even(classes: &[[f64; 2]]) -> bool {
    let variances = classes.iter().map(|class| class[1]);
    variances.clone().fold(0.0, f64::max) < LARGEST_UNEVENNESS * variances.fold(f64::INFINITY, f64::min)
}

/// Of the line through these points that has the least squared error.
fn slope(points: &[[f64; 2]]) -> f64 {
    let [x, y] = [0, 1].map(|axis| mean(points.iter().map(|point| point[axis])));
    let xx = mean(points.iter().map(|point| (point[0] - x).powi(2)));
    mean(points.iter().map(|point| (point[0] - x) * (point[1] - y))) / xx.max(1e-12)
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len() as f64;
    values.sum::<f64>() / count
}

/// Patches of all channels, where they lie, by their mean.
struct Patches<'a> {
    image: &'a Picture,
    all: Vec<Patch>,
    /// How many were left out for clipped samples.
    clipped: usize,
    /// What their noise is divided by, so that it is the same everywhere.
    growth: Growth,
}

#[derive(Clone, Copy)]
struct Patch {
    /// Index of the first sample.
    start: usize,
    /// See [`Patches::structure`].
    structure: f32,
    mean: f32,
    deviation: f32,
}

impl<'a> Patches<'a> {
    /// Evenly spread over the picture, without those that miss a sample or were clipped in more than a share of what
    /// was given.
    fn of(image: &'a Picture, given: &Picture, weight: &Picture, most_clipped: f32) -> Patches<'a> {
        let (width, height) = (image.size.width, image.size.height);
        let sum = image.samples.iter().map(|sample| f64::from(sample.clamp(0.0, 1.0))).sum::<f64>();
        let brightness = (sum / image.samples.len() as f64).max(1e-3);
        let mut patches = Patches { image, all: Vec::new(), clipped: 0, growth: Growth { part: 0.0, brightness } };
        if width < SIDE || height < SIDE {
            return patches;
        }
        let places = (width - SIDE + 1) * (height - SIDE + 1);
        let step = (places.div_ceil(MOST_PATCHES) as f64).sqrt().ceil() as usize;
        let mut samples = vec![0.0; patches.len()];
        for top in (0..=height - SIDE).step_by(step) {
            for start in (0..=width - SIDE).step_by(step).map(|left| top * width + left) {
                patches.read(weight, start, &mut samples);
                let is_whole = samples.iter().all(|weight| *weight > 0.0);
                patches.read(given, start, &mut samples);
                let clipped = samples.iter().filter(|x| **x == 0.0 || **x == 1.0).count();
                let is_clipped = clipped as f32 > most_clipped * samples.len() as f32;
                if is_whole && !is_clipped {
                    patches.read(image, start, &mut samples);
                    patches.all.push(Patch { structure: patches.structure(start), ..Patch::of(start, &samples) });
                }
                patches.clipped += usize::from(is_clipped);
            }
        }
        patches.all.sort_by(|a, b| a.mean.total_cmp(&b.mean));
        patches
    }

    /// Samples of a patch.
    fn len(&self) -> usize {
        SIDE * SIDE * self.image.channels
    }

    fn read(&self, picture: &Picture, start: usize, samples: &mut [f32]) {
        for (channel, samples) in samples.chunks_exact_mut(SIDE * SIDE).enumerate() {
            let plane = &picture.plane(channel)[start..];
            for (row, samples) in samples.chunks_exact_mut(SIDE).enumerate() {
                samples.copy_from_slice(&plane[row * picture.size.width..][..SIDE]);
            }
        }
    }

    /// Samples of which every channel is divided by the noise that its own brightness leads to expect: a class's
    /// channels are of different brightness.
    fn read_evened(&self, start: usize, samples: &mut [f32]) {
        self.read(self.image, start, samples);
        if self.growth.part > 0.0 {
            for channel in samples.chunks_exact_mut(SIDE * SIDE) {
                let brightness = channel.iter().sum::<f32>() / channel.len() as f32;
                let deviation = self.growth.variance(brightness).max(LEAST_VARIANCE).sqrt() as f32;
                channel.iter_mut().for_each(|x| *x /= deviation);
            }
        }
    }

    /// Finds the growth that leaves all classes the same variance.
    fn even_out(&mut self) {
        let (mut low, mut high) = (0.0, MOST_PART);
        for _ in 0..BISECTIONS {
            self.growth.part = f64::midpoint(low, high);
            if slope(&self.classes()) > 0.0 {
                low = self.growth.part;
            } else {
                high = self.growth.part;
            }
        }
    }

    /// The noise's variance, once the growth that it may have is found.
    fn law(&mut self, is_growing: bool) -> Law {
        if is_growing {
            self.even_out();
        }
        Law { variance: self.flat_floor(&self.all), growth: self.growth }
    }

    /// Brightness and variance of the noise, class by class, from dark to bright.
    fn classes(&self) -> Vec<[f64; 2]> {
        let count = (self.all.len() / CLASS_PATCHES).clamp(1, MOST_CLASSES);
        let brightness = |some: &[Patch]| mean(some.iter().map(|patch| f64::from(patch.mean)));
        let class = |some: &[Patch]| [brightness(some), self.flat_floor(some)];
        self.all.chunks(self.all.len().div_ceil(count)).map(class).collect()
    }

    /// Variance of the means of a patch and of the eight around it, over all channels: what the picture does there,
    /// which hardly depends on the patch's own noise.
    fn structure(&self, start: usize) -> f32 {
        let (width, height) = (self.image.size.width, self.image.size.height);
        let around = |at: usize, length: usize| [at.saturating_sub(SIDE), at, (at + SIDE).min(length - SIDE)];
        let (rows, columns) = (around(start / width, height), around(start % width, width));
        let mut variance = 0.0;
        for channel in 0..self.image.channels {
            let plane = self.image.plane(channel);
            let mean = |top: usize, left: usize| {
                (top..top + SIDE).map(|y| plane[y * width + left..][..SIDE].iter().sum::<f32>()).sum::<f32>()
                    / (SIDE * SIDE) as f32
            };
            let means: Vec<f32> = rows.iter().flat_map(|top| columns.map(|left| mean(*top, left))).collect();
            let middle = means.iter().sum::<f32>() / means.len() as f32;
            variance += means.iter().map(|mean| (mean - middle).powi(2)).sum::<f32>() / means.len() as f32;
        }
        variance
    }

    /// The variance of white noise, from the part of the patches with the least structure: fine texture passes for
    /// noise.
    fn flat_floor(&self, some: &[Patch]) -> f64 {
        let mut flat = some.to_vec();
        flat.sort_by(|a, b| a.structure.total_cmp(&b.structure));
        let least = LEAST_PATCHES * self.len();
        flat.truncate(((FLAT_PART * flat.len() as f64) as usize).max(least));
        self.floor(&flat).variance
    }

    /// Deviation from a slope that the flattest patches do not pass.
    fn flattest(&self) -> f32 {
        let mut deviations: Vec<f32> = self.all.iter().map(|patch| patch.deviation).collect();
        let place = deviations.len() / FLATTEST_PART;
        *deviations.select_nth_unstable_by(place, f32::total_cmp).1
    }

    fn floor(&self, some: &[Patch]) -> Floor {
        Floor::of(eigenvalues(self.covariance(some), self.len()))
    }

    /// Of these patches, row by row.
    fn covariance(&self, some: &[Patch]) -> Vec<f64> {
        let (len, count) = (self.len(), some.len() as f64);
        let (mut samples, mut mean) = (vec![0.0; len], vec![0.0; len]);
        for patch in some {
            self.read_evened(patch.start, &mut samples);
            mean.iter_mut().zip(&samples).for_each(|(mean, x)| *mean += f64::from(*x) / count);
        }
        let mut sums = vec![0.0; len * len];
        for patch in some {
            self.read_evened(patch.start, &mut samples);
            let centred: Vec<f64> = samples.iter().zip(&mean).map(|(x, mean)| f64::from(*x) - mean).collect();
            for (row, x) in sums.chunks_exact_mut(len).zip(&centred) {
                row.iter_mut().zip(&centred).for_each(|(sum, y)| *sum += x * y);
            }
        }
        sums.iter_mut().for_each(|sum| *sum /= count);
        sums
    }
}

impl Patch {
    /// The deviation is that from a plane, within channels.
    fn of(start: usize, samples: &[f32]) -> Patch {
        let mean = |some: &[f32]| some.iter().sum::<f32>() / some.len() as f32;
        let spread = |channel: &[f32]| {
            let middle = mean(channel);
            let spread = channel.iter().map(|x| (x - middle).powi(2)).sum::<f32>() / channel.len() as f32;
            // Positions from -2 to 2 have a mean square of 2.
            let slope = |position: fn(usize) -> usize| {
                let moment = |(i, x): (usize, &f32)| (position(i) as f32 - 2.0) * x;
                channel.iter().enumerate().map(moment).sum::<f32>() / (2 * channel.len()) as f32
            };
            let slopes = slope(|i| i % SIDE).powi(2) + slope(|i| i / SIDE).powi(2);
            (spread - 2.0 * slopes).max(0.0)
        };
        let channels: Vec<f32> = samples.chunks_exact(SIDE * SIDE).map(spread).collect();
        Patch { start, structure: 0.0, mean: mean(samples), deviation: mean(&channels).sqrt() }
    }
}

/// The floor of the eigenvalues.
struct Floor {
    /// Mean of those that are noise.
    variance: f64,
    smallest: f64,
}

impl Floor {
    fn of(mut eigenvalues: Vec<f64>) -> Floor {
        eigenvalues.sort_by(f64::total_cmp);
        let smallest = eigenvalues[0];
        // From all down: the largest ones are the picture's, until mean and median meet.
        for count in (1..=eigenvalues.len()).rev() {
            let some = &eigenvalues[..count];
            let mean = some.iter().sum::<f64>() / count as f64;
            let above = some.iter().filter(|value| **value > mean).count();
            if above >= count - above {
                return Floor { variance: mean.max(0.0), smallest };
            }
        }
        Floor { variance: smallest.max(0.0), smallest }
    }
}

/// Of a symmetric matrix of `len` rows, by Jacobi's rotations.
fn eigenvalues(mut matrix: Vec<f64>, len: usize) -> Vec<f64> {
    const SWEEPS: usize = 12;
    let total: f64 = matrix.iter().map(|x| x * x).sum();
    for _ in 0..SWEEPS {
        let diagonal: f64 = (0..len).map(|i| matrix[i * len + i].powi(2)).sum();
        if matrix.iter().map(|x| x * x).sum::<f64>() - diagonal <= 1e-16 * total {
            break;
        }
        for p in 0..len {
            for q in p + 1..len {
                rotate(&mut matrix, len, p, q);
            }
        }
    }
    (0..len).map(|i| matrix[i * len + i]).collect()
}

/// Makes the element (p, q) vanish, p before q.
fn rotate(matrix: &mut [f64], len: usize, p: usize, q: usize) {
    let beside = matrix[p * len + q];
    if beside == 0.0 {
        return;
    }
    let theta = (matrix[q * len + q] - matrix[p * len + p]) / (2.0 * beside);
    let t = if theta == 0.0 { 1.0 } else { theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt()) };
    let c = 1.0 / (t * t + 1.0).sqrt();
    let s = t * c;
    for row in matrix.chunks_exact_mut(len) {
        (row[p], row[q]) = (c * row[p] - s * row[q], s * row[p] + c * row[q]);
    }
    let (above, below) = matrix.split_at_mut(q * len);
    for (x, y) in above[p * len..][..len].iter_mut().zip(&mut below[..len]) {
        (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
    }
}
