//! A worker's share of a folder. A picture's name alone says whose it is, so that workers agree without talking to each
//! other, whatever else is in the folder and in whatever order it is listed.

use crate::failure::{Failure, Result};
use std::env;
use std::ffi::OsStr;
use std::fmt;

/// The word for the share that a Slurm array gives to each of its tasks.
const SLURM: &str = "slurm";

/// One of several shares of the pictures, by their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Counted from 1.
    number: u32,
    shards: u32,
}

impl Shard {
    /// The share that the flag asks for: "2/4", or "slurm" for that of this task of a Slurm array.
    ///
    /// # Errors
    /// There is no such share, or this is no task of an array.
    pub fn parse(text: &str) -> Result<Shard> {
        if text == SLURM {
            return of_array_task();
        }
        let numbers = text.split_once('/').and_then(|(number, shards)| Some((whole(number)?, whole(shards)?)));
        let (number, shards) = numbers.ok_or_else(|| {
            Failure::wrong_input(format!("--shard is \"{text}\", must be a share such as 2/4, or {SLURM}"))
        })?;
        Shard::new(number, shards).ok_or_else(|| {
            Failure::wrong_input(format!(
                "--shard is \"{text}\": shares are counted from 1 on, and the first number is at most the second"
            ))
        })
    }

    fn new(number: u32, shards: u32) -> Option<Shard> {
        (1..=shards).contains(&number).then_some(Shard { number, shards })
    }

    /// Whether the picture of this name belongs to the share. The answer is part of the command line's interface:
    /// workers of different versions may share a folder.
    pub fn holds(self, name: &OsStr) -> bool {
        let hash = blake3::hash(name.as_encoded_bytes());
        let number = hash.as_bytes().iter().take(8).rev().fold(0, |number, byte| number << 8 | u64::from(*byte));
        number % u64::from(self.shards) == u64::from(self.number - 1)
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.shards)
    }
}

/// Digits alone: no sign and no space.
fn whole(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// The share of this task of a Slurm array such as 1-8 or 0-14:2.
fn of_array_task() -> Result<Shard> {
    let [task, first, tasks] =
        [of_array("SLURM_ARRAY_TASK_ID"), of_array("SLURM_ARRAY_TASK_MIN"), of_array("SLURM_ARRAY_TASK_COUNT")];
    let (task, first, tasks) = (task?, first?, tasks?);
    let step =
        if env::var_os("SLURM_ARRAY_TASK_STEP").is_some() { of_array("SLURM_ARRAY_TASK_STEP")?.max(1) } else { 1 };
    let number = task.checked_sub(first).and_then(|steps| (steps / step).checked_add(1));
    number.and_then(|number| Shard::new(number, tasks)).ok_or_else(|| {
        Failure::wrong_input(format!(
            "--shard {SLURM}: this is task {task} of an array of {tasks} tasks that begins with {first}: submit a range \
             without gaps, such as --array=1-{tasks}"
        ))
    })
}

fn of_array(name: &str) -> Result<u32> {
    let value = env::var(name).map_err(|_| {
        let text = format!(
            "--shard {SLURM}: {name} is not set, which Slurm sets in the tasks of an array: submit with \
                            sbatch --array=1-N, or name the share, such as 2/4"
        );
        Failure::wrong_input(text)
    })?;
    value.parse().map_err(|_| Failure::wrong_input(format!("--shard {SLURM}: {name} is \"{value}\", must be a number")))
}
