//! Images at the C boundary: layouts of every kind in memory that ends where they end. What a layout covers, and whether
//! it is one, is worked out here again, in numbers that cannot overflow.

use crate::bytes::Bytes;
use dipkit::capi::types::*;

/// An image with its memory.
pub struct Image {
    pub described: DipImage,
    memory: Vec<u8>,
    /// The place in `memory` of channel 0 of the top-left pixel.
    origin: usize,
    pub is_valid: bool,
}

/// The most bytes that are given to an image.
const MOST_BYTES: i128 = 1 << 18;
/// The largest side, as the header has it.
const LARGEST_SIDE: u32 = 1 << 20;
/// What memory is filled with before it is written.
const UNTOUCHED: u8 = 0xa5;

impl Image {
    /// An image of any kind; None where it covers more memory than there is.
    pub fn any(bytes: &mut Bytes) -> Option<Image> {
        let side = |bytes: &mut Bytes| match bytes.byte() {
            0 => bytes.one_of(&[0, LARGEST_SIDE, LARGEST_SIDE + 1, u32::MAX]),
            byte => u32::from(byte) % 40 + 1,
        };
        let (width, height) = (side(bytes), side(bytes));
        Image::sized(bytes, width, height)
    }

    /// An image of this size; None where it covers more memory than there is.
    pub fn sized(bytes: &mut Bytes, width: u32, height: u32) -> Option<Image> {
        let mut described = DipImage {
            width,
            height,
            channels: bytes.one_of(&[1, 2, 3, 4, 3, 1, 4, 3, 0, 5, u32::MAX]),
            sample: bytes.one_of(&[0, 1, 2, 3, 0, 3, 3, 4, u32::MAX]),
            transfer: bytes.one_of(&[0, 1, 0, 1, 0, 2, u32::MAX]),
            flags: bytes.one_of(&[0, 1, 0, 1, 0, 2, u32::MAX]),
            channel_stride: 0,
            pixel_stride: 0,
            row_stride: 0,
        };
        set_strides(&mut described, bytes);
        Image::with_memory(described, bytes)
    }

    /// An image with as much memory as it covers. One that is no image has a byte, which nobody may read.
    fn with_memory(described: DipImage, bytes: &mut Bytes) -> Option<Image> {
        let span = span(&described);
        let is_valid = has_known_words(&described) && has_strides(&described) && span.is_some();
        let (low, high) = if is_valid { span? } else { (0, 1) };
        if high - low > MOST_BYTES {
            return None;
        }
        let mut memory = vec![0; (high - low) as usize];
        let seed = bytes.number() | 1;
        let given = bytes.take(64).to_vec();
        for (place, byte) in memory.iter_mut().enumerate() {
            *byte = (seed.wrapping_mul(place as u32 ^ 0x9e37) >> 13) as u8;
        }
        memory.iter_mut().zip(&given).for_each(|(place, byte)| *place = *byte);
        Some(Image { described, memory, origin: -low as usize, is_valid })
    }

    /// An image of one channel that has a missing and an observed pixel, as masks need them.
    pub fn mask(width: u32, height: u32) -> Image {
        let zero = DipImage { width, height, channels: 1, sample: 0, transfer: 0, flags: 0, ..packed() };
        let memory = (0..width as usize * height as usize).map(|place| if place % 3 == 0 { 0 } else { 255 }).collect();
        Image { described: zero, memory, origin: 0, is_valid: true }
    }

    pub fn pixels(&self) -> *const u8 {
        self.memory.as_ptr().wrapping_add(self.origin)
    }

    /// Where the library writes, after everything was marked as untouched.
    pub fn blank(&mut self) -> *mut u8 {
        self.memory.fill(UNTOUCHED);
        self.memory.as_mut_ptr().wrapping_add(self.origin)
    }

    /// Checks that nothing was written between the samples, and nothing but finite numbers in them.
    pub fn check_written(&self) {
        let bytes = sample_bytes(&self.described);
        let mut is_sample = vec![false; self.memory.len()];
        for place in self.places() {
            is_sample[place..place + bytes].fill(true);
            let stored = &self.memory[place..place + bytes];
            if self.described.sample == DIP_SAMPLE_F32 && !self.overlaps() {
                let value = f32::from_ne_bytes([stored[0], stored[1], stored[2], stored[3]]);
                assert!(value.is_finite(), "{value} was written");
            }
        }
        let between = self.memory.iter().zip(&is_sample).filter(|(_, is_sample)| !**is_sample);
        assert!(between.into_iter().all(|(byte, _)| *byte == UNTOUCHED), "bytes between samples were written");
    }

    /// The places of all samples in the memory.
    fn places(&self) -> Vec<usize> {
        let DipImage { width, height, channels, .. } = self.described;
        let [channel, pixel, row] = strides(&self.described);
        let mut places = Vec::new();
        for y in 0..i128::from(height) {
            for x in 0..i128::from(width) {
                let first = self.origin as i128 + y * row + x * pixel;
                places.extend((0..i128::from(channels)).map(|c| (first + c * channel) as usize));
            }
        }
        places
    }

    /// Whether samples lie over each other; what is in them then is anything.
    fn overlaps(&self) -> bool {
        let mut places = self.places();
        places.sort_unstable();
        places.windows(2).any(|pair| pair[1] - pair[0] < sample_bytes(&self.described))
    }
}

fn packed() -> DipImage {
    DipImage {
        width: 0,
        height: 0,
        channels: 0,
        sample: 0,
        transfer: 0,
        flags: 0,
        channel_stride: 0,
        pixel_stride: 0,
        row_stride: 0,
    }
}

/// Packed, padded, planar, turned, or anything.
fn set_strides(image: &mut DipImage, bytes: &mut Bytes) {
    let [channel, pixel, row] = strides(image).map(|stride| stride.clamp(-(1 << 30), 1 << 30) as isize);
    let padding = bytes.below(7) as isize;
    let strides = match bytes.below(9) {
        0..=2 => [0, 0, 0],
        3 => [channel, pixel + padding, row + padding * image.width.min(99) as isize + 3],
        4 => [
            row.saturating_mul(image.height.min(99) as isize),
            channel,
            channel * image.width.min(99) as isize + padding,
        ],
        5 => [channel, -pixel, -row],
        6 => [-channel, pixel, row + padding],
        7 => [0, 0, 0].map(|_: isize| bytes.number() as i8 as isize),
        _ => {
            let extremes = [isize::MIN, isize::MAX, -1, 0, 1, 1 << 40, isize::MIN + 1];
            [0, 0, 0].map(|_: isize| bytes.one_of(&extremes))
        }
    };
    [image.channel_stride, image.pixel_stride, image.row_stride] = strides;
}

fn sample_bytes(image: &DipImage) -> usize {
    match image.sample {
        DIP_SAMPLE_U8 => 1,
        DIP_SAMPLE_U16 | DIP_SAMPLE_F16 => 2,
        _ => 4,
    }
}

/// The strides in use: those of a packed image where all are 0.
fn strides(image: &DipImage) -> [i128; 3] {
    let given = [image.channel_stride, image.pixel_stride, image.row_stride];
    if given != [0, 0, 0] {
        return given.map(|stride| stride as i128);
    }
    let pixel = sample_bytes(image) as i128 * i128::from(image.channels);
    [sample_bytes(image) as i128, pixel, pixel * i128::from(image.width)]
}

fn has_known_words(image: &DipImage) -> bool {
    let sides = [image.width, image.height].iter().all(|side| (1..=LARGEST_SIDE).contains(side));
    sides && (1..=4).contains(&image.channels) && image.sample <= 3 && image.transfer <= 1 && image.flags <= 1
}

/// Whether either all strides are 0 or none that matters is.
fn has_strides(image: &DipImage) -> bool {
    let given = [image.channel_stride, image.pixel_stride, image.row_stride];
    let counts = [image.channels, image.width, image.height];
    given == [0, 0, 0] || given.iter().zip(counts).all(|(stride, count)| *stride != 0 || count == 1)
}

/// The first byte, at most 0, and the one behind the last; None where they leave the address space.
fn span(image: &DipImage) -> Option<(i128, i128)> {
    let counts = [image.channels, image.width, image.height];
    let (mut low, mut high) = (0, sample_bytes(image) as i128);
    for (stride, count) in strides(image).into_iter().zip(counts) {
        let far = stride * (i128::from(count) - 1);
        (low, high) = (low + far.min(0), high + far.max(0));
    }
    let is_addressable = low >= isize::MIN as i128 && high - low <= isize::MAX as i128;
    is_addressable.then_some((low, high))
}
