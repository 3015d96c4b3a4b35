//! What is measured in a picture before its options are chosen.

use super::choice::{Hole, Task};

/// What a picture was found to be, as far as the presets want to know it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// The shape of the holes, for inpainting.
    pub hole: Hole,
    /// The share of the pixels that is missing, 0..1.
    pub missing_share: f32,
    /// Whether a cleaner picture of the same scene is given.
    pub has_guide: bool,
    pub noise: MeasuredNoise,
    /// The mean of the steps that a JPEG file's lowest frequencies were rounded to, in levels of 0..255; NaN where none
    /// were found.
    pub jpeg_step: f32,
    /// How many pixels the given picture has.
    pub pixels: u32,
}

/// The noise of a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeasuredNoise {
    pub kind: NoiseKind,
    /// The standard deviation over the whole picture, 0..255; NaN where it is not known, or follows brightness in an unknown
    /// way.
    pub level: f32,
    /// What the variance grows by from black to white, over the variance at black; 0 for any other kind than
    /// `Brightness`.
    pub growth: f32,
    /// The mean of the whole picture, 0..1, at which a growing noise has its `level`; a tile's own mean is another one.
    pub brightness: f32,
    /// The standard deviation of the noise where the picture is smoothest, 0..255; NaN for any other kind than `Correlated`.
    pub smoothest: f32,
    /// Whether single pixels stand out as in long exposures, beside other noise.
    pub has_hot_pixels: bool,
}

/// What noise was found to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum NoiseKind {
    Unknown,
    White,
    /// Grows with brightness.
    Brightness,
    Correlated,
    Impulse,
    /// Smooth noise in colour, and hardly any in brightness.
    Chroma,
    /// So little that a fit would hardly change a sample.
    Nothing,
}

impl NoiseKind {
    /// Gives the word that reports have for this kind.
    pub fn word(self) -> &'static str {
        match self {
            NoiseKind::Unknown => "unknown",
            NoiseKind::White => "white",
            NoiseKind::Brightness => "brightness",
            NoiseKind::Correlated => "correlated",
            NoiseKind::Impulse => "impulse",
            NoiseKind::Chroma => "chroma",
            NoiseKind::Nothing => "none",
        }
    }
}

impl MeasuredNoise {
    /// Makes noise of which nothing is known.
    pub fn unknown() -> Self {
        MeasuredNoise {
            kind: NoiseKind::Unknown,
            level: f32::NAN,
            growth: 0.0,
            brightness: 0.5,
            smoothest: f32::NAN,
            has_hot_pixels: false,
        }
    }

    /// Makes noise that is none to speak of, at this level, 0..255.
    pub fn nothing(level: f32) -> Self {
        MeasuredNoise { kind: NoiseKind::Nothing, level, ..MeasuredNoise::unknown() }
    }

    /// Whether the noise is independent from sample to sample, at a known level.
    pub fn is_white(&self) -> bool {
        match self.kind {
            NoiseKind::White | NoiseKind::Nothing => true,
            NoiseKind::Brightness => self.level.is_finite(),
            NoiseKind::Unknown | NoiseKind::Correlated | NoiseKind::Impulse | NoiseKind::Chroma => false,
        }
    }
}

impl Measured {
    /// Describes a picture with nothing special: no guide, a few thin holes, noise of which nothing is known.
    pub fn plain() -> Self {
        Measured {
            hole: Hole::Text,
            missing_share: 0.1,
            has_guide: false,
            noise: MeasuredNoise::unknown(),
            jpeg_step: f32::NAN,
            pixels: 512 * 512,
        }
    }

    /// Gives one of each kind of picture that makes the presets of `task` differ.
    pub fn kinds(task: Task) -> Vec<Measured> {
        let hole = |hole, missing_share| Measured { hole, missing_share, ..Measured::plain() };
        let noise = |kind| Measured { noise: MeasuredNoise { kind, ..MeasuredNoise::unknown() }, ..Measured::plain() };
        match task {
            Task::Denoise => vec![
                Measured::plain(),
                noise(NoiseKind::White),
                noise(NoiseKind::Impulse),
                noise(NoiseKind::Chroma),
                Measured { has_guide: true, ..Measured::plain() },
                Measured { has_guide: true, ..noise(NoiseKind::White) },
            ],
            Task::Dejpeg | Task::SuperResolve => vec![Measured::plain()],
            Task::Inpaint => {
                vec![hole(Hole::Text, 0.1), hole(Hole::Region, 0.1), hole(Hole::Sparse, 0.5), hole(Hole::Sparse, 0.9)]
            }
        }
    }

    /// Whether nearly everything is missing, as in the authors' 98 % case.
    pub fn is_very_sparse(&self) -> bool {
        self.missing_share >= VERY_SPARSE
    }
}

/// From this missing share on a sparse mask is the authors' 98 % case, below it their 50 % case.
const VERY_SPARSE: f32 = 0.8;
