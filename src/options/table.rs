//! The option table: a row an option. The command line, the C interface and every host's dialog are loops over it.

use super::asked::{AUTO, Options};
use super::choice::{Choice, DeviceKind, Downsample, Hole, Input, Optimizer, Quality, Task};
use super::row::{Access, Effect, Row, ValueKind, ValueUnit, field};
use crate::error::{Error, Result};

/// The largest number of an integer field that is not AUTO.
const LARGEST: f64 = (AUTO - 1) as f64;
/// 2^53, the last whole number that a double counts to.
const LARGEST_BYTES: f64 = 9_007_199_254_740_992.0;

/// The rows, in the order of the fields of [`Options`].
static ROWS: &[Row] = &[
    Row::choice::<Task>(field!(Task task)).text("Task", "What to do with the picture"),
    Row::choice::<Quality>(field!(Quality quality)).text(
        "Quality",
        "Preset of all options: the paper's own numbers, the best picture for the time, or a quick answer",
    ),
    Row::choice::<DeviceKind>(field!(DeviceKind device)).text("Device", "Where the fit runs").effect(Effect::None),
    Row::number(field!(u32 device_index), [0.0, 63.0])
        .text("Device number", "Which of several devices of that kind")
        .effect(Effect::None),
    Row::number(field!(u32 threads), [0.0, 1024.0])
        .text("Threads", "CPU threads; 0 is all cores. The result does not depend on it")
        .effect(Effect::None),
    Row::number(field!(u32 seed), [0.0, LARGEST])
        .text("Seed", "Start of every random draw; the same seed gives the same picture"),
    Row::number(field!(u32 factor), [2.0, 8.0])
        .text("Factor", "How many times larger super-resolution makes each side")
        .unit(ValueUnit::Times)
        .auto()
        .only_for(&[Task::SuperResolve]),
    Row::choice::<Downsample>(field!(u32 downsample))
        .text("Down-sampling", "Kernel that made the small picture from the large one")
        .auto()
        .only_for(&[Task::SuperResolve]),
    Row::choice::<Hole>(field!(u32 hole))
        .text("Holes", "Shape of what is missing: thin strokes, large regions, or scattered pixels")
        .auto()
        .only_for(&[Task::Inpaint]),
    Row::choice::<Input>(field!(u32 input))
        .text("Network input", "What the network is fed: noise, coordinates, or the degraded picture (or its guide)")
        .auto(),
    Row::choice::<Optimizer>(field!(u32 optimizer))
        .text("Optimizer", "Rule by which the parameters are updated")
        .auto(),
    Row::number(field!(u32 tile_size), [0.0, 65536.0])
        .text(
            "Tile size",
            "Side of the tiles that a large picture is cut into, in the result; 0 fits the whole at once",
        )
        .unit(ValueUnit::Pixels)
        .auto(),
    Row::number(field!(u32 iterations), [1.0, 1e7]).text("Iterations", "Updates of the parameters, at most").auto(),
    Row::number(field!(u32 input_depth), [1.0, 512.0])
        .text("Input depth", "Channels of the random network input")
        .auto(),
    Row::number(field!(u32 channels), [1.0, 1024.0]).text("Channels", "Feature channels at the finest scale").auto(),
    Row::number(field!(u32 channels_deepest), [1.0, 1024.0])
        .text("Deepest channels", "Channels double from scale to scale up to this")
        .auto(),
    Row::number(field!(u32 scales), [0.0, 8.0])
        .text("Scales", "Depth of the encoder-decoder; 0 fits the picture itself, without a network")
        .auto(),
    Row::number(field!(u32 skip_channels), [0.0, 1024.0])
        .text("Skip channels", "Channels of each skip connection; 0 is none")
        .auto(),
    Row::number(field!(u32 early_stop), [0.0, 1e7])
        .text("Early stopping", "Stop after so many iterations without a steadier picture; 0 is off")
        .unit(ValueUnit::Iterations)
        .auto(),
    Row::number(field!(u32 runs), [1.0, 64.0]).text("Runs", "Independent fits to average").auto(),
    Row::number(field!(u64 memory_limit), [0.0, LARGEST_BYTES])
        .text(
            "Memory limit",
            "Make tiles, or refuse, where more would be needed; 0: only the machine's own memory refuses",
        )
        .unit(ValueUnit::Bytes)
        .effect(Effect::OnTiles),
    Row::number(field!(f32 time_limit), [0.0, 1e9])
        .text("Time limit", "Keep the best picture after so long; 0 is no limit")
        .unit(ValueUnit::Seconds)
        .effect(Effect::None),
    Row::number(field!(f32 strength), [0.0, 1.0])
        .text("Strength", "Blend of the given picture (0) and the restored one (1)")
        .auto()
        .effect(Effect::None),
    Row::number(field!(f32 noise_level), [0.0, 255.0])
        .text("Noise level", "Standard deviation of the noise on the 0 to 255 scale")
        .auto(),
    Row::number(field!(f32 learning_rate), [1e-8, 100.0]).text("Learning rate", "Step size of Adam").auto(),
    Row::number(field!(f32 matrix_learning_rate), [1e-8, 100.0])
        .text("Matrix learning rate", "Step size of Muon, for the convolutions' weights")
        .auto(),
    Row::number(field!(f32 input_noise), [0.0, 10.0])
        .text("Input noise", "Standard deviation of the noise added to the network input at each iteration")
        .auto(),
    Row::number(field!(f32 average_weight), [0.0, 0.9999])
        .text("Average weight", "Weight of the past in the moving average of the pictures")
        .auto(),
    Row::number(field!(f32 tv_weight), [0.0, 1.0])
        .text("Total variation", "Weight of the smoothness term in the loss; 0 is off")
        .auto(),
    Row::number(field!(f32 recorruption), [0.0, 4.0])
        .text("Recorruption", "Strength of the fresh noise added to input and target; 0 is off")
        .auto(),
    Row::number(field!(f32 held_out), [0.0, 0.5])
        .text("Held out", "Share of samples kept out of the loss to judge the fit by")
        .auto(),
];

impl Options {
    /// Checks every option against its range in the table.
    ///
    /// # Errors
    /// `InvalidArgument` naming the option, its value and its range.
    pub fn check(&self) -> Result<()> {
        ROWS.iter().try_for_each(|row| row.check((row.get)(self)))
    }
}

/// Gives all rows, in the order of the fields of [`Options`].
pub fn rows() -> &'static [Row] {
    ROWS
}

/// Gives the row of the option called `name`; hyphens count as underscores.
///
/// # Errors
/// `InvalidArgument` with the nearest name for one that does not exist.
pub fn row(name: &str) -> Result<&'static Row> {
    let wanted = name.replace('-', "_");
    ROWS.iter().find(|row| row.name == wanted).ok_or_else(|| {
        let nearest = ROWS.iter().map(|row| (distance(&wanted, row.name), row.name)).min();
        let nearest = nearest.map_or("", |(_, name)| name);
        Error::invalid(format!("there is no option \"{name}\"; the nearest is \"{nearest}\""))
    })
}

/// Sets an option by name from text, as a command line or a host's text field has it.
///
/// # Errors
/// `InvalidArgument` for an unknown name, text that is no value of the option, or a value out of range.
pub fn set(options: &mut Options, name: &str, text: &str) -> Result<()> {
    let row = row(name)?;
    (row.set)(options, row.parse(text)?);
    Ok(())
}

/// Gives an option's number by name; NaN is AUTO.
///
/// # Errors
/// `InvalidArgument` for an unknown name.
pub fn get(options: &Options, name: &str) -> Result<f64> {
    row(name).map(|row| (row.get)(options))
}

/// Measures the Levenshtein distance, to guess what a misspelt name meant.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let substituted = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
