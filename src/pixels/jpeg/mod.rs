//! JPEG as decoded pixels show it: the quantisation of luma, the box of coefficients that it leaves, and how far a fit
//! is better than the decoded picture.

mod block;
mod coefficient_box;
mod dct;
mod luma;
mod quality;
mod quantisation;
mod table;
mod wiener;

pub use coefficient_box::CoefficientBox;
pub use luma::LUMA_AND_CHROMA;
pub use quantisation::Quantisation;
