//! JPEG artifact removal: the degradation is the identity, the network so narrow at its fine scales
//! that blocks and ringing do not pass.

use super::network::uniform;
use crate::nets::{SkipNet, Upsample};
use crate::options::{Options, Quality, Task};
use crate::pixels::Picture;
use crate::pixels::jpeg::Quantisation;

/// The authors' network has skip connections from this scale on.
const FIRST_SKIP: usize = 3;

pub fn network(options: &Options, outputs: usize) -> SkipNet {
    let mut net = uniform(options, outputs, Upsample::Bilinear);
    if options.quality == Quality::Reference {
        net.scales.iter_mut().take(FIRST_SKIP).for_each(|scale| scale.skip = 0);
    }
    net
}

/// Finds the quantisation that the result is kept to, if `image` shows one. The published fit ends where it ends.
pub fn quantisation(options: &Options, image: &Picture) -> Option<Quantisation> {
    let is_kept_to = options.task == Task::Dejpeg && options.quality != Quality::Reference;
    if is_kept_to { Quantisation::find(image) } else { None }
}
