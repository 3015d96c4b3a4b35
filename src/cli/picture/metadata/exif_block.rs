//! Changes inside an EXIF block, in place: everything else stays byte for byte, also what cameras write
//! there in forms of their own.

/// An EXIF block, which is a TIFF structure of directories.
pub struct ExifBlock<'a> {
    bytes: &'a mut [u8],
    is_little_endian: bool,
}

const EXIF_DIRECTORY: u16 = 0x8769;
const PIXEL_X_DIMENSION: u16 = 0xa002;
const PIXEL_Y_DIMENSION: u16 = 0xa003;
const THUMBNAIL_OFFSET: u16 = 0x0201;
const THUMBNAIL_LENGTH: u16 = 0x0202;
/// The codes of the types of a value.
const SHORT: u16 = 3;
const LONG: u16 = 4;
/// The bytes of a directory's entry: tag, type, count and value.
const ENTRY: usize = 12;

impl<'a> ExifBlock<'a> {
    /// The block in these bytes; `None` if they are no TIFF structure.
    pub fn new(bytes: &'a mut [u8]) -> Option<Self> {
        let is_little_endian = match bytes.get(..4)? {
            b"II*\0" => true,
            b"MM\0*" => false,
            _ => return None,
        };
        Some(ExifBlock { bytes, is_little_endian })
    }

    /// Takes out the thumbnail, which shows the picture as it was: unrestored, with what has since been removed from
    /// it, and lying on its side if the picture was turned upright. `None` if there is no thumbnail.
    pub fn drop_thumbnail(&mut self) -> Option<()> {
        let pointer = self.next_pointer(self.first()?)?;
        let directory = self.long(pointer)? as usize;
        if directory == 0 {
            return None;
        }
        let value = |tag| self.long(self.entry(directory, tag)? + 8);
        let place = value(THUMBNAIL_OFFSET).zip(value(THUMBNAIL_LENGTH));
        self.put(pointer, &[0; 4]);
        let (start, length) = place?;
        let end = (start as usize).saturating_add(length as usize).min(self.bytes.len());
        self.bytes.get_mut(start as usize..end)?.fill(0);
        Some(())
    }

    /// Sets the picture's size if the block states one; `None` if it does not.
    pub fn set_size(&mut self, width: usize, height: usize) -> Option<()> {
        let directory = self.long(self.entry(self.first()?, EXIF_DIRECTORY)? + 8)? as usize;
        for (tag, value) in [(PIXEL_X_DIMENSION, width), (PIXEL_Y_DIMENSION, height)] {
            let entry = self.entry(directory, tag)?;
            match self.short(entry + 2)? {
                SHORT => self.put_short(entry + 8, u16::try_from(value).ok()?),
                LONG => self.put_long(entry + 8, u32::try_from(value).ok()?),
                _ => {}
            }
        }
        Some(())
    }

    /// Where the first directory starts.
    fn first(&self) -> Option<usize> {
        Some(self.long(4)? as usize)
    }

    /// Where a directory's entry of this tag starts.
    fn entry(&self, directory: usize, tag: u16) -> Option<usize> {
        let count = usize::from(self.short(directory)?);
        (0..count).map(|i| directory + 2 + i * ENTRY).find(|&entry| self.short(entry) == Some(tag))
    }

    /// Where a directory keeps the offset of the next one.
    fn next_pointer(&self, directory: usize) -> Option<usize> {
        Some(directory + 2 + usize::from(self.short(directory)?) * ENTRY)
    }

    fn short(&self, at: usize) -> Option<u16> {
        let bytes = self.bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if self.is_little_endian { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    }

    fn long(&self, at: usize) -> Option<u32> {
        let bytes = self.bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if self.is_little_endian { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }

    fn put_short(&mut self, at: usize, value: u16) {
        let bytes = if self.is_little_endian { value.to_le_bytes() } else { value.to_be_bytes() };
        self.put(at, &bytes);
    }

    fn put_long(&mut self, at: usize, value: u32) {
        let bytes = if self.is_little_endian { value.to_le_bytes() } else { value.to_be_bytes() };
        self.put(at, &bytes);
    }

    /// Writes bytes at a place, which was read before and so lies in the block.
    fn put(&mut self, at: usize, bytes: &[u8]) {
        if let Some(place) = self.bytes.get_mut(at..at + bytes.len()) {
            place.copy_from_slice(bytes);
        }
    }
}
