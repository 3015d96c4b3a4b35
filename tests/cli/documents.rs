//! Manual pages and completions, as an installation gets them.

use super::program::run;
use std::fs;
use tempfile::tempdir;

/// The commands that `dipkit --help` lists.
fn listed() -> Vec<String> {
    let help = run(&["--help"]).succeeds().stdout_text();
    let commands = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    // Long descriptions go on in lines that are indented further.
    let lines = commands.lines().filter(|line| !line.starts_with("   "));
    let names = lines.filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

#[test]
fn every_command_has_its_page_and_every_shell_its_completions() {
    let folder = tempdir().unwrap();
    run(&["documents", folder.path().to_str().unwrap()]).succeeds();
    let entries = fs::read_dir(folder.path()).unwrap();
    let mut written: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let mut expected: Vec<_> = listed().iter().map(|name| format!("dipkit-{name}.1")).collect();
    expected.extend(["dipkit.1", "dipkit.bash", "_dipkit", "dipkit.fish"].map(str::to_owned));
    written.sort();
    expected.sort();
    assert_eq!(written, expected);
}

#[test]
fn pages_and_completions_know_the_flags_and_their_words() {
    let folder = tempdir().unwrap();
    run(&["documents", folder.path().to_str().unwrap()]).succeeds();
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let page = read("dipkit-denoise.1");
    assert!(page.contains("noise\\-level"), "{page}");
    assert!(page.contains(".SH EXIT STATUS\n.nf\n  0    done"), "{page}");
    // Lines of a table stay lines.
    assert!(page.contains(".nf\nQualities:\n  reference  the paper's networks"), "{page}");
    for name in ["dipkit.bash", "_dipkit", "dipkit.fish"] {
        let text = read(name);
        for word in ["super-resolve", "noise-level", "reference", "lanczos2"] {
            assert!(text.contains(word), "{name} has no {word}");
        }
    }
}

#[test]
fn a_folder_that_cannot_be_made_is_told() {
    let folder = tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let inside = file.join("inside");
    run(&["documents", inside.to_str().unwrap()]).fails(2, &["inside"]);
}
