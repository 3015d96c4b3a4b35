//! Shares of a folder: who restores which picture, and what a task of a Slurm array gets.

use super::pictures::photo;
use super::program::{Ended, TINY, command, names, run, text};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::{TempDir, tempdir};

/// A folder of small pictures with these names.
fn folder_of(folder: &TempDir, pictures: &[&str]) -> PathBuf {
    let input = folder.path().join("in");
    fs::create_dir_all(&input).unwrap();
    pictures.iter().for_each(|name| drop(photo(&input, name)));
    input
}

fn args<'a>(input: &'a Path, output: &'a Path, shard: &'a str) -> Vec<&'a str> {
    let args = ["denoise", text(input), "--output-dir", text(output), "--shard", shard, "--json"];
    [&args[..], TINY].concat()
}

/// The pictures that a worker with this share restores.
fn restored(input: &Path, output: &Path, shard: &str) -> BTreeSet<String> {
    run(&args(input, output, shard)).succeeds();
    if output.exists() { names(output).into_iter().collect() } else { BTreeSet::new() }
}

/// The same as the reference of the flag, by another way of putting a number together.
fn share_of(name: &str, shards: u128) -> u128 {
    let hash = blake3::hash(name.as_bytes());
    let number = (0..8).map(|at| u128::from(hash.as_bytes()[at]) * 256u128.pow(at as u32)).sum::<u128>();
    number % shards + 1
}

#[test]
fn shares_are_the_whole_folder_and_meet_nowhere() {
    let folder = tempdir().unwrap();
    let pictures: Vec<_> = (1..=12).map(|number| format!("frame.{number:04}.png")).collect();
    let input = folder_of(&folder, &pictures.iter().map(String::as_str).collect::<Vec<_>>());
    for number in 1..=3 {
        let found = restored(&input, &folder.path().join(number.to_string()), &format!("{number}/3"));
        let expected = pictures.iter().filter(|name| share_of(name, 3) == number).cloned().collect();
        assert_eq!(found, expected);
    }
}

#[test]
fn pictures_that_are_added_move_no_other_to_another_share() {
    let folder = tempdir().unwrap();
    let input = folder_of(&folder, &["m.png", "n.png", "o.png"]);
    let before = restored(&input, &folder.path().join("before"), "2/2");
    folder_of(&folder, &["a.png", "mm.png", "z.png"]);
    let after = restored(&input, &folder.path().join("after"), "2/2");
    let old: BTreeSet<_> = after.into_iter().filter(|name| ["m.png", "n.png", "o.png"].contains(&&name[..])).collect();
    assert_eq!(before, old);
}

#[test]
fn a_share_without_pictures_is_no_failure() {
    let folder = tempdir().unwrap();
    let input = folder_of(&folder, &["a.png"]);
    let other = if share_of("a.png", 2) == 1 { "2/2" } else { "1/2" };
    let output = folder.path().join("out");
    let ended = run(&args(&input, &output, other)).succeeds();
    assert!(ended.stderr.contains(&format!("share {other} holds none of the pictures")), "{}", ended.stderr);
    assert_eq!(ended.json().pop().unwrap()["done"], 0);
    assert!(!output.exists());
}

#[test]
fn shares_that_there_are_not_are_refused() {
    let folder = tempdir().unwrap();
    let (input, output) = (folder_of(&folder, &["a.png"]), folder.path().join("out"));
    for shard in ["0/4", "5/4", "0/0"] {
        run(&args(&input, &output, shard)).fails(2, &[&format!("\"{shard}\""), "counted from 1 on"]);
    }
    for shard in ["3", "a/b", "-1/4", "+1/4", "1/ 4", "1/4/2", "", "1/99999999999"] {
        run(&args(&input, &output, shard)).fails(2, &[&format!("\"{shard}\""), "such as 2/4"]);
    }
    let alone = ["denoise", text(&input), "-o", "out.png", "--shard", "1/2"];
    run(&alone).fails(2, &["--shard", "--output-dir DIR"]);
}

/// A task of a Slurm array, as Slurm describes it to the task.
fn array_task(folder: &TempDir, variables: &[(&str, &str)]) -> Ended {
    let (input, output) = (folder_of(folder, &["a.png", "b.png", "c.png", "d.png"]), folder.path().join("out"));
    let mut command = command(&args(&input, &output, "slurm"));
    for name in ["ID", "MIN", "COUNT", "STEP"].map(|name| format!("SLURM_ARRAY_TASK_{name}")) {
        command.env_remove(&name);
    }
    command.envs(variables.iter().map(|(name, value)| (format!("SLURM_ARRAY_TASK_{name}"), value)));
    Ended::new(command.output().unwrap())
}

#[test]
fn tasks_of_a_slurm_array_share_the_folder() {
    // The arrays 1-3, 0-2, 5-7 and 10-14:2.
    for (first, step) in [(1, 1), (0, 1), (5, 1), (10, 2)] {
        let folder = tempdir().unwrap();
        let mut done = 0;
        for task in (0..3).map(|number| first + number * step) {
            let [task, first, step] = [task, first, step].map(|number: u32| number.to_string());
            let ended =
                array_task(&folder, &[("ID", &task), ("MIN", &first), ("COUNT", "3"), ("STEP", &step)]).succeeds();
            done += ended.json().pop().unwrap()["done"].as_u64().unwrap();
        }
        assert_eq!(done, 4);
        assert_eq!(names(&folder.path().join("out")), ["a.png", "b.png", "c.png", "d.png"]);
    }
}

#[test]
fn slurm_without_an_array_or_with_gaps_in_it_is_told() {
    let folder = tempdir().unwrap();
    array_task(&folder, &[]).fails(2, &["SLURM_ARRAY_TASK_ID is not set", "sbatch --array"]);
    array_task(&folder, &[("ID", "1"), ("MIN", "1")]).fails(2, &["SLURM_ARRAY_TASK_COUNT is not set"]);
    array_task(&folder, &[("ID", "x"), ("MIN", "1"), ("COUNT", "2")]).fails(2, &["\"x\"", "must be a number"]);
    // The array 1,2,7.
    array_task(&folder, &[("ID", "7"), ("MIN", "1"), ("COUNT", "3")]).fails(2, &["task 7", "3 tasks", "--array=1-3"]);
}
