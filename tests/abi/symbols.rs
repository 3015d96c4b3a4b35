//! What the library exports, and how it is linked.

use crate::toolchain::{library, repository, succeed};
use std::fs;
use std::process::Command;

#[test]
fn exported_symbols_are_the_listed_ones() {
    let output = succeed(Command::new("nm").args(["-D", "--defined-only", "--format=posix"]).arg(library()));
    let symbols = String::from_utf8(output.stdout).unwrap();
    let mut exported: Vec<&str> = symbols.lines().filter_map(|line| line.split(' ').next()).collect();
    exported.sort_unstable();
    let listed = fs::read_to_string(repository("tests/abi/symbols.txt")).unwrap();
    assert_eq!(exported, listed.lines().collect::<Vec<_>>());
}

#[test]
fn header_declares_the_listed_symbols() {
    let header = fs::read_to_string(repository("include/dipkit.h")).unwrap();
    let listed = fs::read_to_string(repository("tests/abi/symbols.txt")).unwrap();
    for symbol in listed.lines() {
        assert_eq!(
            header.matches(&format!("{symbol}(")).count(),
            1 + usize::from(symbol == "dip_last_error"),
            "{symbol}"
        );
    }
}

#[test]
fn library_has_its_soname_and_stays_mapped() {
    let output = succeed(Command::new("readelf").arg("-d").arg(library()));
    let dynamic = String::from_utf8(output.stdout).unwrap();
    assert!(dynamic.contains("Library soname: [libdipkit.so.0]"), "{dynamic}");
    assert!(dynamic.contains("NODELETE"), "{dynamic}");
}
