//! The metadata of a TIFF page: EXIF, profile, XMP, resolution and orientation.

use crate::picture::format::Format;
use crate::picture::metadata::density::{self, Density};
use crate::picture::metadata::{Metadata, exif_fields};
use crate::picture::tiff::directory::Directory;
use crate::picture::tiff::tags::{
    ICC, IPTC, ORIENTATION, PHOTOSHOP, RESOLUTION_UNIT, X_RESOLUTION, XMP, Y_RESOLUTION, is_storage,
};
use exif::experimental::Writer;
use exif::{Context, In};
use image::metadata::Orientation;
use std::io::Cursor;

/// The tags by which a file is known to have EXIF: the directories of EXIF and of positions, maker and model.
const EXIF_TAGS: [u16; 4] = [34665, 34853, 271, 272];

/// Reads the metadata of the directory with this number, and says what is left out.
pub fn read(page: &Directory, bytes: &[u8], index: usize, warnings: &mut Vec<String>) -> Metadata {
    let exif = exif(bytes, index);
    let has_exif = EXIF_TAGS.iter().any(|tag| page.has(*tag));
    match exif {
        Some((_, true)) => warnings.push("has fields in its EXIF that are damaged; they are dropped".into()),
        None if has_exif => warnings.push("has EXIF of a kind that is not read; it is dropped".into()),
        _ => {}
    }
    let icc = page.bytes(ICC).map(<[u8]>::to_vec);
    let mut metadata = Metadata::new(Format::Tiff, bytes, icc, exif.and_then(|(block, _)| block));
    metadata.xmp = page.bytes(XMP).map(<[u8]>::to_vec);
    if page.has(IPTC) || page.has(PHOTOSHOP) {
        warnings.push("has IPTC or Photoshop fields; they are dropped".into());
    }
    metadata.density = density(page);
    metadata.orientation = page.number(ORIENTATION).and_then(|code| Orientation::from_exif(u8::try_from(code).ok()?));
    metadata
}

fn density(page: &Directory) -> Option<Density> {
    let (x, y) = (page.ratio(X_RESOLUTION)?, page.ratio(Y_RESOLUTION)?);
    let scale = match page.number(RESOLUTION_UNIT) {
        None | Some(2) => 1.0,
        Some(3) => density::CENTIMETRES_PER_INCH,
        // 1 stands for no unit: the numbers are a ratio only.
        Some(_) => return density::ratio(x, y),
    };
    density::positive(x * scale, y * scale)
}

/// The EXIF of one page as a block, as other formats carry it, if there is any, and whether some of it is damaged. TIFF
/// mixes its fields with those that say how the picture is stored.
fn exif(bytes: &[u8], index: usize) -> Option<(Option<Vec<u8>>, bool)> {
    // The library reads the first eight directories.
    let number = u16::try_from(index).ok().filter(|number| *number < 8)?;
    let (exif, mut is_damaged) = exif_fields::fields(bytes.to_vec())?;
    // The library takes it for damage that there are more pages than one.
    is_damaged &= Directory::all(bytes).len() <= 1;
    let is_description = |field: &&exif::Field| {
        field.ifd_num == In(number) && !(field.tag.context() == Context::Tiff && is_storage(field.tag.number()))
    };
    let of_first = |field: &exif::Field| exif::Field { ifd_num: In::PRIMARY, ..field.clone() };
    let fields: Vec<_> = exif.fields().filter(is_description).map(of_first).collect();
    if fields.is_empty() {
        return Some((None, is_damaged));
    }
    let mut writer = Writer::new();
    fields.iter().for_each(|field| writer.push_field(field));
    let mut blob = Cursor::new(Vec::new());
    writer.write(&mut blob, cfg!(target_endian = "little")).ok()?;
    Some((Some(blob.into_inner()), is_damaged))
}
