//! Copies between planes (C, H, W) and blocked samples.

use rayon::prelude::*;

use super::{LANES, Run};
use crate::exec::plan::Store;

/// Fills blocked samples from planes; dead channels become 0.
pub fn block(run: &Run, planes: &[f32], lanes: &[usize], pixels: usize, out: &mut [f32]) {
    out.par_chunks_mut(pixels * LANES).enumerate().for_each(|(block, out)| {
        if run.is_cancelled() {
            return;
        }
        out.fill(0.0);
        for (channel, lane) in of_block(lanes, block) {
            let plane = &planes[channel * pixels..][..pixels];
            out[lane..].iter_mut().step_by(LANES).zip(plane).for_each(|(out, sample)| *out = *sample);
        }
    });
}

/// Fills planes from blocked samples.
pub fn unblock(blocked: &[f32], lanes: &[usize], pixels: usize, planes: &mut [f32]) {
    for (plane, physical) in planes.chunks_exact_mut(pixels).zip(lanes) {
        let from = &blocked[physical / LANES * pixels * LANES + physical % LANES..];
        plane.iter_mut().zip(from.iter().step_by(LANES)).for_each(|(out, sample)| *out = *sample);
    }
}

/// Lists the logical channels that lie in a block, each with its lane.
pub fn of_block(lanes: &[usize], block: usize) -> impl Iterator<Item = (usize, usize)> + '_ {
    let here =
        move |(channel, physical): (usize, &usize)| (physical / LANES == block).then_some((channel, physical % LANES));
    lanes.iter().enumerate().filter_map(here)
}

/// Copies blocked samples to blocks that have the channels in other lanes. Overwriting them sets dead channels to 0.
pub fn relane(from: &[f32], from_lanes: &[usize], to: &mut [f32], to_lanes: &[usize], pixels: usize, store: Store) {
    if store == Store::Overwrite {
        to.fill(0.0);
    }
    for (from_lane, to_lane) in from_lanes.iter().zip(to_lanes) {
        let start = |lane: &usize| lane / LANES * pixels * LANES + lane % LANES;
        let samples = from[start(from_lane)..].iter().step_by(LANES).take(pixels);
        to[start(to_lane)..].iter_mut().step_by(LANES).zip(samples).for_each(|(to, from)| *to += from);
    }
}
