//! The C library on a card, in a program of its own for each check: `c/card.c`.

use std::process::Command;

use super::stand_in::StandIn;
use super::toolchain::{Link, program, succeed_silently};

/// Runs a check with settings of the stand-in. The library prints nothing, whatever happens.
fn check(name: &str, settings: &[(&str, &str)]) {
    let Some(_stand_in) = StandIn::alone() else { return };
    let mut command = Command::new(program("tests/gpu/c/card.c", Link::Library));
    command.arg(name).envs(settings.iter().map(|(setting, value)| (format!("DIPKIT_STAND_IN_{setting}"), value)));
    succeed_silently(&mut command);
}

#[test]
fn a_fit_runs_on_the_card() {
    check("a_fit_runs_on_the_card", &[]);
}

#[test]
fn a_card_that_cannot_be_used_is_unsupported() {
    for (setting, value) in [("DEVICES", "0"), ("DRIVER_VERSION", "11030"), ("CAPABILITY", "61"), ("INIT_ERROR", "803")]
    {
        check("a_card_that_cannot_be_used_is_unsupported", &[(setting, value)]);
    }
}

#[test]
fn a_machine_without_a_driver_is_unsupported() {
    let Some(_stand_in) = StandIn::alone() else { return };
    let mut command = Command::new(program("tests/gpu/c/card.c", Link::Library));
    let output = command.arg("has_card").env_remove("LD_LIBRARY_PATH").output().unwrap();
    if output.status.success() {
        println!("nothing is tested, as this machine has a driver of its own");
        return;
    }
    let mut command = Command::new(program("tests/gpu/c/card.c", Link::Library));
    succeed_silently(command.arg("a_card_that_cannot_be_used_is_unsupported").env_remove("LD_LIBRARY_PATH"));
}

#[test]
fn too_little_memory_of_the_card_is_told() {
    check("too_little_memory_of_the_card_is_told", &[("MEMORY_BYTES", "100000")]);
}

#[test]
fn kernels_that_the_driver_refuses_are_an_error_of_the_device() {
    check("kernels_that_the_driver_refuses_are_an_error_of_the_device", &[("PTX_ERROR", "222")]);
}

#[test]
fn a_card_that_fails_in_a_fit_leaves_a_picture_and_the_cpu() {
    for (setting, value) in [("FAIL_REPLAY", "12"), ("LOST_AFTER", "1000"), ("FAIL_WAIT", "20")] {
        check("a_card_that_fails_in_a_fit_leaves_a_picture_and_the_cpu", &[(setting, value)]);
    }
}
