//! The ops as slow, obvious loops in f64.

use dipkit::graph::{LEAKY_SLOPE, NORM_EPSILON, Padding, Resample, Shape, TV_EPSILON};

/// Kernel, stride and padding of a convolution.
#[derive(Clone, Copy)]
pub struct Conv {
    pub from: Shape,
    pub outputs: usize,
    pub kernel: usize,
    pub stride: usize,
    pub padding: Padding,
}

/// Position of a mirrored sample, one reflection at a time.
fn mirrored(position: isize, length: usize) -> usize {
    let last = length as isize - 1;
    let mut position = position;
    while last > 0 && !(0..=last).contains(&position) {
        position = if position < 0 { -position } else { 2 * last - position };
    }
    position.clamp(0, last) as usize
}

pub fn conv(
    Conv { from, outputs, kernel, stride, padding }: Conv,
    x: &[f64],
    weight: &[f64],
    bias: &[f64],
) -> Vec<f64> {
    let (height, width) = (from.height.div_ceil(stride), from.width.div_ceil(stride));
    let margin = (kernel / 2) as isize;
    let sample = |channel: usize, row: isize, column: isize| {
        let is_inside = (0..from.height as isize).contains(&row) && (0..from.width as isize).contains(&column);
        if padding == Padding::Zero && !is_inside {
            return 0.0;
        }
        let (row, column) = (mirrored(row, from.height), mirrored(column, from.width));
        x[(channel * from.height + row) * from.width + column]
    };
    let mut out = Vec::new();
    for (output, bias) in bias.iter().enumerate().take(outputs) {
        for row in 0..height {
            for column in 0..width {
                let mut sum = *bias;
                for channel in 0..from.channels {
                    for dy in 0..kernel {
                        for dx in 0..kernel {
                            let (y, x) =
                                ((row * stride + dy) as isize - margin, (column * stride + dx) as isize - margin);
                            let tap = ((output * from.channels + channel) * kernel + dy) * kernel + dx;
                            sum += weight[tap] * sample(channel, y, x);
                        }
                    }
                }
                out.push(sum);
            }
        }
    }
    out
}

pub fn batch_norm(x: &[f64], scale: &[f64], shift: &[f64]) -> Vec<f64> {
    let pixels = x.len() / scale.len();
    let mut out = Vec::new();
    for (channel, x) in x.chunks(pixels).enumerate() {
        let mean = x.iter().sum::<f64>() / pixels as f64;
        let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / pixels as f64;
        let root = (variance + f64::from(NORM_EPSILON)).sqrt();
        out.extend(x.iter().map(|x| (x - mean) / root * scale[channel] + shift[channel]));
    }
    out
}

pub fn leaky_relu(x: &[f64]) -> Vec<f64> {
    x.iter().map(|x| if *x > 0.0 { *x } else { x * f64::from(LEAKY_SLOPE) }).collect()
}

pub fn sigmoid(x: &[f64]) -> Vec<f64> {
    x.iter().map(|x| 1.0 / (1.0 + (-x).exp())).collect()
}

pub fn resample(resample: &Resample, channels: usize, x: &[f64]) -> Vec<f64> {
    let (rows, columns) = (&resample.rows, &resample.columns);
    let mut out = Vec::new();
    for channel in 0..channels {
        for i in 0..rows.rows() {
            for j in 0..columns.rows() {
                let mut sum = 0.0;
                for &(row, by_row) in rows.row(i) {
                    for &(column, by_column) in columns.row(j) {
                        let at = (channel * rows.columns() + row) * columns.columns() + column;
                        sum += f64::from(by_row) * f64::from(by_column) * x[at];
                    }
                }
                out.push(sum);
            }
        }
    }
    out
}

pub fn crop(from: Shape, [top, left, height, width]: [usize; 4], x: &[f64]) -> Vec<f64> {
    let mut out = Vec::new();
    for channel in 0..from.channels {
        for row in top..top + height {
            for column in left..left + width {
                out.push(x[(channel * from.height + row) * from.width + column]);
            }
        }
    }
    out
}

/// Each row of `matrix` gives a channel.
pub fn mix(matrix: &[[f32; 3]], x: &[f64]) -> Vec<f64> {
    let pixels = x.len() / 3;
    let sample = |row: &[f32; 3], pixel: usize| (0..3).map(|c| f64::from(row[c]) * x[c * pixels + pixel]).sum();
    matrix.iter().flat_map(|row| (0..pixels).map(move |pixel| sample(row, pixel))).collect()
}

pub fn total_variation(shape: Shape, x: &[f64]) -> f64 {
    let mut sum = 0.0;
    for channel in 0..shape.channels {
        for row in 1..shape.height {
            for column in 1..shape.width {
                let here = (channel * shape.height + row - 1) * shape.width + column - 1;
                let (across, down) = (x[here + 1] - x[here], x[here + shape.width] - x[here]);
                sum += (across * across + down * down + f64::from(TV_EPSILON)).sqrt();
            }
        }
    }
    sum
}
