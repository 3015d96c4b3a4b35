//! The option table: one row an option, with its texts, range and access. The command line, the C
//! interface and every host's dialog are loops over it.

use super::{AUTO, Choice, DeviceKind, Measured, Options, Quality, Task, resolve};
use crate::error::{Error, Result};

/// What kind of control a dialog shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Integer,
    Float,
    /// One of `choices`, 0..maximum.
    Choice,
    /// 0 or 1.
    Switch,
}

/// One option.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// The field's name in [`Options`]; permanent once released.
    pub name: &'static str,
    pub kind: Kind,
    pub minimum: f64,
    pub maximum: f64,
    pub label: &'static str,
    pub hint: &'static str,
    /// "" if none.
    pub unit: &'static str,
    /// Words of a choice joined by '|', else "".
    pub choices: &'static str,
    /// May be left to the preset.
    pub has_auto: bool,
    /// The option's number; NaN is AUTO.
    pub get: fn(&Options) -> f64,
    /// Stores a number that [`Row::check`] accepts; NaN is AUTO.
    pub set: fn(&mut Options, f64),
}

impl Row {
    /// # Errors
    /// `InvalidArgument` naming the option, the value and the range.
    pub fn check(&self, value: f64) -> Result<()> {
        if value.is_nan() {
            return if self.has_auto { Ok(()) } else { Err(self.refuse("not a number")) };
        }
        let [stored, minimum, maximum] = [value, self.minimum, self.maximum].map(|number| self.stored(number));
        if stored < minimum || stored > maximum {
            return Err(self.refuse(&format!("{value}")));
        }
        if self.kind != Kind::Float && value.fract() != 0.0 {
            return Err(self.refuse(&format!("{value}, which is not whole")));
        }
        Ok(())
    }

    /// A number as an option keeps it: a float's own minimum, kept in single precision, may lie a little below it.
    fn stored(&self, number: f64) -> f64 {
        if self.kind == Kind::Float { f64::from(number as f32) } else { number }
    }

    fn refuse(&self, value: &str) -> Error {
        Error::invalid(format!("{} is {value}, must be {}", self.name, self.range()))
    }

    /// The accepted values in words: "2 to 8", "adam, muon or auto".
    pub fn range(&self) -> String {
        let auto = if self.has_auto { " or auto" } else { "" };
        match self.kind {
            Kind::Choice => format!("{}{auto}", self.choices.replace('|', ", ")),
            _ => format!("{} to {}{auto}", self.minimum, self.maximum),
        }
    }

    /// What [`Row::parse`] would read as this number.
    pub fn written(&self, value: f64) -> String {
        match self.kind {
            _ if value.is_nan() => "auto".into(),
            Kind::Choice => self.choices.split('|').nth(value as usize).unwrap_or_default().into(),
            // As a float option was written: 0.03, not 0.029999999329447746.
            Kind::Float => (value as f32).to_string(),
            Kind::Integer | Kind::Switch => value.to_string(),
        }
    }

    /// The number that `text` stands for: "auto", a choice's word, "on" and "off", or a number with a
    /// decimal point whatever the locale.
    ///
    /// # Errors
    /// `InvalidArgument` for anything else, and for a number out of range.
    pub fn parse(&self, text: &str) -> Result<f64> {
        let text = text.trim();
        let value = match (text, self.kind) {
            ("auto", kind) if self.has_auto && !(kind == Kind::Choice && self.choices.starts_with("auto")) => {
                return Ok(f64::NAN);
            }
            ("on", Kind::Switch) => Some(1.0),
            ("off", Kind::Switch) => Some(0.0),
            (word, Kind::Choice) => self.choices.split('|').position(|choice| choice == word).map(|index| index as f64),
            (number, _) => number.parse::<f64>().ok().filter(|value| !value.is_nan()),
        };
        let value = value.ok_or_else(|| self.refuse(&format!("\"{text}\"")))?;
        self.check(value).map(|()| value)
    }
}

/// Builders, so that a row of the table reads as one.
impl Row {
    const fn new(access: Access, kind: Kind, minimum: f64, maximum: f64) -> Row {
        let (name, get, set) = access;
        Row { name, kind, minimum, maximum, label: "", hint: "", unit: "", choices: "", has_auto: false, get, set }
    }

    const fn choice(access: Access, words: &'static str, maximum: u32) -> Row {
        let mut row = Row::new(access, Kind::Choice, 0.0, maximum as f64);
        row.choices = words;
        row
    }

    const fn auto(mut self) -> Row {
        self.has_auto = true;
        self
    }

    const fn text(mut self, label: &'static str, hint: &'static str, unit: &'static str) -> Row {
        self.label = label;
        self.hint = hint;
        self.unit = unit;
        self
    }
}

type Access = (&'static str, fn(&Options) -> f64, fn(&mut Options, f64));

/// Name, reader and writer of a field, by the field's type.
macro_rules! field {
    (u32 $field:ident) => {
        (stringify!($field), |o| integer(o.$field), |o, value| o.$field = store(value))
    };
    (u64 $field:ident) => {
        (stringify!($field), |o| o.$field as f64, |o, value| o.$field = value as u64)
    };
    (f32 $field:ident) => {
        (stringify!($field), |o| f64::from(o.$field), |o, value| o.$field = value as f32)
    };
    ($choice:ident $field:ident) => {
        (
            stringify!($field),
            |o| f64::from(o.$field as u32),
            |o, value| {
                if let Ok(choice) = $choice::from_index(value as u32) {
                    o.$field = choice;
                }
            },
        )
    };
}

/// An integer field as the table sees it.
fn integer(field: u32) -> f64 {
    if field == AUTO { f64::NAN } else { f64::from(field) }
}

fn store(value: f64) -> u32 {
    if value.is_nan() { AUTO } else { value as u32 }
}

const LARGEST: f64 = (AUTO - 1) as f64;
/// 2^53, the last whole number that a double counts to.
const LARGEST_BYTES: f64 = 9_007_199_254_740_992.0;

/// In the order of the fields.
static ROWS: &[Row] = &[
    Row::choice(field!(Task task), "denoise|dejpeg|super-resolve|inpaint", 3).text(
        "Task",
        "What to do with the picture",
        "",
    ),
    Row::choice(field!(Quality quality), "reference|balanced|fast", 2).text(
        "Quality",
        "Preset of all options: the paper's own numbers, the best picture for the time, or a quick answer",
        "",
    ),
    Row::choice(field!(DeviceKind device), "auto|cpu|cuda|metal", 3).text("Device", "Where the fit runs", ""),
    Row::new(field!(u32 device_index), Kind::Integer, 0.0, 63.0).text(
        "Device number",
        "Which of several devices of that kind",
        "",
    ),
    Row::new(field!(u32 threads), Kind::Integer, 0.0, 1024.0).text(
        "Threads",
        "CPU threads; 0 is all cores. The result does not depend on it",
        "",
    ),
    Row::new(field!(u32 seed), Kind::Integer, 0.0, LARGEST).text(
        "Seed",
        "Start of every random draw; the same seed gives the same picture",
        "",
    ),
    Row::new(field!(u32 factor), Kind::Integer, 2.0, 8.0).auto().text(
        "Factor",
        "How many times larger super-resolution makes each side",
        "times",
    ),
    Row::choice(field!(u32 downsample), "lanczos2|lanczos3|bicubic|box|gaussian", 4).auto().text(
        "Down-sampling",
        "Kernel that made the small picture from the large one",
        "",
    ),
    Row::choice(field!(u32 hole), "text|region|sparse", 2).auto().text(
        "Holes",
        "Shape of what is missing: thin strokes, large regions, or scattered pixels",
        "",
    ),
    Row::choice(field!(u32 input), "noise|meshgrid|picture", 2).auto().text(
        "Network input",
        "What the network is fed: noise, coordinates, or the degraded picture (or its guide)",
        "",
    ),
    Row::choice(field!(u32 optimizer), "adam|muon", 1).auto().text(
        "Optimizer",
        "Rule by which the parameters are updated",
        "",
    ),
    Row::new(field!(u32 tile_size), Kind::Integer, 0.0, 65536.0).auto().text(
        "Tile size",
        "Side of the tiles that a large picture is cut into, in the result; 0 fits the whole at once",
        "pixels",
    ),
    Row::new(field!(u32 iterations), Kind::Integer, 1.0, 1e7).auto().text(
        "Iterations",
        "Updates of the parameters, at most",
        "",
    ),
    Row::new(field!(u32 input_depth), Kind::Integer, 1.0, 512.0).auto().text(
        "Input depth",
        "Channels of the random network input",
        "",
    ),
    Row::new(field!(u32 channels), Kind::Integer, 1.0, 1024.0).auto().text(
        "Channels",
        "Feature channels at the finest scale",
        "",
    ),
    Row::new(field!(u32 channels_deepest), Kind::Integer, 1.0, 1024.0).auto().text(
        "Deepest channels",
        "Channels double from scale to scale up to this",
        "",
    ),
    Row::new(field!(u32 scales), Kind::Integer, 0.0, 8.0).auto().text(
        "Scales",
        "Depth of the encoder-decoder; 0 fits the picture itself, without a network",
        "",
    ),
    Row::new(field!(u32 skip_channels), Kind::Integer, 0.0, 1024.0).auto().text(
        "Skip channels",
        "Channels of each skip connection; 0 is none",
        "",
    ),
    Row::new(field!(u32 early_stop), Kind::Integer, 0.0, 1e7).auto().text(
        "Early stopping",
        "Stop after so many iterations without a steadier picture; 0 is off",
        "iterations",
    ),
    Row::new(field!(u32 runs), Kind::Integer, 1.0, 64.0).auto().text("Runs", "Independent fits to average", ""),
    Row::new(field!(u64 memory_limit), Kind::Integer, 0.0, LARGEST_BYTES).text(
        "Memory limit",
        "Make tiles, or refuse, where more would be needed; 0: only the machine's own memory refuses",
        "bytes",
    ),
    Row::new(field!(f32 time_limit), Kind::Float, 0.0, 1e9).text(
        "Time limit",
        "Keep the best picture after so long; 0 is no limit",
        "seconds",
    ),
    Row::new(field!(f32 strength), Kind::Float, 0.0, 1.0).auto().text(
        "Strength",
        "Blend of the given picture (0) and the restored one (1)",
        "",
    ),
    Row::new(field!(f32 noise_level), Kind::Float, 0.0, 255.0).auto().text(
        "Noise level",
        "Standard deviation of the noise on the 0 to 255 scale",
        "",
    ),
    Row::new(field!(f32 learning_rate), Kind::Float, 1e-8, 100.0).auto().text("Learning rate", "Step size of Adam", ""),
    Row::new(field!(f32 matrix_learning_rate), Kind::Float, 1e-8, 100.0).auto().text(
        "Matrix learning rate",
        "Step size of Muon, for the convolutions' weights",
        "",
    ),
    Row::new(field!(f32 input_noise), Kind::Float, 0.0, 10.0).auto().text(
        "Input noise",
        "Standard deviation of the noise added to the network input at each iteration",
        "",
    ),
    Row::new(field!(f32 average_weight), Kind::Float, 0.0, 0.9999).auto().text(
        "Average weight",
        "Weight of the past in the moving average of the pictures",
        "",
    ),
    Row::new(field!(f32 tv_weight), Kind::Float, 0.0, 1.0).auto().text(
        "Total variation",
        "Weight of the smoothness term in the loss; 0 is off",
        "",
    ),
    Row::new(field!(f32 recorruption), Kind::Float, 0.0, 4.0).auto().text(
        "Recorruption",
        "Strength of the fresh noise added to input and target; 0 is off",
        "",
    ),
    Row::new(field!(f32 held_out), Kind::Float, 0.0, 0.5).auto().text(
        "Held out",
        "Share of samples kept out of the loss to judge the fit by",
        "",
    ),
];

/// All rows, in the order of the fields of [`Options`].
pub fn rows() -> &'static [Row] {
    ROWS
}

/// The row of the option called `name`; hyphens count as underscores.
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

/// An option's number by name; NaN is AUTO.
///
/// # Errors
/// `InvalidArgument` for an unknown name.
pub fn get(options: &Options, name: &str) -> Result<f64> {
    row(name).map(|row| (row.get)(options))
}

/// The row at `index` and its default for this task and quality: NaN where only the picture can
/// tell. `None` behind the last row.
pub fn info(index: usize, task: Task, quality: Quality) -> Option<(&'static Row, f64)> {
    let row = ROWS.get(index)?;
    let options = Options::new(task, quality);
    let mut defaults =
        Measured::kinds(task).into_iter().map(|measured| (row.get)(&resolve(&options, &measured).into()));
    let first = defaults.next().unwrap_or(f64::NAN);
    let is_same = defaults.all(|default| default == first);
    Some((row, if is_same { first } else { f64::NAN }))
}

/// Levenshtein distance, to guess what a misspelt name meant.
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
