//! A fill that meets its border: what a network draws into a hole may have another brightness or colour than what is
//! around. Its difference from what is known at the border is continued into the hole by a membrane, the solution of
//! Laplace's equation (Perez, Gangnet and Blake, "Poisson image editing", SIGGRAPH 2003), and taken out.

use super::step::{FinishingStep, FitProgress, Scope};
use crate::error::Result;
use crate::pixels::{Picture, Size, fill_missing};

/// Sweeps of successive over-relaxation, after a fill that is smooth already, and how far each goes beyond.
const SWEEPS: usize = 60;
const RELAXATION: f32 = 1.8;

/// Makes a finished fill meet what is known around its holes.
pub struct Border {
    given: Picture,
    /// 1 where a sample is known for certain.
    weight: Picture,
}

impl Border {
    /// Remembers what is known of a picture with holes; none where it has no hole, or nothing is known.
    pub fn of(given: &Picture, weight: &Picture) -> Option<Border> {
        let has_holes = weight.samples.iter().any(|weight| *weight < 1.0);
        let is_known = weight.samples.contains(&1.0);
        (has_holes && is_known).then(|| Border { given: given.clone(), weight: weight.clone() })
    }
}

impl FinishingStep for Border {
    fn scope(&self) -> Scope {
        Scope::LastResult
    }

    /// Makes the holes meet what is known around them.
    fn apply(&self, restored: &mut Picture, _: &FitProgress) -> Result<()> {
        let size = restored.size;
        for channel in 0..restored.channels {
            let (given, weight) = (self.given.plane(channel), self.weight.plane(channel));
            let fitted = restored.plane_mut(channel);
            let lacking = |i: usize| if weight[i] == 1.0 { given[i] - fitted[i] } else { f32::NAN };
            let mut membrane = Picture { size, channels: 1, samples: (0..size.area()).map(lacking).collect() };
            let holes: Vec<usize> = (0..size.area()).filter(|i| membrane.samples[*i].is_nan()).collect();
            fill_missing(&mut membrane)?;
            relax(&mut membrane.samples, &holes, size);
            // A network never quite draws black: nothing is darker or brighter than all that is known.
            let known = given.iter().zip(weight).filter(|(_, weight)| **weight == 1.0).map(|(given, _)| *given);
            let [least, largest] = known.fold([1.0f32, 0.0f32], |[low, high], x| [low.min(x), high.max(x)]);
            for i in holes {
                fitted[i] = (fitted[i] + membrane.samples[i]).max(least).min(largest);
            }
        }
        Ok(())
    }
}

/// Solves Laplace's equation in the holes by successive over-relaxation.
fn relax(samples: &mut [f32], holes: &[usize], size: Size) {
    for _ in 0..SWEEPS {
        for i in holes.iter().copied() {
            let (mut sum, mut count) = (0.0, 0.0);
            for neighbour in size.neighbours(i) {
                sum += samples[neighbour];
                count += 1.0;
            }
            // A picture of one pixel has no neighbour.
            if count > 0.0 {
                samples[i] += RELAXATION * (sum / count - samples[i]);
            }
        }
    }
}
