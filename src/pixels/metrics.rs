//! PSNR and SSIM against a known truth: for the command line, the tests and the benchmarks.

use super::picture::Picture;
use super::size::Size;
use crate::error::{Error, Result};

/// Computes the peak signal-to-noise ratio in dB, of a peak of 1, over all channels together, on clipped samples;
/// infinite for equal pictures.
///
/// # Errors
/// `InvalidArgument` for another size or number of channels.
pub fn psnr(picture: &Picture, truth: &Picture) -> Result<f64> {
    check_alike(picture, truth)?;
    let clipped = |sample: f32| f64::from(sample.clamp(0.0, 1.0));
    let pairs = picture.samples.iter().zip(&truth.samples);
    let sum: f64 = pairs.map(|(&sample, &true_sample)| (clipped(sample) - clipped(true_sample)).powi(2)).sum();
    Ok(-10.0 * (sum / truth.samples.len() as f64).log10())
}

/// Computes the structural similarity (Wang et al., 2004): 11x11 Gaussian window of sigma 1.5, population covariance,
/// K1 = 0.01, K2 = 0.03, mean over channels. NaN below 11 pixels a side.
///
/// # Errors
/// `InvalidArgument` for another size or number of channels.
pub fn ssim(picture: &Picture, truth: &Picture) -> Result<f64> {
    check_alike(picture, truth)?;
    if picture.size.width < WINDOW || picture.size.height < WINDOW {
        return Ok(f64::NAN);
    }
    let channels = 0..picture.channels;
    let sum: f64 = channels.map(|channel| ssim_plane(picture.plane(channel), truth.plane(channel), picture.size)).sum();
    Ok(sum / picture.channels as f64)
}

/// Pixels a side of the Gaussian window.
const WINDOW: usize = 11;

/// Standard deviation of the Gaussian window in pixels.
const SIGMA: f64 = 1.5;

/// Stabilisers of the paper, (K1 L)^2 and (K2 L)^2 with K1 = 0.01, K2 = 0.03 and a range L of 1.
const C1: f64 = 0.01 * 0.01;
const C2: f64 = 0.03 * 0.03;

/// Weighted means of x, y, x^2, y^2 and xy.
type WindowMoments = [f64; 5];

fn check_alike(picture: &Picture, truth: &Picture) -> Result<()> {
    if picture.size != truth.size {
        return Err(Error::invalid(format!("picture is {}, truth is {}", picture.size, truth.size)));
    }
    if picture.channels != truth.channels {
        let text = format!("picture has {} channels, truth has {}", picture.channels, truth.channels);
        return Err(Error::invalid(text));
    }
    Ok(())
}

/// Averages over the windows that lie inside, which is what the reference implementations average.
fn ssim_plane(xs: &[f32], ys: &[f32], size: Size) -> f64 {
    let window = gaussian();
    let mut sum = 0.0;
    for top in 0..=size.height - WINDOW {
        let columns: Vec<WindowMoments> = (0..size.width)
            .map(|column| {
                let at = |row: usize| (top + row) * size.width + column;
                weighted(&window, |row| products(f64::from(xs[at(row)]), f64::from(ys[at(row)])))
            })
            .collect();
        sum += columns.windows(WINDOW).map(|columns| similarity(weighted(&window, |at| columns[at]))).sum::<f64>();
    }
    sum / ((size.width - WINDOW + 1) * (size.height - WINDOW + 1)) as f64
}

fn gaussian() -> [f64; WINDOW] {
    let mut window = std::array::from_fn(|at| {
        let distance = at as f64 - (WINDOW / 2) as f64;
        (-distance * distance / (2.0 * SIGMA * SIGMA)).exp()
    });
    let total: f64 = window.iter().sum();
    window.iter_mut().for_each(|weight| *weight /= total);
    window
}

fn products(x: f64, y: f64) -> WindowMoments {
    [x, y, x * x, y * y, x * y]
}

fn weighted(window: &[f64; WINDOW], moments: impl Fn(usize) -> WindowMoments) -> WindowMoments {
    let mut sums = [0.0; 5];
    for (at, weight) in window.iter().enumerate() {
        for (sum, moment) in sums.iter_mut().zip(moments(at)) {
            *sum += weight * moment;
        }
    }
    sums
}

/// Evaluates equation 13 of the paper.
fn similarity([x, y, xx, yy, xy]: WindowMoments) -> f64 {
    let (variance_x, variance_y, covariance) = (xx - x * x, yy - y * y, xy - x * y);
    (2.0 * x * y + C1) * (2.0 * covariance + C2) / ((x * x + y * y + C1) * (variance_x + variance_y + C2))
}
