//! PNG out: the chunks that the library's encoder leaves out.

use crate::picture::metadata::Metadata;
use crate::picture::metadata::density::{Density, METRES_PER_INCH, Unit};
use crate::picture::png::chunks::XMP_HEADER;
use img_parts::Bytes;
use img_parts::png::{Png, PngChunk};

/// Puts resolution, comments, XMP and what the samples mean into an encoded file.
pub fn with_chunks(file: Vec<u8>, metadata: &Metadata) -> Vec<u8> {
    let mut chunks = metadata.png_colour.clone();
    chunks.extend(metadata.density.map(density_chunk));
    chunks.extend(metadata.png_text.clone());
    if let Some(xmp) = &metadata.xmp {
        chunks.push(PngChunk::new(*b"iTXt", Bytes::from([XMP_HEADER, xmp].concat())));
    }
    let Ok(mut png) = Png::from_bytes(Bytes::copy_from_slice(&file)) else { return file };
    // Behind the header, before everything else.
    png.chunks_mut().splice(1..1, chunks);
    png.encoder().bytes().to_vec()
}

/// The chunk `pHYs`: pixels a unit across and down, and 1 where the unit is the metre, 0 where there is none.
fn density_chunk(density: Density) -> PngChunk {
    let per_metre = |per_inch: f64| (per_inch / METRES_PER_INCH).round() as u32;
    let (x, y, unit) = match density.unit {
        Unit::Inch => (per_metre(density.x), per_metre(density.y), 1),
        Unit::None => (density.x.round() as u32, density.y.round() as u32, 0),
    };
    let contents = [&x.to_be_bytes()[..], &y.to_be_bytes(), &[unit]].concat();
    PngChunk::new(*b"pHYs", Bytes::from(contents))
}
