//! A host's locale changes nothing: neither the decimal point nor what a word is.

use crate::toolchain::{Link, program, scratch, succeed_silently};
use std::fs;
use std::process::Command;

#[test]
fn german_comma_changes_nothing() {
    check_in("de_DE");
}

#[test]
fn turkish_letters_change_nothing() {
    check_in("tr_TR");
}

/// Runs the check in a locale that is made for it; says so and passes where locales cannot be made.
fn check_in(locale: &str) {
    let folder = scratch("locale");
    fs::create_dir_all(&folder).unwrap();
    let name = format!("{locale}.UTF-8");
    let made = Command::new("localedef").args(["-i", locale, "-f", "UTF-8"]).arg(folder.join(&name)).output();
    if !made.is_ok_and(|output| output.status.success()) && !folder.join(&name).exists() {
        eprintln!("skipped: localedef cannot make {name} here (Debian: apt-get install locales)");
        return;
    }
    let options = program("tests/abi/c/options.c", Link::Library);
    let mut check = Command::new(options);
    check.arg("decimal_point_does_not_follow_the_locale").env("LC_ALL", &name).env("LOCPATH", &folder);
    succeed_silently(&mut check);
}
