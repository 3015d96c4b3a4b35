//! What the numbers of a data term mean for one picture.

/// Mean squared distance that counts as none: 120 dB.
const LEAST_DISTANCE: f64 = 1e-12;

/// Turns a data term into decibels, and says what it is where nothing has been learnt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Calibration {
    /// The mean weight of the data term's samples.
    pub observed_share: f64,
    /// The data term of the best picture of one colour: a fit that stays above it has learnt nothing.
    pub one_colour_term: f64,
    /// The mean variance of noise that only the target has, so that no prediction meets it; 0 where there is none.
    pub target_variance: f64,
}

impl Calibration {
    /// dB of a prediction against its target, over the observed samples.
    pub fn psnr_of_prediction(&self, data_term: f64) -> f64 {
        self.psnr(data_term, 0.0)
    }

    /// As [`Calibration::psnr_of_prediction`], without the noise that only the target has.
    pub fn psnr_observed(&self, data_term: f64) -> f64 {
        self.psnr(data_term, self.target_variance)
    }

    fn psnr(&self, data_term: f64, target_variance: f64) -> f64 {
        let distance = data_term / self.observed_share - target_variance;
        // The difference for a good fit may come out below 0 by chance; no number stays none.
        let distance = if distance < LEAST_DISTANCE { LEAST_DISTANCE } else { distance };
        -10.0 * distance.log10()
    }
}
