//! A JPEG's frame: what its header says of size and components, and the planes of samples that its scans fill.

use super::blocks::{self, CoefficientBlock};
use super::failures::{cut_off, damaged, not_read};
use crate::failure::{Failure, Result};
use crate::picture::limits::Limits;

/// The samples along a block's side.
pub const SIDE: usize = 8;
/// The value of a sample for which a file has no data.
const GREY: u8 = 128;

/// The most pixels that a byte of a whole file can stand for: brightness takes at least a bit for 64 pixels.
pub const MOST_PIXELS_PER_BYTE: u64 = 8 * 64;

/// The header of a file's frame, which comes before the scans.
#[derive(Debug, Clone)]
pub struct FrameHeader {
    pub is_progressive: bool,
    pub width: usize,
    pub height: usize,
    pub components: Vec<Component>,
    /// The largest of the components' sampling factors.
    pub most: [usize; 2],
}

/// A component of the picture: brightness, a colour difference, or red, green or blue.
#[derive(Debug, Clone)]
pub struct Component {
    pub id: u8,
    /// The component's sampling factors, across and down.
    pub factors: [usize; 2],
    /// The number of the table that its coefficients were divided by.
    pub table: usize,
}

impl FrameHeader {
    /// Reads the header of a file whose scans bring whole coefficients.
    ///
    /// # Errors
    /// The header is damaged, or of a kind that is not read.
    pub fn sequential(contents: &[u8]) -> Result<FrameHeader> {
        let &[precision, h1, h0, w1, w0, count, ref rest @ ..] = contents else {
            return Err(damaged("its header"));
        };
        if rest.len() < 3 * usize::from(count) {
            return Err(damaged("its header"));
        }
        match (precision, count) {
            (8, 1 | 3) => {}
            (8, 4) => return Err(Failure::wrong_input("is a CMYK picture: convert it to RGB first")),
            (8, _) => return Err(not_read(&format!("{count} channels"))),
            _ => return Err(not_read(&format!("{precision} bits a sample"))),
        }
        let (width, height) = (usize::from(u16::from_be_bytes([w1, w0])), usize::from(u16::from_be_bytes([h1, h0])));
        if height == 0 {
            return Err(not_read("a height that is stated after the picture"));
        }
        let components: Vec<_> = rest.as_chunks::<3>().0.iter().take(usize::from(count)).map(Component::new).collect();
        let most = [0, 1].map(|axis| components.iter().map(|part| part.factors[axis]).max().unwrap_or(0));
        Ok(FrameHeader { is_progressive: false, width, height, components, most })
    }

    /// Reads the header of a file whose scans bring coefficients bit by bit.
    ///
    /// # Errors
    /// The same as those of [`FrameHeader::sequential`].
    pub fn progressive(contents: &[u8]) -> Result<FrameHeader> {
        Ok(FrameHeader { is_progressive: true, ..FrameHeader::sequential(contents)? })
    }

    /// Refuses a picture that is too large, or larger than a file of so many bytes can hold.
    ///
    /// # Errors
    /// The picture is too large, or the file is cut off.
    pub fn check_size(&self, limits: &Limits, file_bytes: usize) -> Result<()> {
        limits.check(self.width as u64, self.height as u64)?;
        if (self.width * self.height) as u64 > MOST_PIXELS_PER_BYTE * file_bytes as u64 {
            return Err(cut_off());
        }
        Ok(())
    }

    /// Refuses sampling factors that are damaged or not read.
    ///
    /// # Errors
    /// A factor is damaged or not read.
    pub fn check_factors(&self) -> Result<()> {
        let axes = |part: &Component| [(self.most[0], part.factors[0]), (self.most[1], part.factors[1])];
        for (most, factor) in self.components.iter().flat_map(axes) {
            if !(1..=4).contains(&factor) {
                return Err(damaged("its header"));
            }
            if most % factor != 0 {
                return Err(not_read(&format!("colours subsampled by {factor} to {most}")));
            }
        }
        Ok(())
    }

    /// The width and height of a component, in samples.
    pub fn samples(&self, component: &Component) -> [usize; 2] {
        let side = |whole: usize, axis: usize| (whole * component.factors[axis]).div_ceil(self.most[axis]);
        [side(self.width, 0), side(self.height, 1)]
    }

    /// The width and height of a component, in blocks, as a scan of this component alone has them.
    pub fn blocks(&self, component: &Component) -> [usize; 2] {
        self.samples(component).map(|side| side.div_ceil(SIDE))
    }

    /// The columns and rows of the units that interleaved scans are made of.
    pub fn units(&self) -> [usize; 2] {
        [self.width.div_ceil(SIDE * self.most[0]), self.height.div_ceil(SIDE * self.most[1])]
    }
}

impl Component {
    fn new(&[id, factors, table]: &[u8; 3]) -> Component {
        Component { id, factors: [usize::from(factors >> 4), usize::from(factors & 15)], table: usize::from(table) }
    }
}

/// The samples of a component, in whole units.
#[derive(Debug)]
pub struct Plane {
    /// The width and height in blocks.
    size: [usize; 2],
    pub samples: Vec<u8>,
    /// The coefficients of a progressive file, until all scans are read.
    coefficients: Vec<CoefficientBlock>,
    /// The steps of the quantisation, taken from the tables when the component's first scan begins.
    pub steps: Option<[u16; 64]>,
}

impl Plane {
    pub fn new(frame: &FrameHeader, component: &Component) -> Plane {
        let units = frame.units();
        let size = [units[0] * component.factors[0], units[1] * component.factors[1]];
        let coefficients = if frame.is_progressive { vec![[0; 64]; size[0] * size[1]] } else { Vec::new() };
        Plane { size, samples: vec![GREY; size[0] * size[1] * SIDE * SIDE], coefficients, steps: None }
    }

    /// The number of samples from one row to the next.
    pub fn stride(&self) -> usize {
        self.size[0] * SIDE
    }

    /// The coefficients of one block of a progressive file.
    pub fn block(&mut self, [x, y]: [usize; 2]) -> Option<&mut CoefficientBlock> {
        self.coefficients.get_mut(y * self.size[0] + x)
    }

    /// Turns the coefficients of one block into its samples.
    pub fn put(&mut self, [x, y]: [usize; 2], block: &CoefficientBlock) {
        let Some(steps) = &self.steps else { return };
        let (start, stride) = (y * SIDE * self.stride() + x * SIDE, self.stride());
        for (row, samples) in blocks::samples(block, steps).as_chunks::<SIDE>().0.iter().enumerate() {
            self.samples[start + row * stride..][..SIDE].copy_from_slice(samples);
        }
    }

    /// Turns the coefficients of a progressive file into samples.
    pub fn finish(&mut self) {
        for (index, block) in std::mem::take(&mut self.coefficients).iter().enumerate() {
            self.put([index % self.size[0], index / self.size[0]], block);
        }
    }
}
