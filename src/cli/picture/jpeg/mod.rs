//! JPEG in: sequential and progressive, in 8 bits, with all subsamplings and orders of scans. Damage neither ends the
//! picture nor passes in silence: reading goes on where libjpeg's would, and what was lost is counted.

mod bits;
mod blocks;
mod colour;
mod damage;
mod frame;
mod scan;
pub mod segments;
mod tables;
mod usual;

use crate::failure::{Failure, Result};
use crate::picture::decoded::Decoded;
use crate::picture::format::Format;
use crate::picture::limits::Limits;
use crate::picture::metadata::Metadata;
use crate::picture::raster::Raster;
use bits::{BitReader, END_OF_IMAGE};
pub use colour::ColourSpace;
use damage::Damage;
use dipkit::pixels::{Layout, Sample, Size};
use frame::{Component, FrameHeader, Plane};
use scan::{Scan, ScanComponent};
use segments::Segments;
use tables::Tables;

/// Of a whole file, a bit each at least for brightness in 64 pixels.
pub const MOST_PIXELS_PER_BYTE: u64 = 8 * 64;
/// More than any writer makes; each may cost as much as the whole picture.
const MOST_SCANS: usize = 200;

/// Decodes a file.
///
/// # Errors
/// A kind that is not read, a file that is cut off, or one of which nothing can be seen.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Decoded> {
    let mut file = JpegDecoder::new(bytes, limits);
    let (frame, damage) = file.read_whole()?;
    let raster = file.raster(&frame, file.segments.space(&frame.components));
    let segments = &mut file.segments;
    let mut metadata = Metadata::new(Format::Jpeg, bytes, segments.icc(), segments.exif.take());
    metadata.xmp = segments.xmp.take();
    Ok(Decoded {
        is_lossy: true,
        damage: damage.sentence(),
        warnings: segments.warnings(),
        ..Decoded::sound(raster, Format::Jpeg, metadata)
    })
}

/// Decodes a strip or tile of a TIFF, which says what its components are.
///
/// # Errors
/// As [`read`], and every damage.
pub fn read_part(bytes: &[u8], space: ColourSpace, limits: &Limits) -> Result<Raster> {
    let mut file = JpegDecoder::new(bytes, limits);
    let (frame, damage) = file.read_whole()?;
    if damage.sentence().is_some() {
        return Err(Failure::wrong_input("is damaged: parts of it cannot be read; get a whole copy of it"));
    }
    Ok(file.raster(&frame, space))
}

fn cut_off() -> Failure {
    Failure::wrong_input("is damaged: it is cut off in the middle; get a whole copy of it")
}

fn damaged(what: &str) -> Failure {
    Failure::wrong_input(format!("is damaged ({what}): get a whole copy of it"))
}

/// Kinds of frame (ITU-T T.81, table B.1).
const SEQUENTIAL: u8 = 0xc0;
const EXTENDED: u8 = 0xc1;
const PROGRESSIVE: u8 = 0xc2;
/// Other segments.
const HUFFMAN_TABLES: u8 = 0xc4;
const STEPS: u8 = 0xdb;
const RESTART_INTERVAL: u8 = 0xdd;
const SCAN: u8 = 0xda;

/// A file as far as it is read.
struct JpegDecoder<'a> {
    bytes: &'a [u8],
    limits: &'a Limits,
    tables: Tables,
    frame: Option<FrameHeader>,
    planes: Vec<Plane>,
    segments: Segments,
    scans: usize,
}

impl<'a> JpegDecoder<'a> {
    fn new(bytes: &'a [u8], limits: &'a Limits) -> Self {
        JpegDecoder {
            bytes,
            limits,
            tables: Tables::usual(),
            frame: None,
            planes: Vec::new(),
            segments: Segments::default(),
            scans: 0,
        }
    }

    /// Reads the file, as far as anything of the picture is left.
    fn read_whole(&mut self) -> Result<(FrameHeader, Damage)> {
        let mut damage = Damage::default();
        self.read(&mut damage)?;
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

    fn raster(&self, frame: &FrameHeader, space: ColourSpace) -> Raster {
        let layout = Layout::packed(Size::new(frame.width, frame.height), frame.components.len(), Sample::U8);
        Raster { layout, bytes: colour::pixels(frame, &self.planes, space) }
    }

    /// Reads all segments. What cannot be understood ends it, with an error if there is no picture yet.
    fn read(&mut self, damage: &mut Damage) -> Result<()> {
        // Behind the start mark.
        let mut at = 2;
        loop {
            let mut bits = BitReader::new(self.bytes, at, damage);
            let marker = bits.next_marker();
            at = bits.at;
            if marker == END_OF_IMAGE {
                return if damage.is_cut_off && self.scans == 0 { Err(cut_off()) } else { Ok(()) };
            }
            match self.segment(marker, at, damage) {
                Ok(end) => at = end,
                Err(failure) if self.scans == 0 => return Err(failure),
                Err(_) => {
                    damage.is_broken_off = true;
                    return Ok(());
                }
            }
        }
    }

    /// Reads a segment, and the data behind it if it is a scan; where the next marker is to be looked for.
    fn segment(&mut self, marker: u8, at: usize, damage: &mut Damage) -> Result<usize> {
        // Restart marks, which do not belong here, and the mark for programs' own use.
        if matches!(marker, 0x01 | 0xd0..=0xd7) {
            return Ok(at);
        }
        let length = self.bytes.get(at..at + 2).map(|b| usize::from(u16::from_be_bytes([b[0], b[1]])));
        let length = length.ok_or_else(cut_off)?;
        let contents = (length >= 2).then(|| self.bytes.get(at + 2..at + length)).flatten().ok_or_else(cut_off)?;
        let end = at + length;
        match marker {
            HUFFMAN_TABLES => self.tables.add_codes(contents).ok_or_else(|| damaged("a Huffman table"))?,
            STEPS => self.tables.add_steps(contents).ok_or_else(|| damaged("a quantisation table"))?,
            RESTART_INTERVAL => {
                let interval = contents.first_chunk().ok_or_else(|| damaged("a restart interval"))?;
                self.tables.restart_interval = usize::from(u16::from_be_bytes(*interval));
            }
            SEQUENTIAL | EXTENDED | PROGRESSIVE => self.start(marker, contents, damage)?,
            0xc3 | 0xc5..=0xc7 | 0xc9..=0xcf => return Err(not_read("lossless or arithmetic coding")),
            SCAN => return self.scan(contents, end, damage),
            _ => self.segments.add(marker, contents),
        }
        Ok(end)
    }

    /// The frame's header.
    fn start(&mut self, marker: u8, contents: &[u8], damage: &mut Damage) -> Result<()> {
        let &[precision, h1, h0, w1, w0, count, ref rest @ ..] = contents else {
            return Err(damaged("its header"));
        };
        let (width, height) = (usize::from(u16::from_be_bytes([w1, w0])), usize::from(u16::from_be_bytes([h1, h0])));
        if self.frame.is_some() || rest.len() < 3 * usize::from(count) {
            return Err(damaged("its header"));
        }
        match (precision, count) {
            (8, 1 | 3) => {}
            (8, 4) => return Err(Failure::wrong_input("is a CMYK picture: convert it to RGB first")),
            (8, _) => return Err(not_read(&format!("{count} channels"))),
            _ => return Err(not_read(&format!("{precision} bits a sample"))),
        }
        if height == 0 {
            return Err(not_read("a height that is said behind the picture"));
        }
        self.limits.check(width as u64, height as u64)?;
        if (width * height) as u64 > MOST_PIXELS_PER_BYTE * self.bytes.len() as u64 {
            return Err(cut_off());
        }
        let components: Vec<_> = rest.as_chunks::<3>().0.iter().take(usize::from(count)).map(component).collect();
        let most = [0, 1].map(|axis| components.iter().map(|part| part.factors[axis]).max().unwrap_or(0));
        let factors = components.iter().flat_map(|part| [(most[0], part.factors[0]), (most[1], part.factors[1])]);
        for (most, factor) in factors {
            if !(1..=4).contains(&factor) {
                return Err(damaged("its header"));
            }
            if most % factor != 0 {
                return Err(not_read(&format!("colours subsampled by {factor} to {most}")));
            }
        }
        let frame = FrameHeader { is_progressive: marker == PROGRESSIVE, width, height, components, most };
        damage.blocks = frame.components.iter().map(|part| frame.blocks(part).iter().product::<usize>()).sum();
        self.planes = frame.components.iter().map(|part| Plane::new(&frame, part)).collect();
        self.frame = Some(frame);
        Ok(())
    }

    /// A scan's header and its data.
    fn scan(&mut self, contents: &[u8], start: usize, damage: &mut Damage) -> Result<usize> {
        let broken = || damaged("a scan's header");
        let frame = self.frame.as_ref().ok_or_else(broken)?;
        let (&count, rest) = contents.split_first().ok_or_else(broken)?;
        let count = usize::from(count);
        let (parts, &[first, last, bits, ..]) = rest.split_at_checked(2 * count).ok_or_else(broken)? else {
            return Err(broken());
        };
        let find = |&[id, tables]: &[u8; 2]| {
            let index = frame.components.iter().position(|part| part.id == id)?;
            Some((index, usize::from(tables >> 4), usize::from(tables & 15)))
        };
        let parts = parts.as_chunks().0.iter().map(find).collect::<Option<Vec<_>>>().ok_or_else(broken)?;
        let (band, high, low) = if frame.is_progressive {
            ([usize::from(first), usize::from(last)], u32::from(bits >> 4), u32::from(bits & 15))
        } else {
            ([0, 63], 0, 0)
        };
        let is_mean = band[0] == 0;
        let is_sound = band[0] <= band[1] && band[1] < 64 && low < 14 && high < 14;
        // Of a progressive file the means come alone, and bands of one component each.
        let is_separate = !frame.is_progressive || if is_mean { band[1] == 0 } else { count == 1 };
        if !(1..=frame.components.len()).contains(&count) || !is_sound || !is_separate {
            return Err(broken());
        }
        self.scans += 1;
        if self.scans > MOST_SCANS {
            return Err(Failure::wrong_input(format!(
                "has more than {MOST_SCANS} scans, as no program writes: save it again"
            )));
        }
        for &(index, ..) in &parts {
            let plane = &mut self.planes[index];
            if plane.steps.is_none() {
                let steps = self.tables.steps(frame.components[index].table);
                plane.steps = Some(steps.ok_or_else(|| damaged("a quantisation table is missing"))?);
            }
        }
        let missing = || damaged("a Huffman table is missing");
        let (needs_dc, needs_ac) = (is_mean && high == 0, band[1] > 0);
        let part = |&(index, dc, ac): &(usize, usize, usize)| {
            let (dc, ac) = (self.tables.dc(dc), self.tables.ac(ac));
            let is_complete = (dc.is_some() || !needs_dc) && (ac.is_some() || !needs_ac);
            is_complete.then_some(ScanComponent { index, dc, ac })
        };
        let parts = parts.iter().map(part).collect::<Option<Vec<_>>>().ok_or_else(missing)?;
        let mut data = BitReader::new(self.bytes, start, damage);
        Scan { parts, band, high, low }.read(frame, &mut self.planes, self.tables.restart_interval, &mut data);
        Ok(data.end_of_scan())
    }
}

fn component(&[id, factors, table]: &[u8; 3]) -> Component {
    Component { id, factors: [usize::from(factors >> 4), usize::from(factors & 15)], table: usize::from(table) }
}

fn not_read(what: &str) -> Failure {
    Failure::wrong_input(format!("is a JPEG with {what}, which is not read: save it as PNG first"))
}
