//! A fit on the card gives the picture that the CPU gives.

use dipkit::options::{DeviceKind, Options};

use super::cases::{self, Case};
use super::sessions::{psnr, restored};
use super::stand_in::StandIn;

/// dB between the pictures of the two after 20 iterations. Sums in another order differ in the seventh digit, which is
/// 140 dB; Adam's first steps, by the signs of gradients, may make it 70.
const USUAL_PSNR: f64 = 65.0;
/// Now and then a sample is so near to a kink of a leaky ReLU that rounding turns it the other way, and the fits go
/// apart by what that does to the gradients, a thousandth: 46 dB here.
const LEAST_PSNR: f64 = 40.0;

#[test]
fn the_card_restores_what_the_cpu_restores() {
    let Some(_stand_in) = StandIn::alone() else { return };
    let distances: Vec<f64> = cases::all().iter().map(distance).collect();
    assert!(distances.iter().all(|distance| *distance > LEAST_PSNR), "{distances:?}");
    let usual = distances.iter().filter(|distance| **distance > USUAL_PSNR).count();
    assert!(4 * usual >= 3 * distances.len(), "{distances:?}");
}

/// dB between what both make of a case.
fn distance(case: &Case) -> f64 {
    let on = |device| restored(&Options { device, ..case.options }, case);
    let ((cpu, expected), (card, found)) = (on(DeviceKind::Cpu), on(DeviceKind::Cuda));
    assert_eq!((cpu.device, card.device), (DeviceKind::Cpu, DeviceKind::Cuda), "{}", case.name);
    assert_eq!((card.iteration, card.jobs_total), (20, cpu.jobs_total), "{}", case.name);
    psnr(&found, &expected)
}
