//! What the user asked for: the flags of a command line as options and paths.

use crate::console::Console;
use crate::failure::{Failure, Result};
use crate::files;
use crate::picture::mask::Polarity;
use crate::picture::range::NumberRange;
use crate::shard::Shard;
use clap::ArgMatches;
use dipkit::options::{self, Options, Quality, Row, Task, ValueUnit};
use std::path::PathBuf;
use std::time::Duration;

/// What a restoring command was asked for.
#[derive(Debug, Clone)]
pub struct Settings {
    pub options: Options,
    pub pictures: Vec<PathBuf>,
    pub output: Option<PathBuf>,
    pub output_dir: Option<PathBuf>,
    pub overwrite: bool,
    /// The share of the pictures that is to be restored; all of them if there are no shares.
    pub shard: Option<Shard>,
    /// How long a claim holds that is not renewed.
    pub lease: Option<Duration>,
    pub checkpoint: Option<PathBuf>,
    /// Whether a fit goes on from its checkpoint, which is kept beside the result unless `checkpoint` names a place.
    pub resume: bool,
    /// The time between two checkpoints.
    pub checkpoint_every: Option<Duration>,
    pub mask: Option<PathBuf>,
    pub mask_dir: Option<PathBuf>,
    pub polarity: Polarity,
    /// The numbers of black and white in the picture's file, unless they are to be found.
    pub range: Option<NumberRange>,
    pub guide: Option<PathBuf>,
    pub truth: Option<PathBuf>,
    pub preview: Option<PathBuf>,
    pub report: Option<PathBuf>,
    pub estimate: bool,
    pub console: Console,
}

impl Settings {
    /// The settings that the flags of a task's subcommand make.
    ///
    /// # Errors
    /// A value is out of range, or flags contradict each other.
    pub fn new(task: Task, matches: &ArgMatches) -> Result<Settings> {
        let path = |name| matches.try_get_one::<PathBuf>(name).ok().flatten().cloned();
        let is_set = |name| matches.try_get_one::<bool>(name).ok().flatten().copied().unwrap_or(false);
        let word = |name| matches.try_get_one::<String>(name).ok().flatten().cloned();
        let settings = Settings {
            options: options(Options::new(task, Quality::Balanced), matches)?,
            pictures: matches.get_many("pictures").into_iter().flatten().cloned().collect(),
            output: path("output"),
            output_dir: path("output-dir"),
            overwrite: is_set("overwrite"),
            shard: word("shard").map(|text| Shard::parse(&text)).transpose()?,
            lease: lease(matches)?,
            checkpoint: path("checkpoint"),
            resume: is_set("resume"),
            checkpoint_every: time(matches, "checkpoint-every")?,
            mask: path("mask"),
            mask_dir: path("mask-dir"),
            polarity: if is_set("mask-invert") { Polarity::WhiteFills } else { Polarity::WhiteKeeps },
            range: range(matches)?,
            guide: path("guide"),
            truth: path("truth"),
            preview: path("preview"),
            report: path("report"),
            estimate: is_set("estimate"),
            console: console(matches),
        };
        settings.check()?;
        Ok(settings)
    }

    fn check(&self) -> Result<()> {
        let writes_stdout = self.output.as_deref().is_some_and(files::is_pipe);
        let refuse = |text: &str| Err(Failure::wrong_input(text));
        if self.console.is_json && writes_stdout {
            return refuse("--json and \"-o -\" both write to standard output: choose one");
        }
        if self.options.task == Task::Inpaint && self.mask.is_none() && self.mask_dir.is_none() {
            return refuse(
                "inpaint needs --mask FILE (white = keep, black = fill), or --mask-dir DIR for several pictures",
            );
        }
        if self.preview.as_deref().is_some_and(files::is_pipe) {
            return refuse("--preview is rewritten again and again and needs a file, not \"-\"");
        }
        if self.checkpoint.as_deref().is_some_and(files::is_pipe) {
            return refuse("--checkpoint is rewritten again and again and needs a file, not \"-\"");
        }
        if self.checkpoint.is_some() && self.output_dir.is_some() {
            return refuse(
                "--checkpoint names one file: with --output-dir use --resume alone, which keeps one beside each result",
            );
        }
        if self.checkpoint_every.is_some() && self.checkpoint.is_none() && !self.resume {
            return refuse(
                "--checkpoint-every says how often a checkpoint is written: give --resume or --checkpoint FILE",
            );
        }
        if self.shard.is_some() && self.output_dir.is_none() && !self.estimate {
            return refuse("--shard gives each worker a share of a folder: say with --output-dir DIR where results go");
        }
        if self.mask.is_some() && self.mask_dir.is_some() {
            return refuse("--mask and --mask-dir exclude each other: --mask-dir has a mask for each picture");
        }
        let inputs = self.pictures.iter().chain([&self.mask, &self.guide, &self.truth].into_iter().flatten());
        if inputs.filter(|path| files::is_pipe(path)).count() > 1 {
            return refuse("\"-\" can stand for one file only: standard input is read once");
        }
        Ok(())
    }
}

fn range(matches: &ArgMatches) -> Result<Option<NumberRange>> {
    let text = matches.try_get_one::<String>("range").ok().flatten();
    let parse = |text: &String| text.parse().map_err(|error| Failure::wrong_input(format!("--range is {error}")));
    text.map(parse).transpose()
}

/// How much is said, by the flags that every command has.
pub fn console(matches: &ArgMatches) -> Console {
    let is_set = |name| matches.try_get_one::<bool>(name).ok().flatten().copied().unwrap_or(false);
    Console { is_quiet: is_set("quiet"), is_json: is_set("json") }
}

/// The given options with the flags of the command line.
///
/// # Errors
/// The option table refuses a value.
pub fn options(mut options: Options, matches: &ArgMatches) -> Result<Options> {
    for row in options::rows() {
        let Ok(Some(text)) = matches.try_get_one::<String>(row.name) else { continue };
        let text = match row.unit {
            ValueUnit::Seconds => seconds(&flag(row), text)?.to_string(),
            ValueUnit::Bytes => bytes(&flag(row), text)?,
            ValueUnit::None | ValueUnit::Pixels | ValueUnit::Times | ValueUnit::Iterations => text.clone(),
        };
        options::set(&mut options, row.name, &text).map_err(|error| {
            // The message names the option as the user wrote it.
            Failure::wrong_input(error.to_string().replacen(row.name, &format!("--{}", flag(row)), 1))
        })?;
    }
    Ok(options)
}

/// The long flag of an option, without the hyphens in front.
pub fn flag(row: &Row) -> String {
    row.name.replace('_', "-")
}

/// The shortest lease: claims are renewed several times in the time of a lease, on a file server of many workers.
const SHORTEST_LEASE: Duration = Duration::from_secs(1);

fn lease(matches: &ArgMatches) -> Result<Option<Duration>> {
    match time(matches, "lease")? {
        Some(lease) if lease < SHORTEST_LEASE => {
            let seconds = lease.as_secs_f64();
            Err(Failure::wrong_input(format!(
                "--lease is {seconds} s, must be at least {} s",
                SHORTEST_LEASE.as_secs()
            )))
        }
        lease => Ok(lease),
    }
}

/// The time that a flag of the command itself names.
fn time(matches: &ArgMatches, flag: &str) -> Result<Option<Duration>> {
    let text = matches.try_get_one::<String>(flag).ok().flatten();
    let seconds = text.map(|text| seconds(flag, text)).transpose()?;
    let refuse = |error| Failure::wrong_input(format!("--{flag} is too long: {error}"));
    seconds.map(Duration::try_from_secs_f64).transpose().map_err(refuse)
}

/// The seconds of a text such as "90s", "2m", "1h", "1h30m" or "90".
fn seconds(flag: &str, text: &str) -> Result<f64> {
    let refuse = || Failure::wrong_input(format!("--{flag} is \"{text}\", must be a time like 90s, 2m, 1h or 1h30m"));
    let mut total = 0.0;
    let mut rest = text.trim();
    while let Some(end) = rest.find(['h', 'm', 's']) {
        let scale = match &rest[end..=end] {
            "h" => 3600.0,
            "m" => 60.0,
            _ => 1.0,
        };
        let number = rest[..end].trim().parse::<f64>().ok().filter(|number| *number >= 0.0);
        total += number.ok_or_else(refuse)? * scale;
        rest = rest[end + 1..].trim_start();
    }
    if !rest.is_empty() {
        total += rest.parse::<f64>().map_err(|_| refuse())?;
    }
    if text.trim().is_empty() || !total.is_finite() {
        return Err(refuse());
    }
    Ok(total)
}

/// The bytes, as digits, of a text such as "512M", "4G", "4GiB" or "4096".
fn bytes(flag: &str, text: &str) -> Result<String> {
    let text = text.trim();
    let Some(unit) = text.find(|c: char| c.is_ascii_alphabetic() && !matches!(c, 'e' | 'E')) else {
        return Ok(text.into());
    };
    let refuse = || {
        Failure::wrong_input(format!("--{flag} is \"{text}\", must be bytes, or a number with K, M, G or T such as 4G"))
    };
    let power = match text[unit..].to_ascii_uppercase().trim_end_matches('B').trim_end_matches('I') {
        "K" => 1,
        "M" => 2,
        "G" => 3,
        "T" => 4,
        _ => return Err(refuse()),
    };
    let number: f64 = text[..unit].trim().parse().map_err(|_| refuse())?;
    Ok((number * 1024f64.powi(power)).round().to_string())
}
