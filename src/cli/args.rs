//! The command line. Flags of options are made from the option table, so that a new option is a new flag.

use crate::settings::flag;
use clap::builder::ValueParser;
use clap::{Arg, ArgAction, Command, value_parser};
use dipkit::options::{self, Choice, Quality, Row, Task, ValueKind, ValueUnit};
use std::path::PathBuf;

const FILES: &str = "Files";
const REPORTS: &str = "Progress and reports";
const OPTIONS: &str = "Options of the method";

const QUALITIES: &str = "\
Qualities:
  reference  the paper's networks and numbers; hours for a large picture
  balanced   a small network that Muon trains in some hundred iterations, and
             that stops by itself. Denoise feeds it the picture, with fresh
             noise as strong as the picture's own; inpaint feeds it the
             picture and hides known pixels in turn. Dejpeg, and denoise where
             noise cannot be drawn, start from random numbers as the paper
             does, in tiles, for a measured number of iterations. The default
  fast       as balanced, with a third of the iterations, or half where the
             network starts from random numbers

Exit status:
  0    done
  1    internal failure
  2    wrong input
  3    some pictures of a batch failed
  4    out of memory
  5    the fit diverged
  6    the disk is full
  75   stopped by SIGTERM or SIGUSR1, as schedulers do it, and a checkpoint is
       kept (--resume, --checkpoint): the same command goes on from there
  130  stopped by Ctrl-C, or by any signal where no checkpoint is kept; the
       checkpoint or else the best picture so far is saved";

/// How the table of the exit statuses begins, which has a section of its own in manual pages.
pub const EXIT_STATUS: &str = "Exit status:\n";

const EXAMPLES: &str = "\
Examples:
  dipkit denoise noisy.jpg -o restored.png
  dipkit inpaint scan.tif --mask scratches.png -o restored.tif --preview look.png
  dipkit super-resolve small.png -o large.png --factor 4 --time-limit 10m
  dipkit dejpeg folder --output-dir restored
  dipkit denoise noisy.jpg -o restored.png --resume";

/// The command line, from which help, manual pages and the completions of shells are made.
pub fn command() -> Command {
    Command::new("dipkit")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Restores a picture by fitting an untrained network to it (Deep Image Prior)")
        .after_help(EXAMPLES)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands(Task::CHOICES.iter().map(|(word, task)| task_command(word, *task)))
        .subcommand(compare())
        .subcommand(Command::new("devices").about("Lists where a fit can run").arg(json()))
        .subcommand(bench())
        .subcommand(curves())
}

fn task_command(word: &'static str, task: Task) -> Command {
    let about = match task {
        Task::Denoise => "Removes noise",
        Task::Dejpeg => "Removes JPEG artifacts",
        Task::SuperResolve => "Enlarges a picture",
        Task::Inpaint => "Fills holes and removes what a mask marks",
    };
    Command::new(word)
        .about(about)
        .after_help(QUALITIES)
        .args(file_args(task))
        .args(report_args())
        .args(option_args(Some(task)))
}

fn file_args(task: Task) -> Vec<Arg> {
    let mut args = vec![
        Arg::new("pictures")
            .value_name("PICTURE")
            .help("Pictures or folders of pictures; \"-\" reads one from standard input")
            .required(true)
            .num_args(1..)
            .value_parser(value_parser!(PathBuf)),
        path(
            "output",
            "FILE",
            "Where the result goes; an existing file is replaced; \"-\" writes a PNG to standard output",
        )
        .short('o'),
        path("output-dir", "DIR", "Where the results of several pictures go, under their own names"),
        Arg::new("range")
            .long("range")
            .value_name("BLACK..WHITE")
            .help(
                "The numbers of black and white in the picture's file, such as 0..4095; found by themselves if not set",
            )
            .allow_hyphen_values(true)
            .value_parser(ValueParser::string()),
        switch("overwrite", "Replace results that exist in --output-dir instead of skipping their pictures"),
    ];
    args.extend(checkpoint_args());
    args.extend(worker_args());
    if task == Task::Inpaint {
        args.push(path(
            "mask",
            "FILE",
            "White = keep, black = fill, grey = how much a pixel counts; of the same size as the picture",
        ));
        args.push(path("mask-dir", "DIR", "Masks of several pictures, under the pictures' names"));
        args.push(switch("mask-invert", "White = fill, black = keep"));
    }
    if task == Task::Denoise {
        args.push(path(
            "guide",
            "FILE",
            "A cleaner picture of the same scene, such as one with flash; of the same size as the picture",
        ));
    }
    // The pictures keep the heading of their own that clap puts first.
    args.into_iter().map(|arg| if arg.is_positional() { arg } else { arg.help_heading(FILES) }).collect()
}

fn checkpoint_args() -> [Arg; 3] {
    [
        path(
            "checkpoint",
            "FILE",
            "Keep the unfinished fit in this file, for --resume: it is written every minute, at Ctrl-C and when the time \
             limit ends the fit, and removed when the result is finished. At Ctrl-C it takes the place of the \
             unfinished picture. Without --resume an existing file is refused",
        ),
        switch(
            "resume",
            "Go on from the checkpoint to the result that an uninterrupted fit has, or start where there is none. \
             Checkpoints are kept beside the results, as RESULT.dipkit, unless --checkpoint names another file. A time \
             limit counts from each start on",
        ),
        Arg::new("checkpoint-every")
            .long("checkpoint-every")
            .value_name("TIME")
            .help("Time between two checkpoints [seconds, or a time like 90s, 2m, 1h; default 60]")
            .allow_hyphen_values(true)
            .value_parser(ValueParser::string()),
    ]
}

/// What a worker must know when several share a folder.
fn worker_args() -> [Arg; 2] {
    [
        Arg::new("shard")
            .long("shard")
            .value_name("I/N")
            .help(
                "Restore the I-th of N shares of the pictures, counted from 1 on, so that N workers restore a folder \
                 together. A picture's name says whose it is. \"slurm\" takes I and N from the task of a Slurm array",
            )
            .allow_hyphen_values(true)
            .value_parser(ValueParser::string()),
        Arg::new("lease")
            .long("lease")
            .value_name("TIME")
            .help(
                "How long a worker that shows no sign of life keeps the picture that it has claimed in --output-dir, the \
                 same for all workers [seconds, or a time like 90s, 2m, 1h; default 120]",
            )
            .allow_hyphen_values(true)
            .value_parser(ValueParser::string()),
    ]
}

fn report_args() -> Vec<Arg> {
    let args = vec![
        path("preview", "FILE", "Rewrite this file with the picture so far as the fit goes"),
        path("truth", "FILE", "The clean picture, if it is known: reports PSNR and SSIM of the result"),
        path("report", "DIR", "Write curves of the fit (SVG and CSV) and a before/after picture into this folder"),
        switch("estimate", "Time a few iterations, print minutes and memory, and stop"),
        json(),
        switch("quiet", "Print nothing but errors"),
    ];
    args.into_iter().map(|arg| arg.help_heading(REPORTS)).collect()
}

/// One flag for each option. Flags that mean nothing for the task are accepted but not shown.
fn option_args(task: Option<Task>) -> Vec<Arg> {
    // The task is the subcommand.
    let rows = options::rows().iter().enumerate().filter(|(_, row)| row.name != Task::OPTION);
    rows.map(|(index, row)| option_arg(index, row, task)).collect()
}

fn option_arg(index: usize, row: &'static Row, task: Option<Task>) -> Arg {
    let is_shown = task.is_none_or(|task| row.concerns(task));
    let default = default_text(index, row, task);
    Arg::new(row.name)
        .long(flag(row))
        .value_name(value_name(row))
        .help(format!("{} [{}{default}]", row.hint, range(row)))
        .help_heading(OPTIONS)
        .hide(!is_shown)
        // This makes "-1" a value out of range instead of an unknown flag.
        .allow_hyphen_values(true)
        .value_parser(ValueParser::string())
}

fn range(row: &Row) -> String {
    match row.unit {
        ValueUnit::Seconds => "seconds, or a time like 90s, 2m, 1h".into(),
        ValueUnit::Bytes => "bytes, or a number with K, M, G or T".into(),
        ValueUnit::None | ValueUnit::Pixels | ValueUnit::Times | ValueUnit::Iterations => row.range(),
    }
}

/// The default as help shows it ("; default 3000"), if the task has one for every picture.
fn default_text(index: usize, row: &Row, task: Option<Task>) -> String {
    let Some(task) = task else { return String::new() };
    let default = options::info(index, task, Quality::Balanced).map_or(f64::NAN, |(_, default)| default);
    if default.is_nan() { String::new() } else { format!("; default {}", row.written(default)) }
}

fn value_name(row: &Row) -> &'static str {
    match (row.kind, row.unit) {
        (ValueKind::Choice, _) => "WORD",
        (_, ValueUnit::Seconds) => "TIME",
        (_, ValueUnit::Bytes) => "SIZE",
        (_, ValueUnit::None | ValueUnit::Pixels | ValueUnit::Times | ValueUnit::Iterations) => "NUMBER",
    }
}

fn path(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).help(help).value_parser(value_parser!(PathBuf))
}

fn switch(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).help(help).action(ArgAction::SetTrue)
}

fn json() -> Arg {
    switch("json", "Print JSON on standard output, one object a line")
}

fn compare() -> Command {
    let picture =
        |name: &'static str| Arg::new(name).value_name(name).required(true).value_parser(value_parser!(PathBuf));
    Command::new("compare")
        .about("Prints PSNR and SSIM of picture A against picture B")
        .after_help(
            "PSNR: dB, peak 1, over all colour channels together. SSIM: Gaussian window of 11x11 pixels, sigma 1.5, \
             mean of the colour channels. Transparency and colour profiles are left out.",
        )
        .arg(picture("A"))
        .arg(picture("B"))
        .arg(json())
}

fn bench() -> Command {
    Command::new("bench")
        .about("Times iterations on a synthetic picture")
        .after_help(
            "Prints the median time of an iteration in seconds, without the first one, and the peak memory; on a CPU also \
             the instructions in use and the share of the machine's dense multiply-add rate that is reached, counting \
             convolutions done directly (a fast algorithm may pass 100 %).",
        )
        .arg(
            Arg::new("bench-task")
                .long("task")
                .value_name("WORD")
                .help("denoise, dejpeg, super-resolve or inpaint")
                .default_value("denoise"),
        )
        .arg(size_arg("256", "Side of the restored picture in pixels"))
        .arg(
            Arg::new("executor")
                .long("executor")
                .value_name("WORD")
                .help("What runs on a CPU: plan, or candle, the executor of other devices, which is slow here and judges it")
                .value_parser(["plan", "candle"])
                .default_value("plan"),
        )
        .arg(json())
        .args(option_args(None))
}

fn curves() -> Command {
    Command::new("curves")
        .about("Shows why the method works: a picture is fitted sooner than noise (Fig. 2 of the paper)")
        .after_help(
            "Fits the picture, the picture with noise of sigma 25, its shuffled pixels and white noise from the same \
             start and writes losses.csv and losses.svg. With --prior the picture is the truth: it is reduced four \
             times and enlarged again without a prior, with total variation and with the deep prior; that writes a \
             picture each, psnr.csv and psnr.svg.\n\nThe experiments show behaviour, not pictures, so a large picture \
             is cropped to --size pixels a side around its centre.",
        )
        .arg(
            Arg::new("picture")
                .value_name("PICTURE")
                .help("A clean picture")
                .required(true)
                .value_parser(value_parser!(PathBuf)),
        )
        .arg(path("output", "DIR", "Folder for the results").short('o').required(true))
        .arg(size_arg("128", "Longest side in pixels; a larger picture is cropped"))
        .arg(switch("prior", "Compare priors in super-resolution instead"))
        .arg(json())
        .arg(switch("quiet", "Print nothing but errors"))
        .args(option_args(None))
}

/// The hidden subcommand for those who install the command.
pub fn documents() -> Command {
    Command::new("documents")
        .about("Writes the manual pages and the completions of bash, zsh and fish into a folder")
        .hide(true)
        .arg(Arg::new("folder").value_name("DIR").required(true).value_parser(value_parser!(PathBuf)))
}

fn size_arg(default: &'static str, help: &'static str) -> Arg {
    Arg::new("size")
        .long("size")
        .value_name("PIXELS")
        .help(help)
        .default_value(default)
        .value_parser(value_parser!(u32).range(1..=65536))
}
