//! The tables of a JPEG: Huffman codes, and the steps of its quantisation.

use super::bits::HuffmanTable;
use super::blocks::ZIGZAG;
use super::default_tables;

/// The tables that a file has defined so far.
#[derive(Debug)]
pub struct Tables {
    huffman: [[Option<HuffmanTable>; 4]; 2],
    steps: [Option<[u16; 64]>; 4],
    /// The number of units between two restart markers; 0 if there are none.
    pub restart_interval: usize,
}

impl Tables {
    /// The tables that hold before a file has defined any.
    pub fn initial() -> Tables {
        Tables { huffman: default_tables::huffman(), steps: [None; 4], restart_interval: 0 }
    }

    /// Takes the tables of a segment of Huffman tables; `None` if it is damaged.
    pub fn add_huffman(&mut self, mut contents: &[u8]) -> Option<()> {
        while let Some((&place, rest)) = contents.split_first() {
            let (counts, rest) = rest.split_first_chunk::<16>()?;
            let (symbols, rest) = rest.split_at_checked(counts.iter().map(|&count| usize::from(count)).sum())?;
            let codes = HuffmanTable::new(counts, symbols)?;
            let class = usize::from(place >> 4);
            if class == DC && !codes.is_for_dc() {
                return None;
            }
            *self.huffman.get_mut(class)?.get_mut(usize::from(place & 15))? = Some(codes);
            contents = rest;
        }
        Some(())
    }

    /// Takes the tables of a segment of quantisation tables; `None` if it is damaged.
    pub fn add_steps(&mut self, mut contents: &[u8]) -> Option<()> {
        while let Some((&place, mut rest)) = contents.split_first() {
            let mut steps = [0; 64];
            for at in ZIGZAG {
                let step;
                (step, rest) = if place >> 4 == 0 {
                    let (&step, rest) = rest.split_first()?;
                    (u16::from(step), rest)
                } else {
                    let (step, rest) = rest.split_first_chunk()?;
                    (u16::from_be_bytes(*step), rest)
                };
                steps[usize::from(at)] = step;
            }
            *self.steps.get_mut(usize::from(place & 15))? = Some(steps);
            contents = rest;
        }
        Some(())
    }

    /// The steps of a quantisation table.
    pub fn steps(&self, place: usize) -> Option<[u16; 64]> {
        self.steps.get(place).copied().flatten()
    }

    /// A table for the differences of means.
    pub fn dc(&self, place: usize) -> Option<&HuffmanTable> {
        self.huffman[DC].get(place)?.as_ref()
    }

    /// A table for the other coefficients.
    pub fn ac(&self, place: usize) -> Option<&HuffmanTable> {
        self.huffman[AC].get(place)?.as_ref()
    }
}

const DC: usize = 0;
const AC: usize = 1;
