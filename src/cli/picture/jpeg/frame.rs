//! A JPEG's frame: what its header says of size and components, and the planes of samples that its scans fill.

use super::blocks::{self, CoefficientBlock};

/// Samples of a block's side.
pub const SIDE: usize = 8;
/// What a sample is where a file has no data for it.
const GREY: u8 = 128;

/// Said once, before the scans.
#[derive(Debug, Clone)]
pub struct FrameHeader {
    pub is_progressive: bool,
    pub width: usize,
    pub height: usize,
    pub components: Vec<Component>,
    /// The largest of the components' sampling factors.
    pub most: [usize; 2],
}

/// One of brightness and colour differences, or of red, green and blue.
#[derive(Debug, Clone)]
pub struct Component {
    pub id: u8,
    /// How often it is sampled, across and down, against the others.
    pub factors: [usize; 2],
    /// Which table its coefficients were divided by.
    pub table: usize,
}

impl FrameHeader {
    /// Width and height of a component in samples.
    pub fn samples(&self, component: &Component) -> [usize; 2] {
        let side = |whole: usize, axis: usize| (whole * component.factors[axis]).div_ceil(self.most[axis]);
        [side(self.width, 0), side(self.height, 1)]
    }

    /// The same in blocks, as a scan of this component alone has them.
    pub fn blocks(&self, component: &Component) -> [usize; 2] {
        self.samples(component).map(|side| side.div_ceil(SIDE))
    }

    /// Columns and rows of the units that interleaved scans are made of.
    pub fn units(&self) -> [usize; 2] {
        [self.width.div_ceil(SIDE * self.most[0]), self.height.div_ceil(SIDE * self.most[1])]
    }
}

/// The samples of a component, in whole units.
#[derive(Debug)]
pub struct Plane {
    /// In blocks.
    size: [usize; 2],
    pub samples: Vec<u8>,
    /// Of a progressive file, until all scans are read.
    coefficients: Vec<CoefficientBlock>,
    /// Taken from the tables when the component's first scan begins.
    pub steps: Option<[u16; 64]>,
}

impl Plane {
    pub fn new(frame: &FrameHeader, component: &Component) -> Plane {
        let units = frame.units();
        let size = [units[0] * component.factors[0], units[1] * component.factors[1]];
        let coefficients = if frame.is_progressive { vec![[0; 64]; size[0] * size[1]] } else { Vec::new() };
        Plane { size, samples: vec![GREY; size[0] * size[1] * SIDE * SIDE], coefficients, steps: None }
    }

    /// Samples from one row to the next.
    pub fn stride(&self) -> usize {
        self.size[0] * SIDE
    }

    /// The coefficients of a block of a progressive file.
    pub fn block(&mut self, [x, y]: [usize; 2]) -> Option<&mut CoefficientBlock> {
        self.coefficients.get_mut(y * self.size[0] + x)
    }

    /// Fills a block of a sequential file.
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
