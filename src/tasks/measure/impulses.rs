//! Impulses, or salt and pepper: samples that are 0 or 1 whatever was there.

use std::ops::RangeInclusive;

use crate::pixels::{Picture, Size};

/// Share of the samples from which on extremes are impulses, not details.
const LEAST_SHARE: f64 = 0.01;
/// How often a neighbour of an impulse is an impulse, over chance: in dark and bright parts less, since one kind is not
/// seen there.
const CLUSTERING: RangeInclusive<f64> = 0.3..=3.0;
/// How far an impulse lies from the median of its neighbourhood, of 0..1.
const LEAST_DISTANCE: f32 = 0.15;
/// How far an impulse lies from that median in mean deviations of the neighbours, which tells impulses from other noise
/// that is clipped.
const LEAST_DEVIATIONS: f32 = 5.0;
/// Share of the neighbours that are the same extreme as an impulse: where there are more, it is a highlight or a
/// shadow.
const MOST_ALIKE: f32 = 0.3;
/// Share of the hit pixels that are extremes in all channels, where impulses hit the channels together.
const LEAST_TOGETHER: f32 = 0.5;
/// Pixels to each side that are a sample's neighbourhood.
const RADIUS: usize = 2;

/// Whether enough of the samples with any weight can be nothing but impulses, which hit wherever they like.
pub fn has_impulses(image: &Picture, weight: &Picture) -> bool {
    let is_clear = |usual: &NeighbourStatistics| {
        usual.distance > LEAST_DISTANCE.max(LEAST_DEVIATIONS * usual.deviation) && usual.alike < MOST_ALIKE
    };
    let found: Vec<bool> = classified(image, weight, is_clear).collect();
    let count = found.iter().filter(|is_impulse| **is_impulse).count();
    let observed = weight.samples.iter().filter(|weight| **weight > 0.0).count().max(1);
    let share = count as f64 / observed as f64;
    share >= LEAST_SHARE && CLUSTERING.contains(&(share_of_hit_neighbours(&found, image.size) / share))
}

/// Measures the share of the neighbours of found samples, across, down or along a diagonal, that were found too: as
/// large as the share of all where chance has hit, larger in lines and smaller in regular dots.
fn share_of_hit_neighbours(found: &[bool], size: Size) -> f64 {
    let (mut pairs, mut both) = (0u64, 0u64);
    for plane in found.chunks_exact(size.area()) {
        for i in (0..plane.len()).filter(|i| plane[*i]) {
            let below = i + size.width;
            let (has_left, has_right) = (i % size.width != 0, (i + 1) % size.width != 0);
            let next = [
                has_right.then_some(i + 1),
                has_left.then_some(below - 1),
                Some(below),
                has_right.then_some(below + 1),
            ];
            for next in next.into_iter().flatten().filter_map(|i| plane.get(i)) {
                pairs += 1;
                both += u64::from(*next);
            }
        }
    }
    both as f64 / pairs.max(1) as f64
}

/// Takes the weight of impulses, since nothing of the scene is left in them.
pub fn mark_missing(image: &Picture, weight: &mut Picture) {
    let found = find(image, weight);
    let impulses = weight.samples.iter_mut().zip(found).filter(|(_, is_impulse)| *is_impulse);
    impulses.for_each(|(weight, _)| *weight = 0.0);
}

/// Tells which samples are impulses, where there are any: those that are 0 or 1, and far from their neighbours. Where
/// impulses hit all channels of a pixel together, a sample that stands alone is none.
fn find(image: &Picture, weight: &Picture) -> Vec<bool> {
    let found: Vec<bool> = classified(image, weight, |usual| usual.distance > LEAST_DISTANCE).collect();
    let area = image.size.area();
    let of_pixel = |pixel: usize| (0..image.channels).map(move |channel| channel * area + pixel);
    let hit: Vec<usize> = (0..area).filter(|pixel| of_pixel(*pixel).any(|i| found[i])).collect();
    let is_whole = |pixel: &usize| of_pixel(*pixel).all(|i| is_extreme(image.samples[i]));
    let whole: Vec<usize> = hit.iter().copied().filter(is_whole).collect();
    if (whole.len() as f32) < LEAST_TOGETHER * hit.len() as f32 {
        return found;
    }
    let mut together = vec![false; found.len()];
    whole.into_iter().flat_map(of_pixel).for_each(|i| together[i] = true);
    together
}

/// What the observed neighbours of a sample that are no extremes are like.
struct NeighbourStatistics {
    /// Distance of the sample from the neighbours' median.
    distance: f32,
    /// Mean distance of the neighbours from their median.
    deviation: f32,
    /// Share of all observed neighbours that equal the sample.
    alike: f32,
}

/// Says for each sample whether it is an impulse: `is_impulse` judges the extremes that are observed, others are none.
fn classified(
    image: &Picture,
    weight: &Picture,
    is_impulse: impl Fn(&NeighbourStatistics) -> bool + Copy,
) -> impl Iterator<Item = bool> {
    let of_channel = move |channel: usize| {
        let (plane, weight) = (image.plane(channel), weight.plane(channel));
        let judged = move |i: usize| {
            let is_candidate = is_extreme(plane[i]) && weight[i] > 0.0;
            is_candidate
                && NeighbourStatistics::around(plane, weight, image.size, i).is_some_and(|usual| is_impulse(&usual))
        };
        (0..plane.len()).map(judged)
    };
    (0..image.channels).flat_map(of_channel)
}

fn is_extreme(sample: f32) -> bool {
    sample <= 0.0 || sample >= 1.0
}

impl NeighbourStatistics {
    /// Measures the neighbours of sample `i`; none where all of them are extremes.
    fn around(plane: &[f32], weight: &[f32], size: Size, i: usize) -> Option<NeighbourStatistics> {
        let (x, y) = (i % size.width, i / size.width);
        let mut around = Vec::with_capacity((2 * RADIUS + 1).pow(2));
        let (mut alike, mut all) = (0, 0);
        for row in y.saturating_sub(RADIUS)..(y + RADIUS + 1).min(size.height) {
            let columns = x.saturating_sub(RADIUS)..(x + RADIUS + 1).min(size.width);
            let observed = columns.map(|x| row * size.width + x).filter(|at| weight[*at] > 0.0);
            for sample in observed.map(|at| plane[at]) {
                alike += usize::from(sample == plane[i]);
                all += 1;
                if !is_extreme(sample) {
                    around.push(sample);
                }
            }
        }
        let middle = around.len() / 2;
        if around.is_empty() {
            return None;
        }
        let median = *around.select_nth_unstable_by(middle, f32::total_cmp).1;
        let deviation = around.iter().map(|sample| (sample - median).abs()).sum::<f32>() / around.len() as f32;
        // The sample itself is among them.
        let alike = (alike - 1) as f32 / (all - 1).max(1) as f32;
        Some(NeighbourStatistics { distance: (plane[i] - median).abs(), deviation, alike })
    }
}
