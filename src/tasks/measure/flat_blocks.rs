//! The noise of the flat parts of a picture: of paper, screens and drawings, where it may be clipped on one side, and
//! which have little else to measure it in.

use super::normal::NormalTable;
use crate::pixels::{Picture, Size};

/// Side of a block.
const SIDE: usize = 8;
const AREA: usize = SIDE * SIDE;
/// Mean square of the positions -3.5 to 3.5 in a block.
const POSITION_VARIANCE: f32 = 5.25;
/// Parameters of the plane that is taken out of a block.
const PLANE: usize = 3;
/// Samples that 8 bits round to the limit are up to half a level away from it.
const ROUNDING: f32 = 0.5 / 255.0;
/// Share of a block that may be clipped; with more it tells nothing.
const MOST_CLIPPED: f32 = 0.9;
/// The search for the most frequent deviation starts at this quantile of all, and takes in deviations within these
/// factors of it.
const FIRST_QUANTILE: f64 = 0.03;
const MODE: [f32; 2] = [0.6, 1.25];
const MODE_STEPS: usize = 12;
/// Blocks of one channel that make a mode, and their share of all.
const LEAST_BLOCKS: usize = 12;
const LEAST_SHARE: f64 = 0.03;
/// White noise stays below this correlation of neighbours (0.04 on forty pictures), a camera's and what clean
/// photographs have is above it (0.1 to 0.6).
const LARGEST_CORRELATION: f64 = 0.1;
/// Strong noise may have a little more, as what is left of white noise in a JPEG file has.
const LARGEST_CORRELATION_OF_STRONG: f64 = 0.25;
const STRONG: f32 = 3.0 / 255.0;
/// Share of the blocks from which on the flat parts speak for the picture.
const LEAST_SHARE_OF_PICTURE: f64 = 0.25;
/// Without noise, blocks of one colour are this many times as frequent as those of the commonest deviation.
const CONSTANT_OVER_NOISY: f64 = 2.0;
const LEAST_CONSTANT: f64 = 0.05;
/// A deviation that was found elsewhere is texture where it is this many times that of flat blocks which have this
/// share of all.
const TEXTURE_OVER_FLAT: f32 = 2.0;
const SHARE_AGAINST_TEXTURE: f64 = 0.08;

/// What the flat blocks of a picture tell of its noise.
pub(super) struct FlatBlocks {
    /// Share of the blocks that have one colour, and share of those that have one which is neither black nor white.
    constant: f64,
    constant_inside: f64,
    /// The commonest low standard deviation of a block from a plane, 0..1, what was clipped counted in.
    pub deviation: f32,
    /// Share of all blocks, channel by channel, that have this deviation.
    pub share: f64,
    count: usize,
    /// Mean correlation of neighbouring samples in the blocks that have this deviation.
    correlation: f64,
}

/// One channel of a block.
struct ChannelBlock {
    deviation: f32,
    /// Sum of the products of neighbours across and down, and of the squares, after the plane is taken out.
    products: f64,
    squares: f64,
}

impl FlatBlocks {
    /// Measures the blocks that miss no sample.
    pub fn of(image: &Picture, weight: &Picture) -> FlatBlocks {
        let normal = NormalTable::new();
        let (mut blocks, mut constant, mut inside) = (0usize, 0usize, 0usize);
        let mut channel_blocks = Vec::new();
        for start in starts(image.size) {
            let is_whole = |channel| rows(weight, channel, start).flatten().all(|weight| *weight > 0.0);
            if !(0..image.channels).all(is_whole) {
                continue;
            }
            blocks += 1;
            if (0..image.channels).all(|channel| is_constant(image, channel, start)) {
                constant += 1;
                let is_clipped = (0..image.channels).all(|channel| is_extreme(image.plane(channel)[start]));
                inside += usize::from(!is_clipped);
            } else {
                channel_blocks
                    .extend((0..image.channels).filter_map(|channel| ChannelBlock::of(image, channel, start, &normal)));
            }
        }
        let share = |count: usize, all: usize| count as f64 / all.max(1) as f64;
        let mut found = FlatBlocks {
            constant: share(constant, blocks),
            constant_inside: share(inside, blocks),
            deviation: 0.0,
            share: 0.0,
            count: 0,
            correlation: 0.0,
        };
        found.find_mode(channel_blocks, blocks * image.channels);
        found
    }

    fn find_mode(&mut self, mut channel_blocks: Vec<ChannelBlock>, all: usize) {
        channel_blocks.sort_by(|a, b| a.deviation.total_cmp(&b.deviation));
        let first = (FIRST_QUANTILE * channel_blocks.len() as f64) as usize;
        let Some(first) = channel_blocks.get(first) else { return };
        let mut deviation = first.deviation;
        for _ in 0..MODE_STEPS {
            let some = within(&channel_blocks, MODE.map(|factor| factor * deviation));
            let squares: f64 = some.iter().map(|block| f64::from(block.deviation).powi(2)).sum();
            deviation = (squares / some.len().max(1) as f64).sqrt() as f32;
        }
        let mode = within(&channel_blocks, MODE.map(|factor| factor * deviation));
        let sum = |of: fn(&ChannelBlock) -> f64| mode.iter().map(of).sum::<f64>();
        self.correlation = sum(|block| block.products) / sum(|block| block.squares).max(f64::MIN_POSITIVE);
        (self.deviation, self.count) = (deviation, mode.len());
        self.share = mode.len() as f64 / all.max(1) as f64;
    }

    /// Whether the picture has parts of one colour as only pictures without noise have.
    pub fn have_no_noise(&self) -> bool {
        self.constant_inside >= LEAST_CONSTANT && self.constant >= CONSTANT_OVER_NOISY * self.share
    }

    /// As [`FlatBlocks::have_no_noise`], where black and white parts count too, since nearly all of the picture was
    /// clipped.
    pub fn have_no_noise_in_clipped(&self) -> bool {
        self.constant >= LEAST_CONSTANT && self.constant >= CONSTANT_OVER_NOISY * self.share
    }

    /// Whether enough blocks have one deviation, as white noise gives it to them.
    pub fn have_white_noise(&self) -> bool {
        let is_frequent = self.count >= LEAST_BLOCKS && self.share >= LEAST_SHARE;
        is_frequent && self.correlation.abs() < LARGEST_CORRELATION
    }

    /// Whether so many blocks have white noise that the picture can be taken for one with white noise.
    pub fn speak_for_white_noise(&self) -> bool {
        let is_strong = self.deviation >= STRONG && self.correlation.abs() < LARGEST_CORRELATION_OF_STRONG;
        self.are_many() && (self.have_white_noise() || is_strong)
    }

    /// Whether so many blocks have at least this deviation, and this correlation of neighbours, that smooth noise
    /// covers the picture.
    pub fn have_smooth_noise(&self, deviation: f32, correlation: f64) -> bool {
        self.are_many() && self.deviation >= deviation && self.correlation >= correlation
    }

    fn are_many(&self) -> bool {
        self.count >= LEAST_BLOCKS && self.share >= LEAST_SHARE_OF_PICTURE
    }

    /// Corrects a deviation that was measured elsewhere: where many flat blocks have much less, it was measured in
    /// texture.
    pub fn no_rougher(&self, deviation: f32) -> f32 {
        let is_texture = self.share >= SHARE_AGAINST_TEXTURE && deviation > TEXTURE_OVER_FLAT * self.deviation;
        if is_texture { self.deviation } else { deviation }
    }
}

/// Selects the blocks of a sorted list whose deviation lies in a range.
fn within(channel_blocks: &[ChannelBlock], [least, largest]: [f32; 2]) -> &[ChannelBlock] {
    let start = channel_blocks.partition_point(|block| block.deviation < least);
    let end = channel_blocks.partition_point(|block| block.deviation <= largest);
    &channel_blocks[start..end.max(start)]
}

/// Indices of the first pixels of blocks side by side.
fn starts(size: Size) -> impl Iterator<Item = usize> {
    let firsts = |length: usize| (0..(length + 1).saturating_sub(SIDE)).step_by(SIDE);
    firsts(size.height).flat_map(move |top| firsts(size.width).map(move |left| top * size.width + left))
}

fn rows(picture: &Picture, channel: usize, start: usize) -> impl Iterator<Item = &[f32]> {
    let (plane, width) = (picture.plane(channel), picture.size.width);
    (0..SIDE).map(move |row| &plane[start + row * width..][..SIDE])
}

fn is_constant(image: &Picture, channel: usize, start: usize) -> bool {
    let first = image.plane(channel)[start];
    rows(image, channel, start).flatten().all(|sample| *sample == first)
}

fn is_extreme(sample: f32) -> bool {
    sample <= 0.0 || sample >= 1.0
}

impl ChannelBlock {
    /// Measures a block; none where it was clipped on both sides, or nearly all of it was.
    fn of(image: &Picture, channel: usize, start: usize, normal: &NormalTable) -> Option<ChannelBlock> {
        let mut block = [0.0; AREA];
        block.chunks_exact_mut(SIDE).zip(rows(image, channel, start)).for_each(|(to, row)| to.copy_from_slice(row));
        let share = |is_in: fn(f32) -> bool| block.iter().filter(|x| is_in(**x)).count() as f32 / AREA as f32;
        let (black, white) = (share(|x| x <= 0.0), share(|x| x >= 1.0));
        if black.max(white) > MOST_CLIPPED || black.min(white) > 0.0 {
            return None;
        }
        let mut rest = block;
        take_plane_out(&mut rest);
        let squares: f32 = rest.iter().map(|x| x * x).sum();
        let deviation = match (black > 0.0, white > 0.0) {
            (true, _) => censored_deviation(&block, black, |x| x, normal),
            (_, true) => censored_deviation(&block, white, |x| 1.0 - x, normal),
            _ => (squares / (AREA - PLANE) as f32).sqrt(),
        };
        let products: f32 = (0..AREA).filter(|i| i % SIDE > 0).map(|i| rest[i] * rest[i - 1]).sum::<f32>()
            + (SIDE..AREA).map(|i| rest[i] * rest[i - SIDE]).sum::<f32>();
        Some(ChannelBlock { deviation, products: f64::from(products) / 2.0, squares: f64::from(squares) })
    }
}

/// Gives the deviation of normal noise of which the share `clipped` was cut off, from the mean distance d of the
/// samples from the limit: d = deviation (density(a) + a share(a)), where share(a) is what was not cut off (Tobin,
/// "Estimation of relationships for limited dependent variables", Econometrica 1958).
fn censored_deviation(block: &[f32; AREA], clipped: f32, distance: impl Fn(f32) -> f32, normal: &NormalTable) -> f32 {
    let mean = block.iter().map(|x| (distance(*x) - ROUNDING).max(0.0)).sum::<f32>() / AREA as f32;
    let kept = 1.0 - clipped;
    let a = normal.quantile(kept);
    mean / (NormalTable::density(a) + a * kept).max(f32::MIN_POSITIVE)
}

fn take_plane_out(block: &mut [f32; AREA]) {
    let at = |i: usize| [(i % SIDE) as f32, (i / SIDE) as f32].map(|place| place - (SIDE - 1) as f32 / 2.0);
    let mean = block.iter().sum::<f32>() / AREA as f32;
    let mut slopes = [0.0; 2];
    for (i, x) in block.iter().enumerate() {
        slopes.iter_mut().zip(at(i)).for_each(|(slope, place)| *slope += place * x / (AREA as f32 * POSITION_VARIANCE));
    }
    for (i, x) in block.iter_mut().enumerate() {
        let [across, down] = at(i);
        *x -= mean + slopes[0] * across + slopes[1] * down;
    }
}
