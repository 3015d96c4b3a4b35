//! Copies of the library in one process, as where two plug-ins of a host were both linked with it.

use crate::toolchain::{
    Link, compiler, library, library_folder, program, repository, scratch, succeed, succeed_silently,
};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

#[test]
fn plug_ins_with_copies_of_the_library_fit_at_the_same_time() {
    let statically = static_arguments();
    let folder = library_folder().display();
    let shared = [format!("-L{folder}"), "-ldipkit".into(), format!("-Wl,-rpath,{folder}")];
    let plug_ins = [("one", &statically[..]), ("other", &statically[..]), ("shared", &shared[..])];
    let plug_ins = plug_ins.map(|(name, arguments)| plug_in(name, arguments));
    succeed_silently(Command::new(program("tests/abi/c/copies.c", Link::ByHand)).args(plug_ins));
}

/// What a plug-in with the static library is linked with, as the Makefile tells others.
pub fn static_arguments() -> Vec<String> {
    let makefile = fs::read_to_string(repository("plugins/c/Makefile")).unwrap();
    let flags = makefile.lines().find_map(|line| line.strip_prefix("STATIC_LIBS = ")).unwrap();
    let archive = library().with_extension("a").display().to_string();
    [archive].into_iter().chain(flags.split_whitespace().map(str::to_owned)).collect()
}

fn plug_in(name: &str, arguments: &[String]) -> PathBuf {
    let folder = scratch("copies");
    fs::create_dir_all(&folder).unwrap();
    let (source, plug_in) = (repository("tests/abi/c/copy.c"), folder.join(format!("{name}.so")));
    succeed(compiler(&source).args(["-shared", "-fPIC", "-o"]).arg(&plug_in).arg(&source).args(arguments));
    plug_in
}
