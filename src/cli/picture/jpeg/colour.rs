//! From planes of samples to pixels: reduced planes are enlarged by libjpeg's triangle filter ("fancy upsampling"),
//! and brightness and colour differences turned into red, green and blue (JFIF 1.02), bit for bit as libjpeg does.

use super::frame::{FrameHeader, Plane};

/// What the three components of a picture are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColourSpace {
    YCbCr,
    Rgb,
}

/// The picture as packed pixels: grey, or red, green and blue.
pub fn pixels(frame: &FrameHeader, planes: &[Plane], space: ColourSpace) -> Vec<u8> {
    let enlarged: Vec<_> = planes.iter().enumerate().map(|(index, plane)| Enlarged::new(frame, index, plane)).collect();
    let mut rows = vec![vec![0; frame.width]; planes.len()];
    let mut pixels = vec![0; frame.width * frame.height * planes.len()];
    for (y, out) in pixels.chunks_exact_mut(frame.width * planes.len()).enumerate() {
        rows.iter_mut().zip(&enlarged).for_each(|(row, plane)| plane.row(y, row));
        match rows.as_slice() {
            [grey] => out.copy_from_slice(grey),
            [first, second, third] => join([first, second, third], space, out),
            _ => {}
        }
    }
    pixels
}

/// Joins the rows of three components to pixels.
fn join([first, second, third]: [&[u8]; 3], space: ColourSpace, out: &mut [u8]) {
    let samples = first.iter().zip(second).zip(third);
    for (pixel, ((a, b), c)) in out.as_chunks_mut::<3>().0.iter_mut().zip(samples) {
        *pixel = if space == ColourSpace::Rgb { [*a, *b, *c] } else { rgb(*a, *b, *c) };
    }
}

/// The fractional bits of the factors.
const BITS: u32 = 16;

const fn fixed(value: f64) -> i32 {
    (value * (1 << BITS) as f64 + 0.5) as i32
}

fn rgb(y: u8, cb: u8, cr: u8) -> [u8; 3] {
    const HALF: i32 = 1 << (BITS - 1);
    let (y, cb, cr) = (i32::from(y), i32::from(cb) - 128, i32::from(cr) - 128);
    let red = y + ((fixed(1.40200) * cr + HALF) >> BITS);
    let green = y + ((-fixed(0.34414) * cb - fixed(0.71414) * cr + HALF) >> BITS);
    let blue = y + ((fixed(1.77200) * cb + HALF) >> BITS);
    [red, green, blue].map(|value| value.clamp(0, 255) as u8)
}

/// How a plane is enlarged to the picture's size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Upsampling {
    /// Each sample is repeated.
    Repeat,
    /// Twice as wide, by the triangle filter.
    Across,
    /// Twice as high, by the triangle filter.
    Down,
    /// Twice as wide and as high, by the triangle filter.
    Both,
}

/// A plane, seen as large as the picture.
struct Enlarged<'a> {
    plane: &'a Plane,
    /// The plane's size without what fills up the last blocks.
    width: usize,
    height: usize,
    times: [usize; 2],
    filter: Upsampling,
}

impl<'a> Enlarged<'a> {
    fn new(frame: &FrameHeader, index: usize, plane: &'a Plane) -> Self {
        let component = &frame.components[index];
        let [width, height] = frame.samples(component);
        let times = [0, 1].map(|axis| frame.most[axis] / component.factors[axis]);
        let filter = match times {
            [2, 1] if width > 2 => Upsampling::Across,
            [1, 2] => Upsampling::Down,
            [2, 2] if width > 2 => Upsampling::Both,
            _ => Upsampling::Repeat,
        };
        Enlarged { plane, width, height, times, filter }
    }

    /// Row `y` of the plane.
    fn given(&self, y: usize) -> &[u8] {
        &self.plane.samples[y.min(self.height - 1) * self.plane.stride()..][..self.width]
    }

    /// Writes row `y` of the picture into `out`.
    fn row(&self, y: usize, out: &mut [u8]) {
        let near = self.given(y / self.times[1]);
        // The second nearest row of the plane.
        let far = || self.given(if y.is_multiple_of(2) { (y / 2).saturating_sub(1) } else { y / 2 + 1 });
        let sum = |(near, far): (&u8, &u8)| 3 * u16::from(*near) + u16::from(*far);
        match self.filter {
            Upsampling::Repeat => {
                let times = self.times[0];
                out.iter_mut().enumerate().for_each(|(x, sample)| *sample = near[x / times]);
            }
            Upsampling::Down => {
                let bias = 1 + (y % 2) as u16;
                let sums = near.iter().zip(far()).map(sum);
                out.iter_mut().zip(sums).for_each(|(sample, sum)| *sample = ((sum + bias) >> 2) as u8);
            }
            Upsampling::Across => {
                let wide: Vec<_> = near.iter().map(|sample| u16::from(*sample)).collect();
                across(&wide, [1, 2], 2, out);
            }
            Upsampling::Both => {
                let sums: Vec<_> = near.iter().zip(far()).map(sum).collect();
                across(&sums, [8, 7], 4, out);
            }
        }
    }
}

/// Doubles a row: each new sample is three quarters of the nearest one and a quarter of the next. The biases for left and
/// right take turns so that rounding does not move the mean.
fn across(given: &[u16], biases: [u16; 2], shift: u32, out: &mut [u8]) {
    for (x, sample) in out.iter_mut().enumerate() {
        let near = given[x / 2];
        let far = if x % 2 == 0 { given[(x / 2).saturating_sub(1)] } else { given[(x / 2 + 1).min(given.len() - 1)] };
        *sample = ((3 * near + far + biases[x % 2]) >> shift) as u8;
    }
}
