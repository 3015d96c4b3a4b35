//! What `make install` of plugins/c puts into a tree, used from that tree alone, as packages and programs use it.

use crate::toolchain::{library, repository, said, scratch, succeed};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const SIDE: usize = 16;
const SMALL: [&str; 5] = ["iterations=4", "channels=4", "channels_deepest=4", "scales=2", "input_depth=4"];
/// Not a default of the Makefile.
const PREFIX: &str = "/opt/dipkit";
const LIBRARIES: &str = "opt/dipkit/libraries";
const C99: [&str; 6] = ["-std=c99", "-D_POSIX_C_SOURCE=200809L", "-pedantic", "-Wall", "-Wextra", "-Werror"];
/// Absent from a build without the command, such as `--no-default-features --features capi`.
const COMMAND: Option<&str> = option_env!("CARGO_BIN_EXE_dipkit");

/// What `make` puts below `tree`, or takes away.
fn make(goal: &str, tree: &Path) {
    let mut make = Command::new("make");
    make.arg("-s").arg("-C").arg(repository("plugins/c")).arg(goal).arg(format!("PREFIX={PREFIX}"));
    make.arg(format!("DESTDIR={}", tree.display())).arg(format!("LIBDIR=/{LIBRARIES}"));
    make.arg(format!("LIBRARY_DIR={}", library().parent().unwrap().display()));
    succeed(make.args(COMMAND.map(|command| format!("COMMAND={command}"))));
}

/// An empty folder of this suite.
fn folder(name: &str) -> PathBuf {
    let folder = scratch(&format!("installation/{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A tree with the library, moved after it was installed: nothing in it may remember where it was.
fn moved_tree(name: &str) -> PathBuf {
    let folder = folder(name);
    make("install-library", &folder.join("installed"));
    fs::rename(folder.join("installed"), folder.join("moved")).unwrap();
    folder.join("moved")
}

/// Everything below a folder that is no folder.
fn files(tree: &Path) -> BTreeSet<String> {
    let found = succeed(Command::new("find").arg(tree).args(["-not", "-type", "d", "-printf", "%P\n"]));
    String::from_utf8(found.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// Whether a program is installed; says so where not.
fn is_there(program: &str, left_out: &str) -> bool {
    let is_there = Command::new(program).arg("--version").output().is_ok();
    if !is_there {
        eprintln!("skipped {left_out}: {program} is missing");
    }
    is_there
}

/// A folder with the documents that the command writes.
fn documents(command: &str, name: &str) -> PathBuf {
    let folder = folder(name);
    succeed(Command::new(command).arg("documents").arg(&folder));
    folder
}

#[test]
fn the_tree_is_whole_and_uninstall_takes_away_just_that() {
    let Some(command) = COMMAND else { return eprintln!("skipped the whole tree: this build has no command") };
    let tree = folder("whole");
    let others = ["opt/dipkit/share/man/man1/dipkit-other.1", &format!("{LIBRARIES}/cmake/other/otherConfig.cmake")];
    for other in others {
        fs::create_dir_all(tree.join(other).parent().unwrap()).unwrap();
        fs::write(tree.join(other), "").unwrap();
    }
    make("install", &tree);
    let mut expected: BTreeSet<String> = others.iter().map(|name| (*name).to_owned()).collect();
    let version = env!("CARGO_PKG_VERSION");
    for name in [
        "libdipkit.a",
        "libdipkit.so",
        "libdipkit.so.0",
        &format!("libdipkit.so.{version}"),
        "pkgconfig/dipkit.pc",
        "cmake/dipkit/dipkitConfig.cmake",
        "cmake/dipkit/dipkitConfigVersion.cmake",
    ] {
        expected.insert(format!("{LIBRARIES}/{name}"));
    }
    let pages: Vec<String> =
        files(&documents(command, "pages")).into_iter().filter(|name| name.ends_with(".1")).collect();
    expected.extend(pages.iter().map(|page| format!("opt/dipkit/share/man/man1/{page}")));
    for name in [
        "bin/dipkit",
        "include/dipkit.h",
        "include/dipkit.hpp",
        "share/bash-completion/completions/dipkit",
        "share/fish/vendor_completions.d/dipkit.fish",
        "share/zsh/site-functions/_dipkit",
    ] {
        expected.insert(format!("opt/dipkit/{name}"));
    }
    assert_eq!(files(&tree), expected);
    let installed = succeed(Command::new(tree.join("opt/dipkit/bin/dipkit")).arg("--version"));
    assert_eq!(said(&installed), format!("dipkit {version}\n"));
    make("uninstall", &tree);
    assert_eq!(files(&tree), others.iter().map(|name| (*name).to_owned()).collect());
    assert!(!tree.join(LIBRARIES).join("cmake/dipkit").exists());
}

/// The flags that pkg-config has for a program in this tree, and nowhere else.
fn pkg_config(tree: &Path, what: &[&str]) -> Vec<String> {
    let mut asked = Command::new("pkg-config");
    asked.args(what).arg("dipkit").env("PKG_CONFIG_LIBDIR", tree.join(LIBRARIES).join("pkgconfig"));
    let output = succeed(asked.env("PKG_CONFIG_SYSROOT_DIR", tree));
    String::from_utf8(output.stdout).unwrap().split_whitespace().map(str::to_owned).collect()
}

/// An example beside the tree, compiled with these flags and no others that say where anything is.
fn c99_program(tree: &Path, flags: &[String]) -> PathBuf {
    let program = tree.with_file_name("program");
    let mut compiler = Command::new("cc");
    succeed(compiler.args(C99).arg(repository("plugins/c/denoise.c")).arg("-o").arg(&program).args(flags));
    program
}

/// Restores a small picture with an installed example, which takes a picture, maybe a mask, and a result.
fn restores(program: &Path, libraries: Option<&Path>, has_mask: bool) {
    let folder = program.parent().unwrap();
    let path = |name: &str| folder.join(name);
    let samples: Vec<u8> = (0..SIDE * SIDE).map(|i| (i * 37 % 251) as u8).collect();
    let header = format!("P5\n{SIDE} {SIDE}\n255\n").into_bytes();
    fs::write(path("in.pgm"), [header.clone(), samples].concat()).unwrap();
    let keep = (0..SIDE * SIDE).map(|i| if i % SIDE == 5 { 0 } else { 255 }).collect();
    fs::write(path("mask.pgm"), [header.clone(), keep].concat()).unwrap();
    let _ = fs::remove_file(path("out.pgm"));
    let mut command = Command::new(program);
    command.arg(path("in.pgm"));
    if has_mask {
        command.arg(path("mask.pgm"));
    }
    command.arg(path("out.pgm")).args(SMALL).env_remove("LD_LIBRARY_PATH");
    succeed(command.envs(libraries.map(|libraries| ("LD_LIBRARY_PATH", libraries))));
    assert_eq!(fs::read(path("out.pgm")).unwrap().len(), header.len() + SIDE * SIDE);
}

/// The libraries that the loader will look for.
fn needed(program: &Path) -> String {
    let Output { stdout, .. } = succeed(Command::new("readelf").arg("-d").arg(program));
    let dynamic = String::from_utf8(stdout).unwrap();
    dynamic.lines().filter(|line| line.contains("(NEEDED)")).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_c99_program_finds_the_shared_library_through_pkg_config() {
    if !is_there("pkg-config", "the C99 program") {
        return;
    }
    let tree = moved_tree("shared");
    let program = c99_program(&tree, &pkg_config(&tree, &["--cflags", "--libs"]));
    assert!(needed(&program).contains("[libdipkit.so.0]"), "{}", needed(&program));
    restores(&program, Some(&tree.join(LIBRARIES)), false);
    let said = pkg_config(&tree, &["--modversion"]);
    assert_eq!(said, [env!("CARGO_PKG_VERSION")]);
}

#[test]
fn a_program_has_the_static_library_inside() {
    if !is_there("pkg-config", "the static program") {
        return;
    }
    let tree = moved_tree("static");
    // A linker that finds both takes the shared one for -ldipkit.
    let flags = pkg_config(&tree, &["--static", "--cflags", "--libs"]);
    let by_name = flags.into_iter().map(|flag| if flag == "-ldipkit" { "-l:libdipkit.a".into() } else { flag });
    let program = c99_program(&tree, &by_name.collect::<Vec<_>>());
    assert!(!needed(&program).contains("dipkit"), "{}", needed(&program));
    fs::remove_dir_all(&tree).unwrap();
    restores(&program, None, false);
}

const CMAKE_PROJECT: &str = "\
cmake_minimum_required(VERSION 3.13)
project(program CXX)
set(CMAKE_CXX_STANDARD 11)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
find_package(dipkit 1.0 QUIET)
if(dipkit_FOUND)
  message(FATAL_ERROR \"version 1.0 was found in ${dipkit_VERSION}\")
endif()
find_package(dipkit VERSION REQUIRED)
if(NOT dipkit_DIR STREQUAL \"${CMAKE_PREFIX_PATH}/dipkit\")
  message(FATAL_ERROR \"another dipkit was found, in ${dipkit_DIR}\")
endif()
add_executable(shared SOURCE)
target_link_libraries(shared PRIVATE dipkit::dipkit)
add_executable(static SOURCE)
target_link_libraries(static PRIVATE dipkit::dipkit-static)
";

#[test]
fn cpp11_programs_find_both_libraries_through_cmake() {
    if !is_there("cmake", "the C++11 programs") {
        return;
    }
    let tree = moved_tree("cmake");
    let (sources, build) = (tree.with_file_name("sources"), tree.with_file_name("build"));
    fs::create_dir_all(&sources).unwrap();
    let source = repository("plugins/c/inpaint.cpp");
    // As people ask for it: by the numbers of its first two places.
    let version = env!("CARGO_PKG_VERSION").rsplit_once('.').unwrap().0;
    let project = CMAKE_PROJECT.replace("VERSION REQUIRED", &format!("{version} REQUIRED"));
    fs::write(sources.join("CMakeLists.txt"), project.replace("SOURCE", &format!("\"{}\"", source.display()))).unwrap();
    let mut configure = Command::new("cmake");
    configure.arg("-S").arg(&sources).arg("-B").arg(&build);
    succeed(configure.arg(format!("-DCMAKE_PREFIX_PATH={}", tree.join(LIBRARIES).join("cmake").display())));
    succeed(Command::new("cmake").arg("--build").arg(&build));
    assert!(needed(&build.join("shared")).contains("[libdipkit.so.0]"));
    assert!(!needed(&build.join("static")).contains("dipkit"));
    restores(&build.join("shared"), None, true);
    restores(&build.join("static"), None, true);
}

#[test]
fn completions_complete() {
    let Some(command) = COMMAND else { return eprintln!("skipped the completions: this build has no command") };
    let folder = documents(command, "completions");
    let bash = "source \"$1\"; COMP_WORDS=(dipkit denoise --quality ''); COMP_CWORD=3; \
                _dipkit dipkit '' --quality; echo \"${COMPREPLY[@]}\"";
    let said_by_bash = succeed(Command::new("bash").args(["-c", bash, "bash"]).arg(folder.join("dipkit.bash")));
    assert_eq!(said(&said_by_bash), "reference balanced fast\n");
    if is_there("fish", "the completions of fish") {
        let fish = "source $argv[1]; complete -C 'dipkit denoise --quality '";
        let said_by_fish =
            succeed(Command::new("fish").args(["-c", fish]).arg(folder.join("dipkit.fish")).env("HOME", &folder));
        let words = said(&said_by_fish);
        let words: BTreeSet<_> = words.lines().filter_map(|line| line.split('\t').next()).collect();
        assert_eq!(words, BTreeSet::from(["balanced", "fast", "reference"]));
    }
    if is_there("zsh", "the completions of zsh") {
        let zsh = "autoload -Uz compinit && compinit -u -D && print $_comps[dipkit] && autoload +X _dipkit";
        let mut asked = Command::new("zsh");
        let said_by_zsh = succeed(asked.args(["-f", "-c", &format!("fpath=($1 $fpath); {zsh}"), "zsh"]).arg(&folder));
        assert_eq!(said(&said_by_zsh), "_dipkit\n");
    }
}

#[test]
fn manual_pages_are_read_without_a_warning() {
    let Some(command) = COMMAND else { return eprintln!("skipped the manual: this build has no command") };
    if !is_there("man", "the manual") {
        return;
    }
    let folder = documents(command, "manual");
    for page in files(&folder).iter().filter(|name| name.ends_with(".1")) {
        let mut man = Command::new("man");
        let read = succeed(man.args(["--warnings", "-l"]).arg(folder.join(page)).env("MANWIDTH", "100"));
        assert!(read.stderr.is_empty(), "{page}: {}", said(&read));
        let text = String::from_utf8(read.stdout).unwrap();
        assert!(text.contains(&page.trim_end_matches(".1").to_owned()), "{page}: {text}");
    }
}
