//! The command `dipkit`: reads a command line, runs it, and turns what happens into an exit status.

mod args;
mod batch;
mod chart;
mod console;
mod devices;
mod documents;
mod experiments;
mod failure;
mod files;
mod inputs;
mod interrupt;
mod memory;
mod picture;
mod run;
mod settings;
mod shard;
mod words;

use clap::ArgMatches;
use dipkit::options::{Choice, Options, Quality, Task};
use experiments::bench::BenchExecutor;
use experiments::{bench, compare, curves};
use failure::{Failure, Result, Status};
use settings::Settings;
use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    // Usage errors end in get_matches, with status 2. A panic has printed where it happened. It is a bug, and so the
    // status is not Rust's own 101.
    let ended = std::panic::catch_unwind(|| dispatch(&args::command().subcommand(args::documents()).get_matches()))
        .unwrap_or_else(|_| {
            Err(Failure::new(Status::Internal, "this is a bug in dipkit: please report the lines above"))
        });
    match ended.and_then(|()| console::check()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            console::error(&failure.text);
            ExitCode::from(failure.status as u8)
        }
    }
}

fn dispatch(matches: &ArgMatches) -> Result<()> {
    // clap has refused a command line without a subcommand.
    let Some((name, matches)) = matches.subcommand() else { return Ok(()) };
    interrupt::install()?;
    match name {
        "compare" => {
            let path = |name| matches.get_one::<PathBuf>(name).cloned().unwrap_or_default();
            compare::run(&path("A"), &path("B"), &settings::console(matches))
        }
        "devices" => {
            devices::run(&settings::console(matches));
            Ok(())
        }
        "bench" => {
            let word = matches.get_one::<String>("bench-task").map_or("", String::as_str);
            let options = settings::options(Options::new(task(word)?, Quality::Balanced), matches)?;
            let side = matches.get_one::<u32>("size").copied().unwrap_or_default();
            let executor = match matches.get_one::<String>("executor").map(String::as_str) {
                Some("candle") => BenchExecutor::Candle,
                _ => BenchExecutor::Plan,
            };
            bench::run(options, side, executor, &settings::console(matches))
        }
        "curves" => curves::run(matches),
        "documents" => documents::run(&matches.get_one::<PathBuf>("folder").cloned().unwrap_or_default()),
        word => batch::run(&Settings::new(task(word)?, matches)?),
    }
}

fn task(word: &str) -> Result<Task> {
    let found = Task::CHOICES.iter().find(|(known, _)| *known == word);
    let words: Vec<_> = Task::CHOICES.iter().map(|(word, _)| *word).collect();
    found
        .map(|(_, task)| *task)
        .ok_or_else(|| Failure::wrong_input(format!("--task is \"{word}\", must be one of {}", words.join(", "))))
}
