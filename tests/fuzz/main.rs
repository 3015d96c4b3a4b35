//! The short run of the fuzz targets: every seed and some thousand inputs made of them, the same ones in every run. The
//! long one, which looks for new paths through the code and for reads beside memory, is `tests/fuzz/run`.

mod boundary;
mod bytes;
#[allow(dead_code)]
#[path = "../../src/cli/failure.rs"]
mod failure;
mod layouts;
mod masks;
mod mutation;
#[allow(dead_code)]
#[path = "../../src/cli/picture/mod.rs"]
mod picture;
mod pictures;
mod sessions;
mod targets;

use mutation::{Choices, mutated};
use std::panic::{AssertUnwindSafe, catch_unwind};
use targets::{TARGETS, Target};

/// Where the files are that inputs are made of.
pub const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data");
/// The start of all choices.
const SEED: u64 = 0x5eed_0000_0001;

#[test]
fn any_images_and_options_at_the_c_boundary_are_taken_or_refused() {
    run("boundary");
}

#[test]
fn any_picture_file_is_decoded_or_refused() {
    run("pictures");
}

#[test]
fn any_mask_is_taken_or_refused() {
    run("masks");
}

#[test]
fn any_saved_session_is_taken_up_or_refused() {
    run("sessions");
    sessions::clean();
}

/// Inputs that were found, in files whose names begin with their targets'.
mod found {
    use super::{run_one, target};

    fn run(file: &str) {
        let path = std::path::Path::new(super::DATA).join("../fuzz/found").join(file);
        run_one(target(file.split('-').next().unwrap()), &std::fs::read(path).unwrap());
    }

    /// The encoder refused what the reader had taken for an attribute of the user's.
    #[test]
    fn an_exr_attribute_of_a_standard_name_but_another_type_is_not_written() {
        run("pictures-exr_attribute_of_a_standard_name");
    }

    #[test]
    fn a_lossy_mask_with_samples_beyond_white_has_weights_of_1_at_most() {
        run("masks-lossy_beyond_white");
    }

    /// It was an internal error.
    #[test]
    fn a_saved_buffer_that_is_too_short_is_the_files_fault() {
        super::sessions::shortened_seeds().iter().for_each(|seed| run_one(target("sessions"), seed));
        super::sessions::clean();
    }
}

fn target(name: &str) -> &'static Target {
    TARGETS.iter().find(|target| target.name == name).unwrap()
}

fn run(name: &str) {
    let target = target(name);
    let seeds = (target.seeds)();
    assert!(!seeds.is_empty());
    seeds.iter().for_each(|seed| run_one(target, seed));
    let mut choices = Choices(SEED);
    for _ in 0..target.inputs {
        run_one(target, &mutated(&seeds, &mut choices));
    }
}

/// Runs an input, which is kept where it fails.
fn run_one(target: &Target, input: &[u8]) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| (target.run)(input))) {
        let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
        let kept = folder.join(format!("fuzz-{}-{}", target.name, input.len()));
        std::fs::write(&kept, input).unwrap();
        eprintln!("the input is kept in {}", kept.display());
        std::panic::resume_unwind(panic);
    }
}
