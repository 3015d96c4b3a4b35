//! The sRGB curve, and the shoulder that brings any float into the network's range and back.
//! Curves are evaluated in f64: one rounding to f32 at the end keeps round trips of u16 exact.

/// Encodes a linear sample with the sRGB curve (IEC 61966-2-1), extended oddly to negative samples.
pub fn encode(linear: f32) -> f32 {
    let light = f64::from(linear.abs());
    let encoded = if light <= 0.003_130_8 { 12.92 * light } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 };
    saturated(encoded).copysign(linear)
}

/// Inverse of [`encode`]; what f32 cannot hold becomes its largest number.
pub fn decode(encoded: f32) -> f32 {
    let shown = f64::from(encoded.abs());
    let light = if shown <= 0.040_45 { shown / 12.92 } else { ((shown + 0.055) / 1.055).powf(2.4) };
    saturated(light).copysign(encoded)
}

/// Rounds to f32 without ever becoming infinite.
pub(super) fn saturated(sample: f64) -> f32 {
    sample.clamp(f64::from(f32::MIN), f64::from(f32::MAX)) as f32
}

/// Brings samples above 1 and below 0 into 0..1, and back. The identity where the picture needs none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shoulder {
    /// Some sample is above 1.
    pub has_bright: bool,
    /// Some sample is below 0.
    pub has_negative: bool,
}

/// Where the shoulder leaves the identity (k); below 0.1 on the negative side.
const KNEE: f64 = 0.9;

/// Largest encoded sample that comes back (M); the negative side reaches 1 - M. Brighter ones clamp.
const MAXIMUM: f64 = 1024.0;

/// Softness (s) of f(v) = k + (1-k) ln(1+(v-k)/s) / ln(1+(M-k)/s). Its slope at k is
/// (1-k) / (s ln(1+(M-k)/s)), so s solves s ln(1+(M-k)/s) = 1-k for a slope of 1, which also
/// shortens f to k + s ln(1+(v-k)/s). Found by iterating s = (1-k) / ln(1+(M-k)/s).
const SOFTNESS: f64 = 0.008_552_784_010_867_152;

/// The largest f32 below 1: a sigmoid never reaches 1, so nothing may be mapped there.
const TOP: f32 = 1.0 - f32::EPSILON / 2.0;

impl Shoulder {
    /// The shoulder that these encoded samples need; non-finite ones do not count.
    pub fn of(samples: &[f32]) -> Self {
        let finite = || samples.iter().filter(|sample| sample.is_finite());
        Shoulder {
            has_bright: finite().any(|&sample| sample > 1.0),
            has_negative: finite().any(|&sample| sample < 0.0),
        }
    }

    /// The identity, for pictures inside 0..1.
    pub fn none() -> Self {
        Shoulder { has_bright: false, has_negative: false }
    }

    /// Brings an encoded sample into 0..1; a side without a shoulder clamps. NaN stays NaN.
    pub fn compress(self, sample: f32) -> f32 {
        let wide = f64::from(sample);
        if self.has_bright && wide > KNEE {
            (bend(wide) as f32).min(TOP)
        } else if self.has_negative && wide < 1.0 - KNEE {
            ((1.0 - bend(1.0 - wide)) as f32).max(1.0 - TOP)
        } else {
            sample.clamp(0.0, 1.0)
        }
    }

    /// Inverse of [`Shoulder::compress`]. A rounding error of f32 near 1 is divided by the slope there, so
    /// the result is within 8e-6 of the sample, relative to it (measured over 0.9..1024).
    pub fn expand(self, sample: f32) -> f32 {
        let wide = f64::from(sample);
        if self.has_bright && wide > KNEE {
            unbend(wide) as f32
        } else if self.has_negative && wide < 1.0 - KNEE {
            (1.0 - unbend(1.0 - wide)) as f32
        } else {
            sample
        }
    }
}

/// The bright side above the knee, see [`SOFTNESS`].
fn bend(sample: f64) -> f64 {
    KNEE + SOFTNESS * ((sample.min(MAXIMUM) - KNEE) / SOFTNESS).ln_1p()
}

/// Inverse of [`bend`].
fn unbend(sample: f64) -> f64 {
    KNEE + SOFTNESS * ((sample.min(1.0) - KNEE) / SOFTNESS).exp_m1()
}
