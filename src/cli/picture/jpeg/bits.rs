//! The bits of a JPEG's entropy-coded data, and the Huffman codes in them (ITU-T T.81, F.2.2). Where data are
//! missing or wrong, reading goes on as libjpeg's does, so that what comes after the damage is found again.

use super::damage::Damage;

/// Codes of up to this many bits are looked up; longer ones are searched for.
const LOOKUP_BITS: u32 = 9;
const LONGEST_CODE: usize = 16;
/// As many bits as are needed for a code, even one that is in no table, or for a number.
const ENOUGH_BITS: u32 = 17;

/// A table of Huffman codes.
#[derive(Debug, Clone)]
pub struct HuffmanTable {
    /// The length and the symbol of the code that the next [`LOOKUP_BITS`] bits begin with; length 0 for a longer code.
    lookup: Vec<(u8, u8)>,
    /// The largest code of each length, -1 where there is none.
    largest: [i32; LONGEST_CODE + 1],
    /// What has to be added to a code of each length to find the place of its symbol.
    offset: [i32; LONGEST_CODE + 1],
    symbols: Vec<u8>,
}

impl HuffmanTable {
    /// A table from the number of codes of each length, and the symbols in the order of their codes. `None` if there are
    /// more codes than fit.
    pub fn new(counts: &[u8; LONGEST_CODE], symbols: &[u8]) -> Option<HuffmanTable> {
        let mut codes = HuffmanTable {
            lookup: vec![(0, 0); 1 << LOOKUP_BITS],
            largest: [-1; LONGEST_CODE + 1],
            offset: [0; LONGEST_CODE + 1],
            symbols: symbols.to_vec(),
        };
        let (mut code, mut index) = (0i32, 0usize);
        for length in 1..=LONGEST_CODE {
            codes.offset[length] = index as i32 - code;
            for _ in 0..counts[length - 1] {
                if code >= 1 << length {
                    return None;
                }
                codes.enter(length as u32, code as usize, *symbols.get(index)?);
                code += 1;
                index += 1;
            }
            if counts[length - 1] > 0 {
                codes.largest[length] = code - 1;
            }
            code <<= 1;
        }
        Some(codes)
    }

    fn enter(&mut self, length: u32, code: usize, symbol: u8) {
        if length <= LOOKUP_BITS {
            let free = LOOKUP_BITS - length;
            self.lookup[code << free..(code + 1) << free].fill((length as u8, symbol));
        }
    }

    /// Whether each symbol is a number of bits that a DC difference may have.
    pub fn is_for_dc(&self) -> bool {
        self.symbols.iter().all(|&symbol| symbol <= 15)
    }
}

/// Reads the bits of entropy-coded data, from a place in the file on.
#[derive(Debug)]
pub struct BitReader<'a> {
    bytes: &'a [u8],
    /// The place of the next byte.
    pub at: usize,
    /// The bits that were read and not yet asked for, from the highest on, with zeros below.
    buffer: u64,
    held: u32,
    /// The marker that ended the data.
    pub marker: Option<u8>,
    /// Whether more bits were asked for than there are before the marker: they are zeros.
    pub is_short: bool,
    pub damage: &'a mut Damage,
}

impl<'a> BitReader<'a> {
    pub fn new(bytes: &'a [u8], at: usize, damage: &'a mut Damage) -> Self {
        BitReader { bytes, at, buffer: 0, held: 0, marker: None, is_short: false, damage }
    }

    /// The symbol of the next code; 0 where there is no such code.
    #[inline]
    pub fn symbol(&mut self, codes: &HuffmanTable) -> u8 {
        self.fill();
        let (length, symbol) = codes.lookup[(self.buffer >> (64 - LOOKUP_BITS)) as usize];
        if length > 0 {
            self.skip(u32::from(length));
            return symbol;
        }
        for length in LOOKUP_BITS as usize + 1..=LONGEST_CODE {
            let code = (self.buffer >> (64 - length)) as i32;
            if code <= codes.largest[length] {
                self.skip(length as u32);
                return codes.symbols.get((code + codes.offset[length]) as usize).copied().unwrap_or(0);
            }
        }
        self.skip(LONGEST_CODE as u32 + 1);
        self.damage.bad_codes += 1;
        0
    }

    /// The next `count` bits, 16 at most, as a number.
    #[inline]
    pub fn number(&mut self, count: u32) -> i32 {
        if count == 0 {
            return 0;
        }
        self.fill();
        let number = (self.buffer >> (64 - count)) as i32;
        self.skip(count);
        number
    }

    /// The next `count` bits as a signed number, which is negative if the first bit is 0 (T.81, F.12).
    #[inline]
    pub fn signed(&mut self, count: u32) -> i32 {
        let number = self.number(count);
        if count > 0 && number < 1 << (count - 1) { number - (1 << count) + 1 } else { number }
    }

    #[inline]
    fn skip(&mut self, count: u32) {
        if self.held < count {
            self.is_short = true;
            // These are as many zeros as a code and its number may need.
            self.held = 32;
        }
        self.buffer <<= count;
        self.held -= count;
    }

    #[inline]
    fn fill(&mut self) {
        if self.held < ENOUGH_BITS {
            self.fill_up();
        }
    }

    fn fill_up(&mut self) {
        while self.held <= 56 && self.marker.is_none() {
            let Some(byte) = self.byte() else { return };
            self.buffer |= u64::from(byte) << (56 - self.held);
            self.held += 8;
        }
    }

    /// The next byte of data, unless a marker or the file's end comes first.
    #[inline]
    fn byte(&mut self) -> Option<u8> {
        let byte = self.bytes.get(self.at).copied();
        match byte {
            Some(0xff) => {}
            Some(byte) => {
                self.at += 1;
                return Some(byte);
            }
            None => {
                self.marker = Some(self.end());
                return None;
            }
        }
        let after = self.bytes[self.at..].iter().position(|&byte| byte != 0xff);
        let code = after.map(|after| self.bytes[self.at + after]);
        self.at = after.map_or(self.bytes.len(), |after| self.at + after + 1);
        if code == Some(0) {
            return Some(0xff);
        }
        self.marker = Some(code.unwrap_or_else(|| self.end()));
        None
    }

    /// Notes that the file lacks its end mark, and returns that mark.
    fn end(&mut self) -> u8 {
        self.damage.is_cut_off = true;
        END_OF_IMAGE
    }

    /// Goes to the restart marker of this number, or past the damage that hides it, as libjpeg's
    /// `jpeg_resync_to_restart` does.
    pub fn restart(&mut self, number: u8) {
        self.damage.stray_bytes += self.whole_bytes();
        (self.buffer, self.held) = (0, 0);
        let mut marker = self.marker.take().unwrap_or_else(|| self.next_marker());
        if marker != FIRST_RESTART + number {
            self.damage.lost_restarts += 1;
        }
        loop {
            match resync(marker, number) {
                Resync::Here => break,
                Resync::Later => marker = self.next_marker(),
                Resync::Before => {
                    // This segment's data are missing: the first bit that is asked for says so.
                    self.marker = Some(marker);
                    return;
                }
            }
        }
        self.is_short = false;
    }

    /// Where the marker that ends the data begins, or where it is to be looked for.
    pub fn end_of_scan(&mut self) -> usize {
        self.damage.stray_bytes += self.whole_bytes();
        match self.marker {
            // A marker has two bytes; at the file's end there is none.
            Some(_) if !self.damage.is_cut_off => self.at - 2,
            Some(_) => self.bytes.len(),
            None => self.at,
        }
    }

    /// The number of whole bytes that were read and not asked for.
    fn whole_bytes(&self) -> usize {
        if self.is_short { 0 } else { self.held as usize / 8 }
    }

    /// The next marker, wherever it stands; bytes before it belong to nothing.
    pub fn next_marker(&mut self) -> u8 {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let Some(start) = rest.windows(2).position(|pair| pair[0] == 0xff && !matches!(pair[1], 0 | 0xff)) else {
            self.damage.stray_bytes += rest.len();
            self.at = self.bytes.len();
            return self.end();
        };
        // Any number of FF may stand before a marker's code.
        let fill = rest[..start].iter().rev().take_while(|byte| **byte == 0xff).count();
        self.damage.stray_bytes += start - fill;
        self.at += start + 2;
        rest[start + 1]
    }
}

/// The marker that ends a file.
pub const END_OF_IMAGE: u8 = 0xd9;
const FIRST_FRAME: u8 = 0xc0;
const FIRST_RESTART: u8 = 0xd0;

/// What to do at a marker where a restart marker should be.
enum Resync {
    /// Read on behind it.
    Here,
    /// Skip what it begins.
    Later,
    /// It belongs to data further on.
    Before,
}

/// What to do at `marker` where the restart marker of this number should be.
fn resync(marker: u8, number: u8) -> Resync {
    let ahead = marker.wrapping_sub(FIRST_RESTART + number) & 7;
    match marker {
        0..FIRST_FRAME => Resync::Later,
        FIRST_RESTART..=0xd7 => match ahead {
            1 | 2 => Resync::Before,
            6 | 7 => Resync::Later,
            _ => Resync::Here,
        },
        _ => Resync::Before,
    }
}
