//! What an EXR file says beside its pixels, which goes into the result if that is an EXR too.

use dipkit::pixels::Size;
use exr::meta::attribute::Chromaticities;
use exr::meta::header::{ImageAttributes, LayerAttributes};

/// The x and y of red, green, blue and white that hold where a file does not state them (Rec. ITU-R BT.709).
const USUAL: [[f32; 2]; 4] = [[0.64, 0.33], [0.3, 0.6], [0.15, 0.06], [0.3127, 0.329]];
/// How far usual primaries may lie from those.
const NEAR: f32 = 0.001;

/// What an EXR file says beside its pixels.
#[derive(Debug, Clone)]
pub struct ExrAttributes {
    pub image: ImageAttributes,
    pub layer: LayerAttributes,
    /// The size of the picture to which the windows belong.
    pub size: Size,
}

impl ExrAttributes {
    /// Whether the primaries of the colours are not the usual ones.
    pub fn is_unusual(&self) -> bool {
        self.image.chromaticities.as_ref().is_some_and(is_unusual)
    }
}

fn is_unusual(chromaticities: &Chromaticities) -> bool {
    let Chromaticities { red, green, blue, white } = chromaticities;
    let given = [red, green, blue, white].map(|point| [point.x(), point.y()]);
    given.as_flattened().iter().zip(USUAL.as_flattened()).any(|(x, usual)| (x - usual).abs() > NEAR)
}
