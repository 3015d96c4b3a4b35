//! The network that the options' numbers describe.

use crate::graph::Padding;
use crate::nets::{Halve, NetScale, SkipNet, Upsample};
use crate::options::ResolvedOptions;

/// Makes the options' network with 3x3 kernels, strides, a 1x1 after each scale, and one kind of up-sampling: what most
/// of the authors' notebooks share.
pub fn uniform(options: &ResolvedOptions, outputs: usize, upsample: Upsample) -> SkipNet {
    let scale = |level: u32| {
        let channels = channels_at(options, level);
        let skip = options.network.skip_channels as usize;
        NetScale { down: channels, up: channels, skip, kernel_down: 3, kernel_up: 3, upsample }
    };
    SkipNet {
        scales: (0..options.network.scales).map(scale).collect(),
        halve: Halve::Stride,
        has_up_1x1: true,
        padding: Padding::Reflection,
        outputs,
    }
}

/// Channels double from scale to scale, up to those of the deepest one.
fn channels_at(options: &ResolvedOptions, level: u32) -> usize {
    let doubled = u64::from(options.network.channels) << level;
    doubled.min(u64::from(options.network.channels_deepest)) as usize
}
