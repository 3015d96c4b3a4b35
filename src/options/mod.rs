//! The options of a fit. A host, a command line or a saved session carries [`Options`], plain numbers of which any may be
//! left to the preset. When the picture has been measured, [`resolve`] makes [`ResolvedOptions`] of them, which tasks,
//! fit and session read. [`rows`] is the table of all options, from which dialogs and command lines are made.

mod asked;
mod choice;
mod defaults;
mod groups;
mod measured;
mod presets;
mod resolved;
mod row;
mod table;

pub use asked::{AUTO, Options};
pub use choice::{Choice, DeviceKind, Downsample, Hole, Input, Optimizer, Quality, Task};
pub use defaults::info;
pub use groups::{EstimatorOptions, NetworkOptions, RateOptions};
pub use measured::{Measured, MeasuredNoise, NoiseKind};
pub use resolved::{ResolvedOptions, resolve};
pub use row::{Effect, Row, ValueKind, ValueUnit};
pub use table::{get, row, rows, set};
