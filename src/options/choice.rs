//! Choices: options whose values are numbered words.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// A choice among numbered words. Options carry its number.
pub trait Choice: Copy + 'static {
    /// The option's name, for messages.
    const OPTION: &'static str;
    /// Word and member, in the order of their numbers from 0.
    const CHOICES: &'static [(&'static str, Self)];
    /// The words in the same order, joined by '|'.
    const WORDS: &'static str;

    /// Gives the member with this number.
    ///
    /// # Errors
    /// `InvalidArgument` for a number that stands for nothing.
    fn from_index(index: u32) -> Result<Self> {
        match Self::CHOICES.get(index as usize) {
            Some((_, choice)) => Ok(*choice),
            None => {
                Err(Error::invalid(format!("{} is {index}, must be 0 to {}", Self::OPTION, Self::CHOICES.len() - 1)))
            }
        }
    }

    /// Gives the word of a number, and "auto" for a number that stands for nothing.
    fn word(index: u32) -> &'static str {
        Self::CHOICES.get(index as usize).map_or("auto", |(word, _)| word)
    }
}

macro_rules! choice {
    (
        $(#[$meta:meta])* $name:ident, $option:literal,
        $(#[$first_doc:meta])* $first:ident = $first_word:literal
        $(, $(#[$doc:meta])* $member:ident = $word:literal)*
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        pub enum $name { $(#[$first_doc])* $first $(, $(#[$doc])* $member)* }

        impl Choice for $name {
            const OPTION: &'static str = $option;
            const CHOICES: &'static [(&'static str, Self)] =
                &[($first_word, $name::$first) $(, ($word, $name::$member))*];
            const WORDS: &'static str = concat!($first_word $(, "|", $word)*);
        }
    };
}

choice!(
    /// What to do with the picture.
    Task, "task",
    Denoise = "denoise",
    /// Remove JPEG artifacts.
    Dejpeg = "dejpeg",
    /// The result is `factor` times larger.
    SuperResolve = "super-resolve",
    /// Needs a mask.
    Inpaint = "inpaint"
);
choice!(
    /// A preset of the options.
    Quality, "quality",
    /// The paper's networks and numbers, task by task.
    Reference = "reference",
    /// The default: the reference's quality in a fraction of its time.
    Balanced = "balanced",
    /// An interactive answer.
    Fast = "fast"
);
choice!(
    /// Where a fit runs.
    DeviceKind, "device",
    /// The fastest of this build and machine.
    Auto = "auto",
    Cpu = "cpu",
    Cuda = "cuda",
    Metal = "metal"
);
choice!(
    /// The kernel that made the small picture from the large one, for super-resolution.
    Downsample, "downsample",
    Lanczos2 = "lanczos2",
    Lanczos3 = "lanczos3",
    Bicubic = "bicubic",
    Box = "box",
    Gaussian = "gaussian"
);
choice!(
    /// The shape of what is missing, which chooses the preset of inpainting.
    Hole, "hole",
    /// Thin holes all over the picture: text, scratches.
    Text = "text",
    /// A few large regions.
    Region = "region",
    /// Scattered missing pixels.
    Sparse = "sparse"
);
choice!(
    /// What the network is fed, the z of the paper.
    Input, "input",
    Noise = "noise",
    Meshgrid = "meshgrid",
    /// The degraded picture, or the guide.
    Picture = "picture"
);
choice!(
    /// The rule by which the parameters are updated.
    Optimizer, "optimizer",
    Adam = "adam",
    Muon = "muon"
);
