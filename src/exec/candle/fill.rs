//! The filling of holes by push and pull. It is done plane by plane in the host's memory: other devices send the
//! picture there and back at each iteration.

use candle_core::{Device, Result, Tensor};

use super::op::{Call, DeviceOp, Reads};

/// A picture whose holes are filled where its weight, the second input, is 0.
pub(super) struct FillOp {
    pub device: Device,
}

impl DeviceOp for FillOp {
    fn name(&self) -> &'static str {
        "filling"
    }

    fn forward(&self, arguments: &[Tensor], _iteration: u32) -> Result<Tensor> {
        let (_, height, width) = arguments[0].dims3()?;
        let [samples, weight] = [&arguments[0], &arguments[1]].map(|tensor| tensor.flatten_all()?.to_vec1::<f32>());
        let (mut samples, weight) = (samples?, weight?);
        for (plane, weight) in samples.chunks_exact_mut(height * width).zip(weight.chunks_exact(height * width)) {
            fill(plane, weight, height, width);
        }
        Tensor::from_vec(samples, arguments[0].shape(), &self.device)
    }

    fn gradient(&self, _call: &Call) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![None, None])
    }

    fn reads(&self) -> Reads {
        Reads::Nothing
    }
}

/// Fills what has no weight from a grid half as fine, which is filled first.
fn fill(plane: &mut [f32], weight: &[f32], height: usize, width: usize) {
    let known: f32 = weight.iter().sum();
    if height.min(width) <= 2 {
        let sum: f32 = plane.iter().zip(weight).map(|(x, w)| x * w).sum();
        let mean = sum / known.max(1e-6);
        plane.iter_mut().zip(weight).for_each(|(x, w)| *x = *x * w + mean * (1.0 - w));
        return;
    }
    let (rows, columns) = (height.div_ceil(2), width.div_ceil(2));
    let (mut sums, mut totals) = (vec![0.0; rows * columns], vec![0.0; rows * columns]);
    for (i, (x, w)) in plane.iter().zip(weight).enumerate() {
        let place = i / width / 2 * columns + i % width / 2;
        sums[place] += x * w;
        totals[place] += w;
    }
    let mut means: Vec<f32> = sums.iter().zip(&totals).map(|(sum, w)| if *w > 0.0 { sum / w } else { 0.0 }).collect();
    let is_known: Vec<f32> = totals.iter().map(|w| if *w > 0.0 { 1.0 } else { 0.0 }).collect();
    fill(&mut means, &is_known, rows, columns);
    let near = |i: usize, length: usize| {
        let position = ((i as f32 + 0.5) / 2.0 - 0.5).clamp(0.0, (length - 1) as f32);
        let first = position as usize;
        (first, (first + 1).min(length - 1), position - first as f32)
    };
    for (i, (x, w)) in plane.iter_mut().zip(weight).enumerate() {
        let ((top, bottom, down), (left, right, along)) = (near(i / width, rows), near(i % width, columns));
        let of_row = |row: usize| means[row * columns + left] * (1.0 - along) + means[row * columns + right] * along;
        *x = *x * w + (of_row(top) * (1.0 - down) + of_row(bottom) * down) * (1.0 - w);
    }
}
