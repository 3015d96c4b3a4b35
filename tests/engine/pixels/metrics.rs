//! PSNR and SSIM.

use dipkit::pixels::metrics::{psnr, ssim};
use dipkit::pixels::{Picture, Size};

/// Two pictures made by a formula that is exact in f32.
fn pair(width: usize, height: usize, channels: usize) -> (Picture, Picture) {
    let size = Size::new(width, height);
    let (mut truth, mut picture) = (Picture::filled(size, channels, 0.0), Picture::filled(size, channels, 0.0));
    for channel in 0..channels {
        for y in 0..height {
            for x in 0..width {
                let wave = ((3 * x + 5 * y + 17 * channel) % 128).abs_diff(64);
                truth.plane_mut(channel)[y * width + x] = wave as f32 / 128.0;
                picture.plane_mut(channel)[y * width + x] = (wave + (x * x + 3 * y) % 17) as f32 / 128.0;
            }
        }
    }
    (picture, truth)
}

// scikit-image 0.26.0:
//   import numpy as np
//   from skimage.metrics import structural_similarity, peak_signal_noise_ratio
//   def pair(width, height, channels):
//       c, y, x = np.mgrid[0:channels, 0:height, 0:width]
//       a = abs((3 * x + 5 * y + 17 * c) % 128 - 64)
//       return a / 128, (a + (x * x + 3 * y) % 17) / 128
//   for size in (11, 11, 1), (37, 23, 1), (64, 48, 3):
//       a, b = pair(*size)
//       print(size, structural_similarity(a, b, channel_axis=0, gaussian_weights=True, sigma=1.5,
//             use_sample_covariance=False, data_range=1), peak_signal_noise_ratio(a, b, data_range=1))
const SCIKIT: [((usize, usize, usize), f64, f64); 3] = [
    ((11, 11, 1), 0.8387791949008431, 22.712034922550096),
    ((37, 23, 1), 0.8096601075768529, 22.65655398984216),
    ((64, 48, 3), 0.7957971962287335, 22.744540512130328),
];

#[test]
fn ssim_agrees_with_scikit_image() {
    for ((width, height, channels), expected, _) in SCIKIT {
        let (picture, truth) = pair(width, height, channels);
        let similarity = ssim(&picture, &truth).unwrap();
        assert!((similarity - expected).abs() < 1e-12, "{width}x{height}: {similarity}, expected {expected}");
    }
}

#[test]
fn psnr_agrees_with_scikit_image() {
    for ((width, height, channels), _, expected) in SCIKIT {
        let (picture, truth) = pair(width, height, channels);
        let ratio = psnr(&picture, &truth).unwrap();
        assert!((ratio - expected).abs() < 1e-10, "{width}x{height}: {ratio}, expected {expected}");
    }
}

#[test]
fn psnr_looks_at_clipped_samples() {
    let size = Size::new(3, 2);
    let bright = Picture::filled(size, 3, 60.0);
    assert_eq!(psnr(&bright, &Picture::filled(size, 3, 1.0)).unwrap(), f64::INFINITY);
    assert_eq!(psnr(&bright, &Picture::filled(size, 3, 0.5)).unwrap(), 20.0 * 2f64.log10());
}

#[test]
fn equal_pictures_are_perfect() {
    let (picture, _) = pair(16, 12, 3);
    assert_eq!(psnr(&picture, &picture).unwrap(), f64::INFINITY);
    assert!((ssim(&picture, &picture).unwrap() - 1.0).abs() < 1e-12);
}

#[test]
fn ssim_of_less_than_a_window_is_unknown() {
    for (width, height) in [(10, 40), (40, 10), (1, 1)] {
        let (picture, truth) = pair(width, height, 1);
        assert!(ssim(&picture, &truth).unwrap().is_nan());
    }
}

#[test]
fn pictures_of_another_shape_are_not_compared() {
    let (grey, _) = pair(4, 3, 1);
    for other in [pair(3, 4, 1).0, pair(4, 3, 3).0] {
        assert!(psnr(&grey, &other).is_err());
        assert!(ssim(&grey, &other).is_err());
    }
    assert_eq!(psnr(&grey, &pair(3, 4, 1).0).unwrap_err().to_string(), "picture is 4x3, truth is 3x4");
}
