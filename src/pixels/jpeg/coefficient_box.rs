//! The box of coefficients that a JPEG file's quantisation leaves.

use super::block::{COEFFICIENTS, add, read, starts};
use super::dct::Dct;
use super::luma::luma_levels;
use super::quantisation::Quantisation;
use super::wiener::WienerBlend;
use crate::pixels::picture::Picture;

/// How far from its multiple a coefficient may be, in steps. The truth is within 0.5, and hardly ever near that: on
/// six pictures 0.3 to 0.4 is nearest to it.
const HALF_WIDTH: f32 = 0.35;

/// The box that the coefficients of a picture lay in before its compression, and how to bring a fit into it.
pub struct CoefficientBox {
    quantisation: Quantisation,
    blend: WienerBlend,
    /// Least and largest coefficient, block by block in reading order.
    bounds: Vec<[[f32; 2]; COEFFICIENTS]>,
    dct: Dct,
}

impl CoefficientBox {
    /// Makes the box that a decoded picture, encoded samples in 0..1, and its quantisation leave.
    pub fn of(image: &Picture, quantisation: Quantisation) -> CoefficientBox {
        let dct = Dct::new();
        let luma = luma_levels(image);
        let bound = |(coefficient, step): (&f32, &f32)| {
            if *step == 0.0 {
                return [f32::NEG_INFINITY, f32::INFINITY];
            }
            let multiple = (coefficient / step).round() * step;
            // Samples that were clipped at black or white leave a doubt about the multiple.
            let half = HALF_WIDTH * step + (coefficient - multiple).abs();
            [multiple - half, multiple + half]
        };
        let block_starts = || starts(image.size, [quantisation.x, quantisation.y]);
        let forward = |start| dct.forward(&read(&luma, image.size, start));
        let blend = WienerBlend::of(image, &quantisation.steps, block_starts().map(forward));
        let bounds = block_starts()
            .map(|start| {
                let coefficients = forward(start);
                let bounds: Vec<[f32; 2]> = coefficients.iter().zip(&quantisation.steps).map(bound).collect();
                bounds.try_into().unwrap_or([[f32::NEG_INFINITY, f32::INFINITY]; COEFFICIENTS])
            })
            .collect();
        CoefficientBox { quantisation, blend, bounds, dct }
    }

    /// Blends the decoded picture into a fit of the same size as far as the fit is worse, and moves its luma into the
    /// box.
    pub fn project(&self, picture: &mut Picture) {
        let block_starts = || starts(picture.size, [self.quantisation.x, self.quantisation.y]);
        let starts: Vec<usize> = block_starts().collect();
        self.blend.blend(picture, &starts, &self.dct);
        let luma = luma_levels(picture);
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
