//! The directories of a TIFF file, classic and BigTIFF: tags and their values, as they stand in the file.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// The most values of an entry that are believed.
const MOST_VALUES: u64 = 1 << 24;
/// The most directories that are read.
const MOST_DIRECTORIES: usize = 1 << 16;

/// The bytes of a value of each type, by the type's code; 0 if there is no such type.
const TYPE_BYTES: [u64; 19] = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8];
const SHORT: u16 = 3;
const LONG: u16 = 4;
const LONG8: u16 = 16;
const IFD: u16 = 13;
const IFD8: u16 = 18;

/// The byte order of a file, and the size of its offsets.
#[derive(Debug, Clone, Copy)]
pub struct Order {
    pub is_little_endian: bool,
    /// Whether offsets have 8 bytes.
    is_big_tiff: bool,
}

impl Order {
    /// The order that a file's first bytes state.
    pub fn new(file: &[u8]) -> Option<Order> {
        let (is_little_endian, is_big_tiff) = match file.get(..4)? {
            b"II*\0" => (true, false),
            b"MM\0*" => (false, false),
            b"II+\0" => (true, true),
            b"MM\0+" => (false, true),
            _ => return None,
        };
        Some(Order { is_little_endian, is_big_tiff })
    }

    /// The order of this machine.
    pub fn native() -> Order {
        Order { is_little_endian: cfg!(target_endian = "little"), is_big_tiff: false }
    }

    /// The unsigned number that up to 8 bytes make.
    pub fn number(self, bytes: &[u8]) -> u64 {
        let join = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        if self.is_little_endian { bytes.iter().rev().fold(0, join) } else { bytes.iter().fold(0, join) }
    }

    /// Writes the lowest bytes of a number in this order; `place` has 8 bytes at most.
    pub fn put(self, number: u64, place: &mut [u8]) {
        let bytes = place.len();
        if self.is_little_endian {
            place.copy_from_slice(&number.to_le_bytes()[..bytes]);
        } else {
            place.copy_from_slice(&number.to_be_bytes()[8 - bytes..]);
        }
    }

    /// The sizes of a directory's count, of an entry, and of an offset.
    fn sizes(self) -> (usize, usize, usize) {
        if self.is_big_tiff { (8, 20, 8) } else { (2, 12, 4) }
    }
}

/// The values of an entry: the code of their type, and their place in the file.
#[derive(Debug, Clone)]
struct Entry {
    kind: u16,
    place: Range<usize>,
}

/// A directory of a file, which describes a page.
#[derive(Debug, Clone)]
pub struct Directory<'a> {
    file: &'a [u8],
    pub order: Order,
    entries: HashMap<u16, Entry>,
}

impl<'a> Directory<'a> {
    /// All directories of a file in order, up to the first that is damaged.
    pub fn all(file: &'a [u8]) -> Vec<Directory<'a>> {
        let Some(order) = Order::new(file) else { return Vec::new() };
        let first = if order.is_big_tiff { 8..16 } else { 4..8 };
        let (mut found, mut seen) = (Vec::new(), HashSet::new());
        let mut next = file.get(first).map_or(0, |bytes| order.number(bytes));
        while next != 0 && seen.insert(next) && found.len() < MOST_DIRECTORIES {
            let Some((directory, after)) = Self::read(file, order, next) else { break };
            found.push(directory);
            next = after;
        }
        found
    }

    fn read(file: &'a [u8], order: Order, at: u64) -> Option<(Directory<'a>, u64)> {
        let (count_bytes, entry_bytes, offset_bytes) = order.sizes();
        let at = usize::try_from(at).ok()?;
        let count = order.number(file.get(at..at.checked_add(count_bytes)?)?) as usize;
        let start = at + count_bytes;
        let end = start.checked_add(count.checked_mul(entry_bytes)?)?;
        let mut entries = HashMap::new();
        for (index, entry) in file.get(start..end)?.chunks_exact(entry_bytes).enumerate() {
            let tag = order.number(&entry[..2]) as u16;
            // A damaged entry is as good as missing, and the first of two with one tag counts.
            if let Some(value) = Self::entry(file, order, entry, start + index * entry_bytes) {
                entries.entry(tag).or_insert(value);
            }
        }
        let next = file.get(end..end + offset_bytes).map_or(0, |bytes| order.number(bytes));
        Some((Directory { file, order, entries }, next))
    }

    /// The values of an entry, whose bytes stand at `place` in the file; `None` if they are damaged.
    fn entry(file: &[u8], order: Order, entry: &[u8], place: usize) -> Option<Entry> {
        let (_, entry_bytes, offset_bytes) = order.sizes();
        let kind = order.number(&entry[2..4]) as u16;
        let count = order.number(&entry[4..entry_bytes - offset_bytes]);
        let bytes = TYPE_BYTES.get(usize::from(kind)).filter(|bytes| **bytes > 0 && count <= MOST_VALUES)? * count;
        let inside = place + entry_bytes - offset_bytes;
        let start = if bytes <= offset_bytes as u64 {
            inside
        } else {
            usize::try_from(order.number(&entry[entry_bytes - offset_bytes..])).ok()?
        };
        let place = start..start.checked_add(usize::try_from(bytes).ok()?)?;
        (place.end <= file.len()).then_some(Entry { kind, place })
    }

    /// Whether the directory has a tag.
    pub fn has(&self, tag: u16) -> bool {
        self.entries.contains_key(&tag)
    }

    /// The bytes of a tag's values.
    pub fn bytes(&self, tag: u16) -> Option<&'a [u8]> {
        Some(&self.file[self.entries.get(&tag)?.place.clone()])
    }

    /// The values of a tag as unsigned numbers.
    pub fn numbers(&self, tag: u16) -> Option<Vec<u64>> {
        let entry = self.entries.get(&tag)?;
        let size = match entry.kind {
            1 | 7 => 1,
            SHORT => 2,
            LONG | IFD => 4,
            LONG8 | IFD8 => 8,
            _ => return None,
        };
        Some(self.file[entry.place.clone()].chunks_exact(size).map(|bytes| self.order.number(bytes)).collect())
    }

    /// The first value of a tag as an unsigned number.
    pub fn number(&self, tag: u16) -> Option<u64> {
        self.numbers(tag)?.first().copied()
    }

    /// The first value of a tag as a ratio.
    pub fn ratio(&self, tag: u16) -> Option<f64> {
        const RATIONAL: u16 = 5;
        let entry = self.entries.get(&tag).filter(|entry| entry.kind == RATIONAL)?;
        let (numerator, denominator) = self.file[entry.place.clone()].first_chunk::<8>()?.split_at(4);
        Some(self.order.number(numerator) as f64 / self.order.number(denominator) as f64)
    }
}
