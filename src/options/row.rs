//! A row of the option table: all that is known of one option, and the numbers and texts that it takes.

use super::asked::{AUTO, Options};
use super::choice::{Choice, Task};
use crate::error::{Error, Result};

/// What kind of value an option has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// A whole number.
    Integer,
    Float,
    /// The number of one of the words in `choices`.
    Choice,
}

/// What an option's number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueUnit {
    None,
    Pixels,
    Bytes,
    Seconds,
    Times,
    Iterations,
}

impl ValueUnit {
    /// Gives the word that stands behind a number; "" where there is none.
    pub fn word(self) -> &'static str {
        match self {
            ValueUnit::None => "",
            ValueUnit::Pixels => "pixels",
            ValueUnit::Bytes => "bytes",
            ValueUnit::Seconds => "seconds",
            ValueUnit::Times => "times",
            ValueUnit::Iterations => "iterations",
        }
    }
}

/// When an option has a say in the bits of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// In every task that the option concerns.
    OnResult,
    /// Never. The device is such an option: results depend on it by the engine's name, which has it.
    None,
    /// Where nobody names the side of the tiles: a memory limit chooses it then, and can only refuse otherwise.
    OnTiles,
}

/// One option.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// The field's name in [`Options`]; permanent once released.
    pub name: &'static str,
    pub kind: ValueKind,
    pub minimum: f64,
    pub maximum: f64,
    pub label: &'static str,
    pub hint: &'static str,
    pub unit: ValueUnit,
    /// The words of a choice joined by '|'; "" for a number.
    pub choices: &'static str,
    /// Whether the option may be left to the preset.
    pub has_auto: bool,
    /// The tasks in which the option means something.
    pub tasks: &'static [Task],
    pub effect: Effect,
    /// Reads the option's number; NaN is AUTO.
    pub get: fn(&Options) -> f64,
    /// Stores a number that [`Row::check`] accepts; NaN is AUTO.
    pub set: fn(&mut Options, f64),
}

impl Row {
    /// Whether the option means anything in a task.
    pub fn concerns(&self, task: Task) -> bool {
        self.tasks.contains(&task)
    }

    /// Whether the option has a say in the bits of a result.
    pub fn decides(&self, asked: &Options) -> bool {
        let has_effect = match self.effect {
            Effect::OnResult => true,
            Effect::None => false,
            Effect::OnTiles => !asked.has_own_tile_size(),
        };
        has_effect && self.concerns(asked.task)
    }

    /// Gives the words of a choice in the order of their numbers; none for a number.
    pub fn words(&self) -> impl Iterator<Item = &'static str> {
        self.choices.split('|').filter(|word| !word.is_empty())
    }

    /// Checks a number against the range.
    ///
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
        if self.kind != ValueKind::Float && value.fract() != 0.0 {
            return Err(self.refuse(&format!("{value}, which is not whole")));
        }
        Ok(())
    }

    /// Rounds a number as an option keeps it: a float's own minimum, kept in single precision, may lie a little below it.
    fn stored(&self, number: f64) -> f64 {
        if self.kind == ValueKind::Float { f64::from(number as f32) } else { number }
    }

    fn refuse(&self, value: &str) -> Error {
        Error::invalid(format!("{} is {value}, must be {}", self.name, self.range()))
    }

    /// Gives the accepted values in words: "2 to 8", "adam, muon or auto".
    pub fn range(&self) -> String {
        let auto = if self.has_auto { " or auto" } else { "" };
        match self.kind {
            ValueKind::Choice => format!("{}{auto}", self.choices.replace('|', ", ")),
            ValueKind::Integer | ValueKind::Float => format!("{} to {}{auto}", self.minimum, self.maximum),
        }
    }

    /// Writes a number as [`Row::parse`] reads it.
    pub fn written(&self, value: f64) -> String {
        if value.is_nan() {
            return "auto".into();
        }
        match self.kind {
            ValueKind::Choice => self.words().nth(value as usize).unwrap_or_default().into(),
            // As a float option was written: 0.03, not 0.029999999329447746.
            ValueKind::Float => (value as f32).to_string(),
            ValueKind::Integer => value.to_string(),
        }
    }

    /// Gives the number that `text` stands for: "auto", a choice's word, or a number with a decimal point whatever the
    /// locale.
    ///
    /// # Errors
    /// `InvalidArgument` for anything else, and for a number out of range.
    pub fn parse(&self, text: &str) -> Result<f64> {
        let text = text.trim();
        if text == "auto" && self.has_auto {
            return Ok(f64::NAN);
        }
        let value = match self.kind {
            ValueKind::Choice => self.words().position(|word| word == text).map(|index| index as f64),
            ValueKind::Integer | ValueKind::Float => text.parse::<f64>().ok().filter(|value| !value.is_nan()),
        };
        let value = value.ok_or_else(|| self.refuse(&format!("\"{text}\"")))?;
        self.check(value).map(|()| value)
    }
}

/// Builders, so that a row of the table reads as one.
impl Row {
    /// Makes a row of a number in a range. Its field says whether it is whole.
    pub(super) const fn number(access: Access, [minimum, maximum]: [f64; 2]) -> Row {
        Row {
            name: access.name,
            kind: access.kind,
            minimum,
            maximum,
            label: "",
            hint: "",
            unit: ValueUnit::None,
            choices: "",
            has_auto: false,
            tasks: EVERY_TASK,
            effect: Effect::OnResult,
            get: access.get,
            set: access.set,
        }
    }

    /// Makes a row of a choice, with its words.
    pub(super) const fn choice<C: Choice>(access: Access) -> Row {
        let mut row = Row::number(access, [0.0, (C::CHOICES.len() - 1) as f64]);
        row.kind = ValueKind::Choice;
        row.choices = C::WORDS;
        row
    }

    /// Adds the texts for people.
    pub(super) const fn text(mut self, label: &'static str, hint: &'static str) -> Row {
        self.label = label;
        self.hint = hint;
        self
    }

    /// Says what the number counts.
    pub(super) const fn unit(mut self, unit: ValueUnit) -> Row {
        self.unit = unit;
        self
    }

    /// Lets the option be left to the preset.
    pub(super) const fn auto(mut self) -> Row {
        self.has_auto = true;
        self
    }

    /// Says which tasks alone the option concerns.
    pub(super) const fn only_for(mut self, tasks: &'static [Task]) -> Row {
        self.tasks = tasks;
        self
    }

    /// Says when the option has a say in the bits, where it has not always.
    pub(super) const fn effect(mut self, effect: Effect) -> Row {
        self.effect = effect;
        self
    }
}

const EVERY_TASK: &[Task] = &[Task::Denoise, Task::Dejpeg, Task::SuperResolve, Task::Inpaint];

/// The field of an option, as its row reads and writes it. The kind is that of a number: a choice may be stored as one.
pub(super) struct Access {
    pub name: &'static str,
    pub kind: ValueKind,
    pub get: fn(&Options) -> f64,
    pub set: fn(&mut Options, f64),
}

/// Makes the access to a field by the field's type.
macro_rules! field {
    (u32 $field:ident) => {
        field!($field, Integer, |o| $crate::options::row::integer(o.$field), |o, value| {
            o.$field = $crate::options::row::stored_integer(value);
        })
    };
    (u64 $field:ident) => {
        field!($field, Integer, |o| o.$field as f64, |o, value| o.$field = value as u64)
    };
    (f32 $field:ident) => {
        field!($field, Float, |o| f64::from(o.$field), |o, value| o.$field = value as f32)
    };
    ($choice:ident $field:ident) => {
        field!($field, Choice, |o| f64::from(o.$field as u32), |o, value| {
            if let Ok(choice) = $choice::from_index(value as u32) {
                o.$field = choice;
            }
        })
    };
    ($field:ident, $kind:ident, $get:expr, $set:expr) => {
        Access { name: stringify!($field), kind: ValueKind::$kind, get: $get, set: $set }
    };
}
pub(super) use field;

/// Reads an integer field as the table sees it.
pub(super) fn integer(field: u32) -> f64 {
    if field == AUTO { f64::NAN } else { f64::from(field) }
}

/// Turns the table's number into an integer field.
pub(super) fn stored_integer(value: f64) -> u32 {
    if value.is_nan() { AUTO } else { value as u32 }
}
