//! The sRGB curve, and the shoulder that brings any float into the network's range and back.
//! Curves are evaluated in f64: one rounding to f32 at the end keeps round trips of u16 exact.

/// Encodes a linear sample with the sRGB curve (IEC 61966-2-1), extended oddly to negative samples.
pub fn encode(linear: f32) -> f32 {
    let light = f64::from(linear.abs());
    let encoded = if light <= 0.003_130_8 { 12.92 * light } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 };
    saturated(encoded).copysign(linear)
}

/// Decodes a sample, the inverse of [`encode`]; what f32 cannot hold becomes its largest number.
pub fn decode(encoded: f32) -> f32 {
    let shown = f64::from(encoded.abs());
    let light = if shown <= 0.040_45 { shown / 12.92 } else { ((shown + 0.055) / 1.055).powf(2.4) };
    saturated(light).copysign(encoded)
}

/// Rounds to f32 without ever becoming infinite.
pub(super) fn saturated(sample: f64) -> f32 {
    sample.clamp(f64::from(f32::MIN), f64::from(f32::MAX)) as f32
}

/// Brings samples above 1 and below 0 into 0..1, and back: a little beyond by a straight line, which leaves noise as it
/// is, and far beyond by a curve. The identity where the picture needs none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shoulder {
    /// Whether some sample is so far above 1 that a curve is needed.
    pub has_bright: bool,
    /// Whether some sample is so far below 0 that a curve is needed.
    pub has_negative: bool,
    /// The sample that becomes 0 where no curve is needed.
    pub low: f32,
    /// The sample that becomes 1 where no curve is needed.
    pub high: f32,
}

/// How far samples may lie beyond 0..1 for a straight line.
const REACH: f32 = 0.5;

/// The magnification of errors from which on a sample stays as it was given: what a fit has to say of it is lost.
const LARGEST_MAGNIFICATION: f64 = 4.0;

/// Where the shoulder leaves the identity (k); below 0.1 on the negative side.
const KNEE: f64 = 0.9;

/// The largest encoded sample that comes back (M); the negative side reaches 1 - M. Brighter ones clamp.
const MAXIMUM: f64 = 1024.0;

/// Softness (s) of f(v) = k + (1-k) ln(1+(v-k)/s) / ln(1+(M-k)/s). Its slope at k is
/// (1-k) / (s ln(1+(M-k)/s)), so s solves s ln(1+(M-k)/s) = 1-k for a slope of 1, which also
/// shortens f to k + s ln(1+(v-k)/s). Found by iterating s = (1-k) / ln(1+(M-k)/s).
const SOFTNESS: f64 = 0.008_552_784_010_867_152;

/// The largest f32 below 1: a sigmoid never reaches 1, so nothing may be mapped there.
const TOP: f32 = 1.0 - f32::EPSILON / 2.0;

impl Shoulder {
    /// Finds the shoulder that these encoded samples need; non-finite ones do not count.
    pub fn of(samples: &[f32]) -> Self {
        let finite = samples.iter().filter(|sample| sample.is_finite());
        let (low, high) = finite.fold((0.0f32, 1.0f32), |(low, high), sample| (low.min(*sample), high.max(*sample)));
        if low >= -REACH && high <= 1.0 + REACH {
            return Shoulder { low, high, ..Shoulder::none() };
        }
        Shoulder { has_bright: high > 1.0, has_negative: low < 0.0, ..Shoulder::none() }
    }

    /// Makes the identity, for pictures inside 0..1.
    pub const fn none() -> Self {
        Shoulder { has_bright: false, has_negative: false, low: 0.0, high: 1.0 }
    }

    /// Gives the difference between encoded samples whose compressed ones differ by 1, where no curve bends them.
    pub fn span(self) -> f32 {
        self.high - self.low
    }

    /// Whether some samples lie on the curve.
    pub fn bends(self) -> bool {
        self.has_bright || self.has_negative
    }

    /// Tells how far a compressed sample stays as it was given, 0..1: 1 where the curve would magnify each error of a
    /// fit too far.
    pub fn stays(self, sample: f32) -> f32 {
        let beyond = match f64::from(sample) {
            wide if self.has_bright && wide > KNEE => wide - KNEE,
            wide if self.has_negative && wide < 1.0 - KNEE => 1.0 - KNEE - wide,
            _ => return 0.0,
        };
        // The slope of `unbend`.
        let magnification = (beyond / SOFTNESS).exp();
        ((magnification - 1.0) / (LARGEST_MAGNIFICATION - 1.0)).min(1.0) as f32
    }

    /// Brings an encoded sample into 0..1; a side without a shoulder clamps. NaN stays NaN.
    pub fn compress(self, sample: f32) -> f32 {
        if !self.bends() {
            return ((sample - self.low) / self.span()).clamp(0.0, 1.0);
        }
        let wide = f64::from(sample);
        if self.has_bright && wide > KNEE {
            (bend(wide) as f32).min(TOP)
        } else if self.has_negative && wide < 1.0 - KNEE {
            ((1.0 - bend(1.0 - wide)) as f32).max(1.0 - TOP)
        } else {
            sample.clamp(0.0, 1.0)
        }
    }

    /// Brings a sample back, the inverse of [`Shoulder::compress`]. A rounding error of f32 near 1 is divided by the
    /// slope there, so the result is within 8e-6 of the sample, relative to it (measured over 0.9..1024).
    pub fn expand(self, sample: f32) -> f32 {
        if self == Shoulder::none() {
            return sample;
        }
        if !self.bends() {
            return self.low + self.span() * sample;
        }
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

/// Bends the bright side above the knee, see [`SOFTNESS`].
fn bend(sample: f64) -> f64 {
    KNEE + SOFTNESS * ((sample.min(MAXIMUM) - KNEE) / SOFTNESS).ln_1p()
}

/// Undoes [`bend`].
fn unbend(sample: f64) -> f64 {
    KNEE + SOFTNESS * ((sample.min(1.0) - KNEE) / SOFTNESS).exp_m1()
}
