//! Which way a convolution is computed.

use super::{LANES, Shape};

/// How a convolution is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Every product of the definition.
    Direct,
    /// F(4x4, 3x3): four times fewer products, between transforms that cost time and accuracy.
    Winograd,
}

/// Pixels of a map from which on the transforms' rounding does no harm.
const WINOGRAD_PIXELS: usize = 64 * 64;

impl Method {
    pub const ALL: [Method; 2] = [Method::Direct, Method::Winograd];

    /// The faster one that is accurate enough.
    pub fn choose(shape: &Shape) -> Method {
        let is_large = shape.height * shape.width >= WINOGRAD_PIXELS;
        let is_deep = shape.inputs.min(shape.outputs) >= 4 * LANES;
        if Method::Winograd.can(shape) && is_large && is_deep { Method::Winograd } else { Method::Direct }
    }

    /// Whether it is defined for this shape.
    pub fn can(self, shape: &Shape) -> bool {
        match self {
            Method::Direct => true,
            Method::Winograd => shape.kernel == 3 && shape.stride == 1,
        }
    }
}
