//! The buffers that iterations change.

use super::kernels::average;
use crate::error::Result;
use crate::exec::MEAN_WEIGHT;
use crate::exec::state::{PictureBuffer, Slot};
use crate::room;

/// All parameters, what the rules of their update remember, and the pictures.
pub(super) struct FittedBuffers {
    /// The samples of all parameters, one after the other.
    pub parameters: Vec<f32>,
    /// Adam's first moment of each of these samples, or Muon's momentum.
    pub first: Vec<f32>,
    /// Adam's second moment of each of these samples.
    pub second: Vec<f32>,
    /// The number of updates so far.
    pub updates: u32,
    /// Whether an iteration has made pictures yet.
    pub has_pictures: bool,
    /// The output of the last iteration.
    pub latest: Vec<f32>,
    /// The moving average of the outputs.
    pub average: Vec<f32>,
    /// The exponential mean of the outputs, from which the deviation is measured.
    pub mean: Vec<f32>,
    /// The moving average of how much each sample has counted; empty where all count fully.
    pub counted: Vec<f32>,
}

impl FittedBuffers {
    /// The buffers before the first iteration. A picture has so many `samples`, of which so many are `counted`: all
    /// where the graph says how much each counts, else none.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn new(parameters: Vec<f32>, samples: usize, counted: usize) -> Result<FittedBuffers> {
        let zeros = |count| room::filled(count, 0.0);
        Ok(FittedBuffers {
            first: zeros(parameters.len())?,
            second: zeros(parameters.len())?,
            parameters,
            updates: 0,
            has_pictures: false,
            latest: zeros(samples)?,
            average: zeros(samples)?,
            counted: zeros(counted)?,
            mean: zeros(samples)?,
        })
    }

    /// Copies all buffers.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn try_clone(&self) -> Result<FittedBuffers> {
        let FittedBuffers { parameters, first, second, updates, has_pictures, latest, average, mean, counted } = self;
        Ok(FittedBuffers {
            parameters: room::copy(parameters)?,
            first: room::copy(first)?,
            second: room::copy(second)?,
            updates: *updates,
            has_pictures: *has_pictures,
            latest: room::copy(latest)?,
            average: room::copy(average)?,
            mean: room::copy(mean)?,
            counted: room::copy(counted)?,
        })
    }

    /// Takes over the contents of other buffers of the same sizes, without an allocation.
    pub fn copy_from(&mut self, other: &FittedBuffers) {
        let pairs = [
            (&mut self.parameters, &other.parameters),
            (&mut self.first, &other.first),
            (&mut self.second, &other.second),
            (&mut self.latest, &other.latest),
            (&mut self.average, &other.average),
            (&mut self.mean, &other.mean),
            (&mut self.counted, &other.counted),
        ];
        pairs.into_iter().for_each(|(to, from)| to.copy_from_slice(from));
        (self.updates, self.has_pictures) = (other.updates, other.has_pictures);
    }

    /// The buffer of a picture; None for the snapshot, which the executor itself keeps.
    pub fn picture(&self, picture: PictureBuffer) -> Option<&Vec<f32>> {
        match picture {
            PictureBuffer::Latest => Some(&self.latest),
            PictureBuffer::Average => Some(&self.average),
            PictureBuffer::Mean => Some(&self.mean),
            PictureBuffer::Counted => Some(&self.counted),
            PictureBuffer::Snapshot => None,
        }
    }

    /// The buffer that holds this of all parameters, one after the other.
    pub fn slot(&self, slot: Slot) -> &Vec<f32> {
        match slot {
            Slot::Value => &self.parameters,
            Slot::First => &self.first,
            Slot::Second => &self.second,
        }
    }

    /// The buffer of a picture, to write to; None for the snapshot, which the executor itself keeps.
    pub fn picture_mut(&mut self, picture: PictureBuffer) -> Option<&mut Vec<f32>> {
        match picture {
            PictureBuffer::Latest => Some(&mut self.latest),
            PictureBuffer::Average => Some(&mut self.average),
            PictureBuffer::Mean => Some(&mut self.mean),
            PictureBuffer::Counted => Some(&mut self.counted),
            PictureBuffer::Snapshot => None,
        }
    }

    /// The buffer that holds this of all parameters, to write to.
    pub fn slot_mut(&mut self, slot: Slot) -> &mut Vec<f32> {
        match slot {
            Slot::Value => &mut self.parameters,
            Slot::First => &mut self.first,
            Slot::Second => &mut self.second,
        }
    }

    /// Takes a new picture into the averages; its samples count by `now`, or fully where that is empty. Gives the mean
    /// squared distance of the picture from the exponential mean before it.
    pub fn see(&mut self, picture: &[f32], now: &[f32], average_weight: f32) -> f32 {
        let deviation = if self.has_pictures { average::mean_square_distance(picture, &self.mean) } else { 0.0 };
        let [of_average, of_mean] = if self.has_pictures { [average_weight, 1.0 - MEAN_WEIGHT] } else { [0.0; 2] };
        mix(&mut self.mean, picture, of_mean);
        if now.is_empty() {
            mix(&mut self.average, picture, of_average);
        } else {
            if of_average == 0.0 {
                self.counted.fill(0.0);
            }
            average::mix_counted(&mut self.average, &mut self.counted, picture, now, of_average);
        }
        self.latest.copy_from_slice(picture);
        self.has_pictures = true;
        deviation
    }
}

fn mix(average: &mut [f32], picture: &[f32], weight: f32) {
    // A weight of 0 must also forget what is not finite, which 0 times the past would not.
    if weight == 0.0 { average.copy_from_slice(picture) } else { average::mix(average, picture, weight) }
}
