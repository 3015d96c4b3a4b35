//! The resolution of a picture: pixels an inch, or only the ratio of a pixel's sides.

/// The resolution of a picture, across and down.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Density {
    pub x: f64,
    pub y: f64,
    pub unit: Unit,
}

/// The unit of length of a density.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Inch,
    /// No unit: the density only states the ratio of a pixel's sides.
    None,
}

pub const CENTIMETRES_PER_INCH: f64 = 2.54;
pub const METRES_PER_INCH: f64 = 0.0254;

/// A density in pixels an inch, if both numbers are positive and finite.
pub fn positive(x: f64, y: f64) -> Option<Density> {
    (x.is_finite() && y.is_finite() && x > 0.0 && y > 0.0).then_some(Density { x, y, unit: Unit::Inch })
}

/// A density without a unit, if the pixels are not square.
pub fn ratio(x: f64, y: f64) -> Option<Density> {
    positive(x, y).filter(|density| density.x != density.y).map(|density| Density { unit: Unit::None, ..density })
}

/// The resolution in the header of a JPEG (JFIF).
pub fn jfif(bytes: &[u8]) -> Option<Density> {
    // SOI, then APP0 (JFIF 1.02, page 5): length, "JFIF\0", version, unit, x, y.
    (bytes.get(2..4)? == b"\xff\xe0" && bytes.get(6..11)? == b"JFIF\0").then_some(())?;
    let number = |at: usize| Some(f64::from(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?)));
    let scale = match bytes.get(13)? {
        1 => 1.0,
        2 => CENTIMETRES_PER_INCH,
        _ => return ratio(number(14)?, number(16)?),
    };
    positive(number(14)? * scale, number(16)? * scale)
}

/// The place in a BMP's header of the pixels per metre, across and down.
const BMP_DENSITY: std::ops::Range<usize> = 38..46;
/// The place in a BMP's header of its own length, and the least length of a header that holds the pixels per metre.
const BMP_HEADER_LENGTH: std::ops::Range<usize> = 14..18;
const LEAST_BMP_HEADER: u32 = 40;

/// The resolution in the header of a BMP.
pub fn bmp(bytes: &[u8]) -> Option<Density> {
    // The oldest kind of header is shorter: pixels stand there instead.
    let header = u32::from_le_bytes(bytes.get(BMP_HEADER_LENGTH)?.try_into().ok()?);
    let field = bytes.get(BMP_DENSITY).filter(|_| header >= LEAST_BMP_HEADER)?;
    let number = |at: usize| Some(f64::from(i32::from_le_bytes(field.get(at..at + 4)?.try_into().ok()?)));
    positive(number(0)? * METRES_PER_INCH, number(4)? * METRES_PER_INCH)
}

/// Puts a resolution into the header of a BMP, which holds pixels a metre alone.
pub fn put_into_bmp(file: &mut [u8], density: Density) {
    let per_metre = |per_inch: f64| (per_inch / METRES_PER_INCH).round() as u32;
    let field = [per_metre(density.x).to_le_bytes(), per_metre(density.y).to_le_bytes()].concat();
    if let Some(place) = file.get_mut(BMP_DENSITY).filter(|_| density.unit == Unit::Inch) {
        place.copy_from_slice(&field);
    }
}
