//! The fuzz target that FUZZ_TARGET names, run by libFuzzer.
#![no_main]

#[path = "../boundary.rs"]
mod boundary;
#[path = "../bytes.rs"]
mod bytes;
#[allow(dead_code)]
#[path = "../../../src/cli/failure.rs"]
mod failure;
#[path = "../layouts.rs"]
mod layouts;
#[path = "../masks.rs"]
mod masks;
#[allow(dead_code)]
#[path = "../../../src/cli/picture/mod.rs"]
mod picture;
#[path = "../pictures.rs"]
mod pictures;
#[path = "../sessions.rs"]
mod sessions;
#[allow(dead_code)]
#[path = "../targets.rs"]
mod targets;

use libfuzzer_sys::fuzz_target;
use std::sync::OnceLock;
use targets::{TARGETS, Target};

/// Where the files are that inputs are made of.
pub const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data");

fn target() -> &'static Target {
    static TARGET: OnceLock<&Target> = OnceLock::new();
    TARGET.get_or_init(|| {
        let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
        let target = TARGETS.iter().find(|target| target.name == name);
        let target = target.unwrap_or_else(|| panic!("FUZZ_TARGET is \"{name}\""));
        // The seeds go where libFuzzer looks for inputs.
        if let Ok(folder) = std::env::var("FUZZ_SEEDS") {
            for (number, seed) in (target.seeds)().iter().enumerate() {
                std::fs::write(format!("{folder}/seed-{number}"), seed).unwrap();
            }
        }
        target
    })
}

fuzz_target!(init: { target(); }, |data: &[u8]| (target().run)(data));
