//! Estimators: how a network is fed and what its output is compared with. The published one has a fixed input and all
//! that is observed in its loss; recorrupted and re-masked fits are fed the picture itself, and estimate their error.

pub mod chroma;
pub mod estimator;
pub mod fit_terms;
pub mod lost_pixels;
pub mod observation;
pub mod published;
pub mod recorrupted;
pub mod remasked;

mod input;
