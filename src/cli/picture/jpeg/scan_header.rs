//! The header of a scan: which components it has, and which bits of which coefficients (ITU-T T.81, B.2.3).

use super::frame::FrameHeader;

/// What a scan's header says.
#[derive(Debug)]
pub struct ScanHeader {
    pub components: Vec<ComponentTables>,
    /// The first and the last of the scan's coefficients, in the order of the file.
    pub band: [usize; 2],
    /// The number of low bits that no earlier scan had (0: there was no earlier scan), and that this one leaves out.
    pub high: u32,
    pub low: u32,
}

/// A component of a scan, and the numbers of its Huffman tables.
#[derive(Debug)]
pub struct ComponentTables {
    /// The component's place among those of the frame.
    pub index: usize,
    pub dc: usize,
    pub ac: usize,
}

impl ScanHeader {
    /// Reads a header; `None` if it is damaged.
    pub fn parse(contents: &[u8], frame: &FrameHeader) -> Option<ScanHeader> {
        let (&count, rest) = contents.split_first()?;
        let count = usize::from(count);
        let (parts, &[first, last, bits, ..]) = rest.split_at_checked(2 * count)? else { return None };
        let find = |&[id, tables]: &[u8; 2]| {
            let index = frame.components.iter().position(|part| part.id == id)?;
            Some(ComponentTables { index, dc: usize::from(tables >> 4), ac: usize::from(tables & 15) })
        };
        let components = parts.as_chunks().0.iter().map(find).collect::<Option<Vec<_>>>()?;
        let (band, high, low) = if frame.is_progressive {
            ([usize::from(first), usize::from(last)], u32::from(bits >> 4), u32::from(bits & 15))
        } else {
            ([0, 63], 0, 0)
        };
        let header = ScanHeader { components, band, high, low };
        header.is_sound(frame).then_some(header)
    }

    fn is_sound(&self, frame: &FrameHeader) -> bool {
        let (count, [first, last]) = (self.components.len(), self.band);
        let is_possible = first <= last && last < 64 && self.low < 14 && self.high < 14;
        // In a progressive file the means come alone, and bands of one component each.
        let is_separate = !frame.is_progressive || if first == 0 { last == 0 } else { count == 1 };
        (1..=frame.components.len()).contains(&count) && is_possible && is_separate
    }
}
