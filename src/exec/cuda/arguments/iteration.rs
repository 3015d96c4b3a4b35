//! The arguments of the kernels that depend on the iteration: draws and what is made of them, what an iteration leaves
//! behind, and updates.

use super::Place;

/// Where the iteration's number and rates lie, and where its scalars go.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
pub struct ControlArgs {
    pub control: Place,
    pub rates: Place,
    pub scalars: Place,
}

#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct NoiseArgs {
    pub input: Place,
    pub output: Place,
    pub level: Place,
    pub lanes: Place,
    pub control: ControlArgs,
    pub deviation: f32,
    pub seed: u32,
    pub key: u32,
    pub is_planes: i32,
    pub has_level: i32,
    pub blocks: i32,
    pub pixels: i32,
}

#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct HideArgs {
    pub weight: Place,
    pub output: Place,
    pub control: ControlArgs,
    pub histogram: Place,
    pub counter: Place,
    pub copies: Place,
    pub share: f32,
    pub seed: u32,
    pub key: u32,
    pub blocks: i32,
    pub height: i32,
    pub width: i32,
}

#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct FillArgs {
    pub samples: Place,
    pub weight: Place,
    pub means: Place,
    pub shares: Place,
    pub blocks: i32,
    pub height: i32,
    pub width: i32,
}

#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct SeeArgs {
    pub restored: Place,
    pub counted_now: Place,
    pub places: Place,
    pub counted_places: Place,
    pub latest: Place,
    pub average: Place,
    pub mean: Place,
    pub counted: Place,
    pub partial: Place,
    pub counter: Place,
    pub control: ControlArgs,
    pub has_counted: i32,
    pub channels: i32,
    pub pixels: i32,
    pub parts: i32,
}

#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct KeepArgs {
    pub loss: Place,
    pub data_term: Place,
    pub risk: Place,
    pub by_loss: Place,
    pub control: ControlArgs,
    pub has_risk: i32,
}

#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct AdvanceArgs {
    pub control: ControlArgs,
}

#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct AdamArgs {
    pub parameters: Place,
    pub gradients: Place,
    pub first: Place,
    pub second: Place,
    pub table: Place,
    pub control: ControlArgs,
}

#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct MuonArgs {
    pub parameters: Place,
    pub gradients: Place,
    pub momentum: Place,
    pub table: Place,
    pub control: ControlArgs,
}
