//! A JPEG file as a sequence of segments: tables, one frame header, and scans with the data behind them.

use super::bits::{BitReader, END_OF_IMAGE};
use super::colour::{self, ColourSpace};
use super::damage::Damage;
use super::failures::{cut_off, damaged, not_read};
use super::frame::{FrameHeader, Plane};
use super::scan::{Scan, ScanComponent};
use super::scan_header::ScanHeader;
use super::segments::Segments;
use super::tables::Tables;
use crate::failure::{Failure, Result};
use crate::picture::limits::Limits;
use crate::picture::raster::Raster;
use dipkit::pixels::{Layout, Sample, Size};

/// The most scans that are read. No writer makes so many, and each may cost as much as the whole picture.
const MOST_SCANS: usize = 200;

/// The markers of frame headers that are read (ITU-T T.81, table B.1).
const SEQUENTIAL: u8 = 0xc0;
const EXTENDED: u8 = 0xc1;
const PROGRESSIVE: u8 = 0xc2;
/// The markers of other segments.
const HUFFMAN_TABLES: u8 = 0xc4;
const SCAN: u8 = 0xda;
const QUANTISATION_TABLES: u8 = 0xdb;
const RESTART_INTERVAL: u8 = 0xdd;

/// A file as far as it has been read.
pub struct JpegDecoder<'a> {
    bytes: &'a [u8],
    limits: &'a Limits,
    tables: Tables,
    frame: Option<FrameHeader>,
    planes: Vec<Plane>,
    pub segments: Segments,
    scans: usize,
}

impl<'a> JpegDecoder<'a> {
    pub fn new(bytes: &'a [u8], limits: &'a Limits) -> Self {
        JpegDecoder {
            bytes,
            limits,
            tables: Tables::initial(),
            frame: None,
            planes: Vec::new(),
            segments: Segments::default(),
            scans: 0,
        }
    }

    /// Reads the file, as far as anything of the picture is left.
    ///
    /// # Errors
    /// Nothing is left, or the file is of a kind that is not read.
    pub fn read_whole(&mut self) -> Result<(FrameHeader, Damage)> {
        let mut damage = Damage::default();
        self.read_segments(&mut damage)?;
        let (Some(frame), true) = (self.frame.take(), damage.found_blocks > 0) else {
            return Err(Failure::wrong_input("is damaged: nothing of the picture is left; get a whole copy of it"));
        };
        let is_whole = damage.lost_share() == 0.0 && damage.short_scans == 0 && !frame.is_progressive;
        if damage.is_cut_off && !is_whole {
            return Err(cut_off());
        }
        self.planes.iter_mut().for_each(Plane::finish);
        Ok((frame, damage))
    }

    /// The picture, once all is read.
    pub fn raster(&self, frame: &FrameHeader, space: ColourSpace) -> Raster {
        let layout = Layout::packed(Size::new(frame.width, frame.height), frame.components.len(), Sample::U8);
        Raster { layout, bytes: colour::pixels(frame, &self.planes, space) }
    }

    /// Reads all segments. One that cannot be understood ends the file; it is an error if there is no picture yet.
    fn read_segments(&mut self, damage: &mut Damage) -> Result<()> {
        // The first segment follows the start mark.
        let mut at = 2;
        loop {
            let mut bits = BitReader::new(self.bytes, at, damage);
            let marker = bits.next_marker();
            at = bits.at;
            if marker == END_OF_IMAGE {
                return if damage.is_cut_off && self.scans == 0 { Err(cut_off()) } else { Ok(()) };
            }
            match self.read_segment(marker, at, damage) {
                Ok(end) => at = end,
                Err(failure) if self.scans == 0 => return Err(failure),
                Err(_) => {
                    damage.is_broken_off = true;
                    return Ok(());
                }
            }
        }
    }

    /// Reads a segment, and the data behind it if it is a scan. Returns where the next marker is to be looked for.
    fn read_segment(&mut self, marker: u8, at: usize, damage: &mut Damage) -> Result<usize> {
        // Restart markers, which do not belong here, and the marker for programs' own use.
        if matches!(marker, 0x01 | 0xd0..=0xd7) {
            return Ok(at);
        }
        let length = self.bytes.get(at..at + 2).map(|b| usize::from(u16::from_be_bytes([b[0], b[1]])));
        let length = length.ok_or_else(cut_off)?;
        let contents = (length >= 2).then(|| self.bytes.get(at + 2..at + length)).flatten().ok_or_else(cut_off)?;
        let end = at + length;
        match marker {
            HUFFMAN_TABLES => self.tables.add_huffman(contents).ok_or_else(|| damaged("a Huffman table"))?,
            QUANTISATION_TABLES => self.tables.add_steps(contents).ok_or_else(|| damaged("a quantisation table"))?,
            RESTART_INTERVAL => {
                let interval = contents.first_chunk().ok_or_else(|| damaged("a restart interval"))?;
                self.tables.restart_interval = usize::from(u16::from_be_bytes(*interval));
            }
            SEQUENTIAL | EXTENDED => self.start(FrameHeader::sequential, contents, damage)?,
            PROGRESSIVE => self.start(FrameHeader::progressive, contents, damage)?,
            0xc3 | 0xc5..=0xc7 | 0xc9..=0xcf => return Err(not_read("lossless or arithmetic coding")),
            SCAN => return self.read_scan(contents, end, damage),
            _ => self.segments.add(marker, contents),
        }
        Ok(end)
    }

    /// Takes the file's frame header.
    fn start(&mut self, parse: fn(&[u8]) -> Result<FrameHeader>, contents: &[u8], damage: &mut Damage) -> Result<()> {
        if self.frame.is_some() {
            return Err(damaged("its header"));
        }
        let frame = parse(contents)?;
        frame.check_size(self.limits, self.bytes.len())?;
        frame.check_factors()?;
        damage.blocks = frame.components.iter().map(|part| frame.blocks(part).iter().product::<usize>()).sum();
        self.planes = frame.components.iter().map(|part| Plane::new(&frame, part)).collect();
        self.frame = Some(frame);
        Ok(())
    }

    /// Reads a scan: its header, and the data that start at `start`. Returns where the data end.
    fn read_scan(&mut self, contents: &[u8], start: usize, damage: &mut Damage) -> Result<usize> {
        let frame = self.frame.as_ref().ok_or_else(|| damaged("a scan's header"))?;
        let header = ScanHeader::parse(contents, frame).ok_or_else(|| damaged("a scan's header"))?;
        self.scans += 1;
        if self.scans > MOST_SCANS {
            return Err(Failure::wrong_input(format!(
                "has more than {MOST_SCANS} scans, as no program writes: save it again"
            )));
        }
        for part in &header.components {
            let plane = &mut self.planes[part.index];
            if plane.steps.is_none() {
                let steps = self.tables.steps(frame.components[part.index].table);
                plane.steps = Some(steps.ok_or_else(|| damaged("a quantisation table is missing"))?);
            }
        }
        let scan = scan(&header, &self.tables).ok_or_else(|| damaged("a Huffman table is missing"))?;
        let mut data = BitReader::new(self.bytes, start, damage);
        scan.read(frame, &mut self.planes, self.tables.restart_interval, &mut data);
        Ok(data.end_of_scan())
    }
}

/// A scan with the Huffman tables that it names; `None` if one that it needs is missing.
fn scan<'a>(header: &ScanHeader, tables: &'a Tables) -> Option<Scan<'a>> {
    let (needs_dc, needs_ac) = (header.band[0] == 0 && header.high == 0, header.band[1] > 0);
    let components = header.components.iter().map(|part| {
        let (dc, ac) = (tables.dc(part.dc), tables.ac(part.ac));
        let is_complete = (dc.is_some() || !needs_dc) && (ac.is_some() || !needs_ac);
        is_complete.then_some(ScanComponent { index: part.index, dc, ac })
    });
    let components = components.collect::<Option<Vec<_>>>()?;
    Some(Scan { components, band: header.band, high: header.high, low: header.low })
}
