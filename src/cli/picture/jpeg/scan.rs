//! One scan of a JPEG: the Huffman-coded coefficients of some of its components (ITU-T T.81, F.2 and G.2).

use super::bits::{BitReader, HuffmanTable};
use super::blocks::{CoefficientBlock, ZIGZAG};
use super::frame::{FrameHeader, Plane};

/// The longest run of zeros that a symbol can state. This symbol states nothing else.
const LONGEST_RUN: usize = 15;

/// A scan's header with the Huffman tables that it names.
#[derive(Debug)]
pub struct Scan<'a> {
    pub components: Vec<ScanComponent<'a>>,
    /// The first and the last of the scan's coefficients, in the order of the file.
    pub band: [usize; 2],
    /// The number of low bits that no earlier scan had (0: there was no earlier scan), and that this one leaves out.
    pub high: u32,
    pub low: u32,
}

/// A component in a scan.
#[derive(Debug)]
pub struct ScanComponent<'a> {
    /// The component's place among those of the frame.
    pub index: usize,
    /// The tables of means and of other coefficients, where the scan has such.
    pub dc: Option<&'a HuffmanTable>,
    pub ac: Option<&'a HuffmanTable>,
}

/// How a component is spread over the units of a scan.
struct ComponentShape {
    /// The blocks of one unit, across and down.
    unit: [usize; 2],
    /// The blocks that are part of the picture, across and down.
    visible: [usize; 2],
}

impl Scan<'_> {
    /// Whether the scan brings the means of blocks, without which nothing of them can be seen.
    fn is_first(&self) -> bool {
        self.band[0] == 0 && self.high == 0
    }

    /// Reads the scan into the planes. Between two restart markers there are `interval` units, or all of them if it is 0.
    pub fn read(&self, frame: &FrameHeader, planes: &mut [Plane], interval: usize, bits: &mut BitReader) {
        let (units, shapes) = self.units(frame);
        let (mut state, mut left, mut restarts) = (ScanState::default(), interval, 0u8);
        let mut was_short = false;
        for unit in 0..units[0] * units[1] {
            if interval > 0 && left == 0 {
                bits.restart(restarts);
                state = ScanState::default();
                restarts = (restarts + 1) & 7;
                left = interval;
            }
            left = left.wrapping_sub(1);
            if !bits.is_short {
                let place = [unit % units[0], unit / units[0]];
                self.read_unit(frame, planes, place, &shapes, &mut state, bits);
                was_short |= bits.is_short;
            }
        }
        bits.damage.short_scans += usize::from(was_short && !self.is_first());
    }

    /// The columns and rows of units, and what each component has of them. A component that is alone has a block a unit.
    fn units(&self, frame: &FrameHeader) -> ([usize; 2], Vec<ComponentShape>) {
        let is_alone = self.components.len() == 1;
        let units = if is_alone { frame.blocks(&frame.components[self.components[0].index]) } else { frame.units() };
        let shapes = self.components.iter().map(|part| {
            let component = &frame.components[part.index];
            let unit = if is_alone { [1, 1] } else { component.factors };
            ComponentShape { unit, visible: frame.blocks(component) }
        });
        (units, shapes.collect())
    }

    fn read_unit(
        &self,
        frame: &FrameHeader,
        planes: &mut [Plane],
        place: [usize; 2],
        shapes: &[ComponentShape],
        state: &mut ScanState,
        bits: &mut BitReader,
    ) {
        for (slot, (part, ComponentShape { unit, visible })) in self.components.iter().zip(shapes).enumerate() {
            for i in 0..unit[0] * unit[1] {
                let at = [place[0] * unit[0] + i % unit[0], place[1] * unit[1] + i / unit[0]];
                let plane = &mut planes[part.index];
                if frame.is_progressive {
                    self.add(part, plane, at, state.component(slot), bits);
                } else {
                    plane.put(at, &sequential(part, &mut state.means[slot], bits));
                }
                let is_visible = at[0] < visible[0] && at[1] < visible[1];
                bits.damage.found_blocks += usize::from(self.is_first() && is_visible && !bits.is_short);
            }
        }
    }

    /// Adds what a progressive scan brings to a block.
    fn add(
        &self,
        part: &ScanComponent,
        plane: &mut Plane,
        at: [usize; 2],
        state: (&mut i32, &mut u32),
        bits: &mut BitReader,
    ) {
        let (mean, run) = state;
        let Some(block) = plane.block(at) else { return };
        match (self.band[0], self.high) {
            (0, 0) => {
                *mean = mean.wrapping_add(difference(part.dc, bits));
                block[0] = (*mean << self.low) as i16;
            }
            (0, _) => block[0] |= (bits.number(1) << self.low) as i16,
            (_, high) => {
                let Some(ac) = part.ac else { return };
                if high == 0 { self.first(block, ac, run, bits) } else { self.refine(block, ac, run, bits) }
            }
        }
    }

    /// Reads the high bits of the coefficients of a band.
    fn first(&self, block: &mut CoefficientBlock, ac: &HuffmanTable, run: &mut u32, bits: &mut BitReader) {
        if *run > 0 {
            *run -= 1;
            return;
        }
        let mut k = self.band[0];
        while k <= self.band[1] {
            let symbol = bits.symbol(ac);
            let (zeros, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
            if size > 0 {
                k += zeros;
                put(block, k, bits.signed(size) << self.low);
            } else if zeros == LONGEST_RUN {
                k += zeros;
            } else {
                *run = blocks_without(zeros as u32, bits) - 1;
                return;
            }
            k += 1;
        }
    }

    /// Reads one more bit of the coefficients of a band.
    fn refine(&self, block: &mut CoefficientBlock, ac: &HuffmanTable, run: &mut u32, bits: &mut BitReader) {
        let start = if *run == 0 { self.refine_and_add(block, ac, run, bits) } else { self.band[0] };
        if *run > 0 {
            self.refine_known(block, start, usize::MAX, bits);
            *run -= 1;
        }
    }

    /// Refines the coefficients of a band, and adds those that were 0 so far, until the band or what the block has of it
    /// ends. Returns where that is.
    fn refine_and_add(
        &self,
        block: &mut CoefficientBlock,
        ac: &HuffmanTable,
        run: &mut u32,
        bits: &mut BitReader,
    ) -> usize {
        let mut k = self.band[0];
        while k <= self.band[1] {
            let symbol = bits.symbol(ac);
            let (zeros, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
            bits.damage.bad_codes += usize::from(size > 1);
            let new = match size {
                0 if zeros < LONGEST_RUN => {
                    *run = blocks_without(zeros as u32, bits);
                    return k;
                }
                0 => 0,
                _ => (2 * bits.number(1) - 1) << self.low,
            };
            k = self.refine_known(block, k, zeros, bits);
            if new != 0 {
                put(block, k, new);
            }
            k += 1;
        }
        k
    }

    /// Refines coefficients that are not 0 until so many zeros have been passed. Returns where the next zero stands.
    fn refine_known(&self, block: &mut CoefficientBlock, from: usize, mut zeros: usize, bits: &mut BitReader) -> usize {
        let bit = 1 << self.low;
        for k in from..=self.band[1] {
            let coefficient = &mut block[usize::from(ZIGZAG[k])];
            if *coefficient == 0 {
                if zeros == 0 {
                    return k;
                }
                zeros -= 1;
            } else if bits.number(1) == 1 && *coefficient & bit == 0 {
                *coefficient = coefficient.wrapping_add(if *coefficient > 0 { bit } else { -bit });
            }
        }
        self.band[1] + 1
    }
}

/// What is carried from block to block until the next restart marker.
#[derive(Default)]
struct ScanState {
    /// The mean of the last block of each component.
    means: [i32; 4],
    /// The number of blocks to come that have nothing in the scan's band.
    run: u32,
}

impl ScanState {
    /// The mean and the run of a component.
    fn component(&mut self, slot: usize) -> (&mut i32, &mut u32) {
        (&mut self.means[slot], &mut self.run)
    }
}

/// Reads all coefficients of a block of a sequential file.
fn sequential(part: &ScanComponent, mean: &mut i32, bits: &mut BitReader) -> CoefficientBlock {
    let mut block = [0; 64];
    *mean = mean.wrapping_add(difference(part.dc, bits));
    block[0] = *mean as i16;
    let Some(ac) = part.ac else { return block };
    let mut k = 1;
    while k < 64 {
        let symbol = bits.symbol(ac);
        let (zeros, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
        if size == 0 && zeros < LONGEST_RUN {
            break;
        }
        k += zeros;
        if size > 0 {
            put(&mut block, k, bits.signed(size));
        }
        k += 1;
    }
    block
}

/// Reads by how much a mean differs from the one before.
fn difference(dc: Option<&HuffmanTable>, bits: &mut BitReader) -> i32 {
    let Some(dc) = dc else { return 0 };
    let size = bits.symbol(dc);
    bits.signed(u32::from(size))
}

/// Sets the coefficient at a place in the order of the file. Damaged data may name a place beyond the block.
fn put(block: &mut CoefficientBlock, k: usize, value: i32) {
    block[usize::from(ZIGZAG[k.min(63)])] = value as i16;
}

/// How many blocks, from this one on, have nothing (more) in the scan's band.
fn blocks_without(size: u32, bits: &mut BitReader) -> u32 {
    (1 << size) + bits.number(size) as u32
}
