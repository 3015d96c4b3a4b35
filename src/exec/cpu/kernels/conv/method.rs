//! Which way a convolution is computed.

use super::Shape;

/// How a convolution is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Every product of the definition.
    Direct,
}

impl Method {
    /// The faster one that is accurate enough.
    pub fn choose(_shape: &Shape) -> Method {
        Method::Direct
    }

    /// Whether it is defined for this shape.
    pub fn can(self, _shape: &Shape) -> bool {
        match self {
            Method::Direct => true,
        }
    }
}
