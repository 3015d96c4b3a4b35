//! The estimate against what the system counts, each session in a process of its own.
#![cfg(target_os = "linux")]

use std::process::Command;

use super::{finish, inputs, prepared, scene};
use dipkit::options::{Choice, DeviceKind, Options, Quality, Task};
use dipkit::pixels::{Sample, Size};
use dipkit::session::{Output, Session};

/// Task, quality, side, tile and threads of a child, as numbers.
const SPEC: &str = "DIPKIT_TEST_MEMORY";

fn status_bytes(key: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap();
    line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap() << 10
}

/// Prints the estimate and the peak above what the process had before.
#[test]
#[ignore = "a part of other tests"]
fn child() {
    let spec = std::env::var(SPEC).unwrap();
    let numbers: Vec<u32> = spec.split(' ').map(|number| number.parse().unwrap()).collect();
    let [task, quality, side, tile_size, threads] = numbers[..] else { panic!("{spec}") };
    let (task, quality) = (Task::from_index(task).unwrap(), Quality::from_index(quality).unwrap());
    let options =
        Options { device: DeviceKind::Cpu, threads, tile_size, iterations: 11, ..Options::new(task, quality) };
    let picture = scene(Size::new(side as usize, side as usize), 3, Sample::F32);
    let mut shown = picture.clone();
    // "5" resets the peak (proc_pid_clear_refs(5)).
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = status_bytes("VmRSS:");
    let session = prepared(&options, inputs(task, &picture)).unwrap();
    // A session that is done has let most of it go.
    session.step(session.metrics().iterations_total - 1).unwrap();
    if session.size() == shown.layout.size {
        session.preview(Output::Result, &shown.layout, 0, &mut shown.bytes).unwrap();
    }
    finish(&session);
    let peak = status_bytes("VmHWM:") - before;
    // Not before, since it leaves the allocator with memory that the session would use again.
    let estimate = Session::estimate_memory(&options, &inputs(task, &picture)).unwrap();
    println!("measured {estimate} {peak}");
}

/// Prints what a fit that is refused would have taken, and what refusing it took.
#[test]
#[ignore = "a part of other tests"]
fn refused_child() {
    let options =
        Options { factor: 8, memory_limit: 100 << 20, ..Options::new(Task::SuperResolve, Quality::Reference) };
    let picture = scene(Size::new(256, 256), 3, Sample::F32);
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = status_bytes("VmRSS:");
    assert!(prepared(&options, inputs(options.task, &picture)).is_err());
    let estimate = Session::estimate_memory(&options, &inputs(options.task, &picture)).unwrap();
    println!("measured {estimate} {}", status_bytes("VmHWM:") - before);
}

/// What a child prints.
fn measured_by(child: &str, spec: &str) -> (f64, f64) {
    let words = ["--ignored", "--exact", child, "--nocapture"];
    let output = Command::new(std::env::current_exe().unwrap()).args(words).env(SPEC, spec).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let line = text.lines().find_map(|line| line.split_once("measured ")).expect(&text).1;
    let (estimate, peak) = line.split_once(' ').unwrap();
    (estimate.parse().unwrap(), peak.parse().unwrap())
}

/// Estimate and peak.
fn measured(task: Task, quality: Quality, side: u32, tile: u32, threads: u32) -> (f64, f64) {
    let spec = format!("{} {} {side} {tile} {threads}", task as u32, quality as u32);
    measured_by("session::memory::child", &spec)
}

/// The network's input alone is 512 MiB: drawn before anybody asked for the limit, it ended hosts.
#[test]
fn a_fit_that_is_too_large_is_refused_before_it_takes_memory() {
    let (estimate, peak) = measured_by("session::memory::refused_child", "");
    // Tiles leave the whole picture's copies.
    assert!(estimate > 3e8 && peak < 5e7, "{peak} bytes to refuse {estimate}");
}

#[test]
fn the_peak_is_at_most_the_estimate_and_at_least_ten_elevenths_of_it() {
    for (task, quality, side, tile) in [
        (Task::Denoise, Quality::Balanced, 16, 0),
        (Task::Denoise, Quality::Balanced, 256, 0),
        (Task::Denoise, Quality::Reference, 64, 0),
        (Task::Dejpeg, Quality::Reference, 128, 0),
        (Task::Dejpeg, Quality::Fast, 128, 0),
        (Task::SuperResolve, Quality::Balanced, 64, 0),
        (Task::Inpaint, Quality::Reference, 64, 0),
        (Task::Denoise, Quality::Balanced, 768, 256),
        (Task::Inpaint, Quality::Balanced, 384, 128),
    ] {
        for threads in [1, 2] {
            let (estimate, peak) = measured(task, quality, side, tile, threads);
            let what = format!("{task:?}, {quality:?}, {side}, {tile}, {threads} threads: {estimate} of {peak} bytes");
            assert!((1.0..1.1).contains(&(estimate / peak)), "{what}");
        }
    }
}
