//! The executor on graphics cards and all that depends on it, on a library that stands in for NVIDIA's driver.
//! `tests/gpu/run` has that built. Without it the tests say that there is nothing to test.

// They use the loader, the tools and the file names of Linux.
#![cfg(target_os = "linux")]

mod agreement;
mod arguments;
mod cases;
mod command;
mod counts;
mod failures;
mod library;
mod orders;
#[allow(dead_code)]
#[path = "../cli/pictures.rs"]
mod pictures;
#[allow(dead_code)]
#[path = "../cli/program.rs"]
mod program;
mod replays;
mod runs;
mod sessions;
mod sharing;
mod stand_in;
mod states;
#[allow(dead_code)]
#[path = "../abi/toolchain.rs"]
mod toolchain;
