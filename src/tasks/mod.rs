//! Tasks: each looks at a picture and writes a recipe, that is a graph, a schedule, a stopping rule and a finish.

pub mod finish;

mod dejpeg;
mod denoise;
mod estimate;
mod frame;
mod inpaint;
mod luma_chroma;
mod measure;
mod network;
mod recipe;
mod subject;
mod super_resolve;

pub use dejpeg::quantisation;
pub use frame::PaddingFrame;
pub use inpaint::hole_in_use;
pub use measure::clipping::impute_clipped;
pub use measure::measure;
pub use measure::need::needs_fit;
pub use recipe::{Recipe, recipe};
pub use subject::Subject;
pub use super_resolve::enlargement;
