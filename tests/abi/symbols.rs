//! What the library exports, and how it is linked.

use crate::copies::static_arguments;
use crate::toolchain::{compiler, library, repository, scratch, succeed};
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

/// Without that flag it exports thousands, and may call another copy of the library in its host.
#[test]
fn a_plug_in_with_the_static_library_exports_its_own_symbols_alone() {
    let folder = scratch("plug-in");
    fs::create_dir_all(&folder).unwrap();
    let (source, plug_in) = (folder.join("plug_in.c"), folder.join("plug_in.so"));
    let text = "#include <dipkit.h>\nunsigned plug_in(void) { return dip_abi_version(); }\n";
    fs::write(&source, text).unwrap();
    let flags = static_arguments();
    assert!(flags.iter().any(|flag| flag.contains("--exclude-libs")), "{flags:?}");
    succeed(compiler(&source).args(["-shared", "-fPIC", "-o"]).arg(&plug_in).arg(&source).args(flags));
    let output = succeed(Command::new("nm").args(["-D", "--defined-only", "--format=posix"]).arg(&plug_in));
    let symbols = String::from_utf8(output.stdout).unwrap();
    let exported: Vec<&str> = symbols.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(exported, ["plug_in"]);
}

#[test]
fn library_has_its_soname_and_stays_mapped() {
    let output = succeed(Command::new("readelf").arg("-d").arg(library()));
    let dynamic = String::from_utf8(output.stdout).unwrap();
    assert!(dynamic.contains("Library soname: [libdipkit.so.0]"), "{dynamic}");
    assert!(dynamic.contains("NODELETE"), "{dynamic}");
}
