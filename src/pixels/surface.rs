//! The smoothest surface through what is known of a plane: missing samples u minimise the sum of (Lu)^2 over all
//! pixels and a tension times that of squared differences of neighbours, where Lu is the sum of the differences of a
//! pixel's neighbours from it. Without tension this is the biharmonic fill. Found by conjugate gradients (Hestenes and
//! Stiefel, 1952).

use super::size::Size;
use crate::error::Result;
use crate::room;

/// The most steps of the conjugate gradients: enough where the start is a surface already, made of half as many samples
/// a side.
const MOST_STEPS: usize = 200;
/// The square of the residual, over that of the first one, at which the surface is smooth enough.
const SMOOTH: f64 = 1e-7;

/// Moves the samples of the holes, which start anywhere, to the surface.
///
/// # Errors
/// `OutOfMemory` where four planes more have no room.
pub(super) fn smooth(size: Size, samples: &mut [f32], holes: &[usize], tension: f32) -> Result<()> {
    let energy = Energy { size, holes, rim: rim(size, holes)?, tension };
    let mut scratch = room::filled(samples.len(), 0.0)?;
    let mut slope = room::filled(samples.len(), 0.0)?;
    energy.slope(samples, &mut scratch, &mut slope);
    let mut residual = slope;
    holes.iter().for_each(|i| residual[*i] = -residual[*i]);
    let mut direction = room::copy(&residual)?;
    let mut curved = room::filled(samples.len(), 0.0)?;
    let dot = |a: &[f32], b: &[f32]| holes.iter().map(|i| f64::from(a[*i]) * f64::from(b[*i])).sum::<f64>();
    let mut left = dot(&residual, &residual);
    let enough = SMOOTH * left;
    for _ in 0..MOST_STEPS {
        if left <= enough {
            break;
        }
        energy.slope(&direction, &mut scratch, &mut curved);
        let step = (left / dot(&direction, &curved)) as f32;
        for i in holes.iter().copied() {
            samples[i] += step * direction[i];
            residual[i] -= step * curved[i];
        }
        let before = std::mem::replace(&mut left, dot(&residual, &residual));
        let kept = (left / before) as f32;
        holes.iter().for_each(|i| direction[*i] = residual[*i] + kept * direction[*i]);
    }
    Ok(())
}

/// The energy that a surface minimises, divided by two.
struct Energy<'a> {
    size: Size,
    holes: &'a [usize],
    /// Indices of the holes and of all their neighbours.
    rim: Vec<usize>,
    tension: f32,
}

impl Energy<'_> {
    /// Computes the energy's derivative by each sample of the holes.
    fn slope(&self, plane: &[f32], laplacian: &mut [f32], slope: &mut [f32]) {
        self.rim.iter().for_each(|i| laplacian[*i] = self.laplacian(plane, *i));
        for i in self.holes.iter().copied() {
            slope[i] = self.laplacian(laplacian, i) - self.tension * laplacian[i];
        }
    }

    fn laplacian(&self, plane: &[f32], i: usize) -> f32 {
        self.size.neighbours(i).map(|neighbour| plane[neighbour] - plane[i]).sum()
    }
}

fn rim(size: Size, holes: &[usize]) -> Result<Vec<usize>> {
    let mut is_rim = room::filled(size.area(), false)?;
    for i in holes.iter().copied() {
        is_rim[i] = true;
        size.neighbours(i).for_each(|neighbour| is_rim[neighbour] = true);
    }
    room::collect(size.area(), (0..size.area()).filter(|i| is_rim[*i]))
}
