//! Who may import whom: the `use` lines of the sources against the table in ARCHITECTURE.md.

use std::fs;
use std::path::{Path, PathBuf};

/// What everybody may import.
const FREE: &[&str] = &["error", "rng", "room", "whole"];

/// Module, what it may import beside [`FREE`].
const TABLE: &[(&str, &[&str])] = &[
    ("error", &[]),
    ("rng", &[]),
    ("room", &[]),
    ("whole", &[]),
    ("pixels", &[]),
    ("options", &[]),
    ("graph", &[]),
    ("nets", &["graph"]),
    ("degradation", &["graph"]),
    ("objective", &["graph"]),
    ("exec", &["graph"]),
    ("fit", &["exec", "options", "graph"]),
    ("tasks", &["nets", "degradation", "objective", "graph", "options", "pixels", "fit"]),
    ("session", &["tasks", "fit", "exec", "graph", "pixels", "options"]),
    ("capi", &["session", "options", "pixels"]),
    ("cli", &["session", "options", "pixels"]),
];

/// Folder within a module, what it may import of what its module may: a measurement knows of no network and no fit, a
/// finishing step of no fit, and a plan of nothing but the graph.
const FOLDERS: &[(&str, &[&str])] = &[
    ("tasks/measure", &["options", "pixels"]),
    ("tasks/finish", &["degradation", "graph", "options", "pixels"]),
    ("exec/plan", &["graph"]),
];

/// Folder within a module, what it must not name of the rest of the module: a plan knows no device, and no executor
/// knows another one.
const APART: &[(&str, &[&str])] = &[
    ("exec/plan", &["cpu", "cuda", "candle", "device", "Device", "Backend"]),
    ("exec/cpu", &["cuda", "candle"]),
    ("exec/cuda", &["cpu", "candle", "device", "Device", "Backend"]),
    ("exec/candle", &["cpu", "cuda"]),
];

/// External crate, the only places that may name it.
const CRATES: &[(&str, &[&str])] = &[
    ("candle_core", &["exec/candle", "exec/device.rs"]),
    ("candle_nn", &["exec/candle"]),
    ("cudarc", &["exec/cuda"]),
    ("rayon", &["exec"]),
    ("clap", &["cli"]),
    ("image", &["cli"]),
    ("fast_image_resize", &["pixels"]),
];

/// The only places with `unsafe`.
const UNSAFE: &[&str] = &["exec", "capi"];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Path below src, with `/`, and the code without comments.
fn files() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    sources(&root, &mut found);
    let code = |path: &PathBuf| {
        let text = fs::read_to_string(path).unwrap();
        text.lines().map(|line| line.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n")
    };
    let name = |path: &PathBuf| path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
    found.iter().map(|path| (name(path), code(path))).collect()
}

fn module_of(file: &str) -> &str {
    file.split(['/', '.']).next().unwrap()
}

/// Modules of this crate that the code names after `crate::` or `dipkit::`, groups included.
fn imported(code: &str) -> Vec<String> {
    named_after(&["crate::", "dipkit::"], code)
}

/// What the code names after one of these prefixes, groups included.
fn named_after(prefixes: &[&str], code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for prefix in prefixes {
        for (at, _) in code.match_indices(prefix) {
            let rest = &code[at + prefix.len()..];
            match rest.strip_prefix('{') {
                Some(group) => found.extend(group.split('}').next().unwrap().split(',').map(first_word)),
                None => found.push(first_word(rest)),
            }
        }
    }
    found
}

fn first_word(text: &str) -> String {
    text.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

#[test]
fn modules_import_only_what_the_table_allows() {
    for (file, code) in files().iter().filter(|(file, _)| file != "lib.rs") {
        let module = module_of(file);
        let allowed = TABLE.iter().find(|row| row.0 == module).unwrap_or_else(|| panic!("{module} has no row")).1;
        for name in imported(code) {
            let is_module = TABLE.iter().any(|row| row.0 == name);
            let is_free = FREE.contains(&name.as_str()) || name == module;
            assert!(!is_module || is_free || allowed.contains(&name.as_str()), "{file} imports {name}");
        }
    }
}

#[test]
fn folders_import_only_what_they_need() {
    for (folder, allowed) in FOLDERS {
        let prefix = format!("{folder}/");
        let inside: Vec<_> = files().into_iter().filter(|(file, _)| file.starts_with(&prefix)).collect();
        assert!(!inside.is_empty(), "{folder} has no files");
        for (file, code) in inside {
            for name in imported(&code) {
                let is_module = TABLE.iter().any(|row| row.0 == name);
                let is_free = FREE.contains(&name.as_str()) || name == module_of(&file);
                assert!(!is_module || is_free || allowed.contains(&name.as_str()), "{file} imports {name}");
            }
        }
    }
}

#[test]
fn folders_of_a_module_keep_apart() {
    for (folder, forbidden) in APART {
        let prefix = format!("{folder}/");
        let inside: Vec<_> = files().into_iter().filter(|(file, _)| file.starts_with(&prefix)).collect();
        assert!(!inside.is_empty(), "{folder} has no files");
        for (file, code) in inside {
            let module = format!("{}::", module_of(&file));
            for name in named_after(&[&module, "super::"], &code) {
                assert!(!forbidden.contains(&name.as_str()), "{file} names {name}");
            }
        }
    }
}

/// Whether `name::` starts a path in the code.
fn paths(code: &str, name: &str) -> bool {
    let starts = |at: usize| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
    code.match_indices(&format!("{name}::")).any(|(at, _)| starts(at))
}

#[test]
fn external_crates_stay_in_their_places() {
    for (file, code) in files() {
        for (name, places) in CRATES {
            let is_own =
                Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(module_of(&file)).join(format!("{name}.rs"));
            let is_named = paths(&code, name) && !is_own.exists();
            let is_allowed = places.iter().any(|place| file.starts_with(place));
            assert!(!is_named || is_allowed, "{file} names {name}");
        }
    }
}

#[test]
fn unsafe_stays_at_the_boundary_and_in_the_kernels() {
    for (file, code) in files() {
        let has_unsafe = code.contains("unsafe ");
        assert!(!has_unsafe || UNSAFE.iter().any(|place| file.starts_with(place)), "{file} has unsafe code");
    }
}

#[test]
fn only_the_command_prints() {
    for (file, code) in files().iter().filter(|(file, _)| !file.starts_with("cli/")) {
        let prints = ["print!(", "println!(", "eprint!(", "eprintln!(", "dbg!("].iter().any(|m| code.contains(m));
        assert!(!prints, "{file} prints");
    }
}
