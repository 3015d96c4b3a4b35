//! Patches of a picture, and the floor of their covariance's eigenvalues: no picture has variance in all directions,
//! but noise has.

use crate::pixels::Picture;

/// Side of the patches.
const SIDE: usize = 5;
/// Patches that are looked at, at most.
const MOST_PATCHES: usize = 30_000;
/// Patches that a covariance needs, for each of its columns.
pub const LEAST_PATCHES: usize = 20;
/// Patches that make a class of brightness, and how many classes there are at most.
const CLASS_PATCHES: usize = 3_000;
const MOST_CLASSES: usize = 8;
/// The part of the patches with the least structure, which tell the noise.
const FLAT_PART: f64 = 0.25;
/// Variance that the samples of a patch are divided by at least, in parts of that at the mean brightness.
const LEAST_VARIANCE: f64 = 0.02;
/// One of so many patches is flatter than the deviation that is taken for the flattest ones'.
const FLATTEST_PART: usize = 20;

/// How the noise's variance follows brightness, in parts of the variance at the picture's mean brightness.
#[derive(Clone, Copy)]
pub struct VarianceGrowth {
    /// The part that is in proportion to brightness, 0..1; the rest is the same everywhere.
    pub part: f64,
    /// The picture's mean brightness, 0..1.
    pub brightness: f64,
}

impl VarianceGrowth {
    /// Gives the variance at a brightness, in parts of that at the mean brightness.
    pub fn variance(&self, brightness: f32) -> f64 {
        1.0 - self.part + self.part * f64::from(brightness.clamp(0.0, 1.0)) / self.brightness
    }
}

/// Patches that take in all channels of a picture, sorted by their mean.
pub struct Patches<'a> {
    pub image: &'a Picture,
    pub all: Vec<Patch>,
    /// How many patches were left out for clipped samples.
    pub clipped: usize,
    /// The growth that the patches' noise is divided by, so that it is the same everywhere.
    pub growth: VarianceGrowth,
}

/// One patch: where it lies, and what its samples are like.
#[derive(Clone, Copy)]
pub struct Patch {
    /// Index of the first sample.
    start: usize,
    /// See [`Patches::structure`].
    structure: f32,
    mean: f32,
    deviation: f32,
}

impl<'a> Patches<'a> {
    /// Takes patches that are evenly spread over the picture, without those that miss a sample, or of whose samples in
    /// `given` more than a share was clipped.
    pub fn of(image: &'a Picture, given: &Picture, weight: &Picture, most_clipped: f32) -> Patches<'a> {
        let (width, height) = (image.size.width, image.size.height);
        let sum = image.samples.iter().map(|sample| f64::from(sample.clamp(0.0, 1.0))).sum::<f64>();
        let brightness = (sum / image.samples.len() as f64).max(1e-3);
        let mut patches =
            Patches { image, all: Vec::new(), clipped: 0, growth: VarianceGrowth { part: 0.0, brightness } };
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

    /// Gives the number of samples of a patch.
    pub fn len(&self) -> usize {
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

    /// Reads samples and divides every channel by the noise that its own brightness leads to expect: a class's channels
    /// are of different brightness.
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

    /// Measures brightness and variance of the noise, class by class, from dark to bright.
    pub fn classes(&self) -> Vec<[f64; 2]> {
        let count = (self.all.len() / CLASS_PATCHES).clamp(1, MOST_CLASSES);
        let brightness = |some: &[Patch]| mean(some.iter().map(|patch| f64::from(patch.mean)));
        let class = |some: &[Patch]| [brightness(some), self.flat_floor(some)];
        self.all.chunks(self.all.len().div_ceil(count)).map(class).collect()
    }

    /// Measures the variance of the means of a patch and of the eight around it, over all channels: what the picture
    /// does there, which hardly depends on the patch's own noise.
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

    /// Measures the variance of white noise from the part of the patches with the least structure: fine texture passes
    /// for noise.
    pub fn flat_floor(&self, some: &[Patch]) -> f64 {
        self.floor(&self.least_structured(some)).variance
    }

    /// Selects the part of the patches with the least structure.
    pub fn least_structured(&self, some: &[Patch]) -> Vec<Patch> {
        let mut patches = some.to_vec();
        patches.sort_by(|a, b| a.structure.total_cmp(&b.structure));
        let least = LEAST_PATCHES * self.len();
        patches.truncate(((FLAT_PART * patches.len() as f64) as usize).max(least));
        patches
    }

    /// Gives the deviation from a slope that the flattest patches do not pass.
    pub fn flattest_deviation(&self) -> f32 {
        let mut deviations: Vec<f32> = self.all.iter().map(|patch| patch.deviation).collect();
        let place = deviations.len() / FLATTEST_PART;
        *deviations.select_nth_unstable_by(place, f32::total_cmp).1
    }

    /// Finds the floor of the eigenvalues of these patches' covariance.
    pub fn floor(&self, some: &[Patch]) -> EigenvalueFloor {
        EigenvalueFloor::of(eigenvalues(self.covariance(some), self.len()))
    }

    /// Computes the covariance of these patches, row by row.
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
    /// Measures mean and deviation of a patch's samples; the deviation is that from a plane, within channels.
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

/// The floor of a covariance's eigenvalues.
pub struct EigenvalueFloor {
    /// Mean of the eigenvalues that are noise.
    pub variance: f64,
    pub smallest: f64,
}

impl EigenvalueFloor {
    fn of(mut eigenvalues: Vec<f64>) -> EigenvalueFloor {
        eigenvalues.sort_by(f64::total_cmp);
        let smallest = eigenvalues[0];
        // From all down: the largest ones are the picture's, until mean and median meet.
        for count in (1..=eigenvalues.len()).rev() {
            let some = &eigenvalues[..count];
            let mean = some.iter().sum::<f64>() / count as f64;
            let above = some.iter().filter(|value| **value > mean).count();
            if above >= count - above {
                return EigenvalueFloor { variance: mean.max(0.0), smallest };
            }
        }
        EigenvalueFloor { variance: smallest.max(0.0), smallest }
    }
}

/// Finds the eigenvalues of a symmetric matrix of `len` rows by Jacobi's rotations.
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

/// Averages values.
pub fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len() as f64;
    values.sum::<f64>() / count
}
