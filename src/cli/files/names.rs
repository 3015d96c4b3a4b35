//! Names of files: what stands for standard input and output, and names made from other names.

use std::fs;
use std::path::{Path, PathBuf};

/// The name that stands for standard input or output.
pub const PIPE: &str = "-";

/// Whether a path is standard input or output.
pub fn is_pipe(path: &Path) -> bool {
    path.as_os_str() == PIPE
}

/// How a path is called in messages.
pub fn name(path: &Path) -> String {
    if is_pipe(path) { "standard input".into() } else { path.display().to_string() }
}

/// A name beside `path` for its unfinished picture, which is no file yet.
pub fn unfinished(path: &Path) -> PathBuf {
    let named = |number: usize| match number {
        1 => marked(path, ".unfinished"),
        _ => marked(path, &format!(".unfinished-{number}")),
    };
    let mut number = 1;
    while named(number).exists() {
        number += 1;
    }
    named(number)
}

/// The path with `mark` in front of the file's extension.
pub fn marked(path: &Path, mark: &str) -> PathBuf {
    let mut name = path.file_stem().unwrap_or_default().to_os_string();
    name.push(mark);
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}

/// Whether both are there and the same.
pub fn is_same(a: &Path, b: &Path) -> bool {
    fs::canonicalize(a).is_ok_and(|a| fs::canonicalize(b).is_ok_and(|b| a == b))
}
