//! Finds the library beside this test, compiles programs against it and runs them.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, OnceLock};

const C_FLAGS: [&str; 6] = ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Wstrict-prototypes", "-Werror"];
const CPP_FLAGS: [&str; 5] = ["-std=c++11", "-pedantic", "-Wall", "-Wextra", "-Werror"];

/// A path inside the repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A folder for this suite's files.
pub fn scratch(path: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("abi").join(path)
}

/// The shared library that cargo built for this test.
pub fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let test = std::env::current_exe().unwrap();
        let deps = test.parent().unwrap();
        // Cargo writes it to `deps`; the copy above it is renewed by `cargo build` only.
        let library = deps.join("libdipkit.so");
        assert!(library.exists(), "{} is missing", library.display());
        library
    })
}

/// A folder with the library under the names that the linker and the loader ask for.
pub fn library_folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = scratch("lib");
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        for name in ["libdipkit.so", "libdipkit.so.0"] {
            std::os::unix::fs::symlink(library(), folder.join(name)).unwrap();
        }
        folder
    })
}

/// How a program gets at the library.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Link {
    Library,
    /// It calls `dlopen` with the path in LIBRARY.
    ByHand,
}

/// The program made of a C or C++ file, with warnings as errors; compiled once.
pub fn program(source: &str, link: Link) -> PathBuf {
    static BUILT: Mutex<BTreeMap<String, PathBuf>> = Mutex::new(BTreeMap::new());
    let mut built = BUILT.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    built.entry(source.to_owned()).or_insert_with(|| compile(&repository(source), link)).clone()
}

/// The program made of a C or C++ file anywhere.
pub fn compile(source: &Path, link: Link) -> PathBuf {
    let program = scratch("bin").join(source.file_stem().unwrap());
    fs::create_dir_all(program.parent().unwrap()).unwrap();
    let mut compiler = compiler(source);
    compiler.arg("-O1").arg(source).arg("-o").arg(&program);
    match link {
        Link::Library => {
            let folder = library_folder().display();
            compiler.args([format!("-L{folder}"), "-ldipkit".into(), format!("-Wl,-rpath,{folder}")]);
        }
        Link::ByHand => {
            compiler.args([format!("-DLIBRARY=\"{}\"", library().display()), "-ldl".into()]);
        }
    }
    succeed(compiler.args(["-lm", "-lpthread"]));
    program
}

/// The compiler of a file's language, told to accept no warning.
pub fn compiler(source: &Path) -> Command {
    let is_c = source.extension() == Some(OsStr::new("c"));
    let mut compiler = Command::new(if is_c { "cc" } else { "c++" });
    compiler.args(if is_c { &C_FLAGS[..] } else { &CPP_FLAGS[..] });
    compiler.arg("-D_POSIX_C_SOURCE=200809L").arg("-I").arg(repository("include"));
    compiler
}

/// Runs a command that must succeed.
pub fn succeed(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}\n{}", output.status, said(&output));
    output
}

/// Runs a program that must succeed and print nothing: the library is silent.
pub fn succeed_silently(command: &mut Command) {
    let output = succeed(command);
    assert!(output.stdout.is_empty() && output.stderr.is_empty(), "{command:?} printed: {}", said(&output));
}

/// What it printed.
pub fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
