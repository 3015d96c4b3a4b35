//! Several workers on one folder: each picture is restored once, and what a worker leaves that died is done by another.

use super::pictures::{open, photo};
use super::program::{Ended, TINY, command, names, run, text};
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tempfile::{TempDir, tempdir};

/// The claim of a worker on a machine that is not this one.
const ELSEWHERE: &str = "node7 4711 1 another/boot 1\n";

/// A folder of small pictures with these names, and one for their results.
fn folders(folder: &TempDir, pictures: &[&str]) -> [PathBuf; 2] {
    let [input, output] = ["in", "out"].map(|name| folder.path().join(name));
    fs::create_dir(&input).unwrap();
    fs::create_dir(&output).unwrap();
    pictures.iter().for_each(|name| drop(photo(&input, name)));
    [input, output]
}

fn args<'a>([input, output]: &'a [PathBuf; 2], more: &[&'a str]) -> Vec<&'a str> {
    let args = ["denoise", text(input), "--output-dir", text(output), "--json"];
    [&args[..], TINY, more].concat()
}

/// What the summary of a batch counts.
#[track_caller]
fn counted(ended: &Ended) -> [u64; 3] {
    let summary = ended.json().pop().unwrap();
    assert_eq!(summary["event"], "summary", "{}", ended.stderr);
    ["done", "skipped", "claimed"].map(|name| summary[name].as_u64().unwrap())
}

#[test]
fn several_workers_on_a_folder_restore_each_picture_once() {
    let folder = tempdir().unwrap();
    let pictures: Vec<_> = (0..12).map(|number| format!("{number}.png")).collect();
    let both = folders(&folder, &pictures.iter().map(String::as_str).collect::<Vec<_>>());
    let workers: Vec<_> = (0..3).map(|_| command(&args(&both, &[])).spawn().unwrap()).collect();
    let mut done = Vec::new();
    for worker in workers {
        let ended = Ended::new(worker.wait_with_output().unwrap()).succeeds();
        let records = ended.json();
        let inputs =
            records.iter().filter(|record| record["event"] == "done").map(|record| record["input"].to_string());
        done.extend(inputs);
        assert_eq!(counted(&ended).iter().sum::<u64>(), 12);
    }
    done.sort();
    assert_eq!(done.len(), 12, "{done:?}");
    done.dedup();
    assert_eq!(done.len(), 12, "{done:?}");
    let mut expected = pictures;
    expected.sort();
    assert_eq!(names(&both[1]), expected);
    expected.iter().for_each(|name| drop(open(&both[1].join(name))));
}

#[test]
fn the_claim_of_another_machine_is_taken_over_when_its_lease_is_over() {
    let folder = tempdir().unwrap();
    let both = folders(&folder, &["a.png", "b.png"]);
    fs::write(both[1].join("a.png.claim"), ELSEWHERE).unwrap();
    let begun = Instant::now();
    let ended = run(&args(&both, &["--lease", "2"])).succeeds();
    assert!(begun.elapsed() >= Duration::from_secs(2));
    assert!(ended.stderr.contains("put off, process 4711 on node7"), "{}", ended.stderr);
    assert_eq!(counted(&ended), [2, 0, 0]);
    assert_eq!(names(&both[1]), ["a.png", "b.png"]);
}

/// Whatever the clock of the other machine says, which may be years off.
#[test]
fn a_claim_that_is_renewed_is_left_alone() {
    let folder = tempdir().unwrap();
    let both = folders(&folder, &["a.png", "b.png"]);
    let claim = both[1].join("a.png.claim");
    fs::write(&claim, ELSEWHERE).unwrap();
    let worker = command(&args(&both, &["--lease", "1h"])).spawn().unwrap();
    let worker = std::thread::spawn(move || Ended::new(worker.wait_with_output().unwrap()));
    let file = fs::File::options().write(true).open(&claim).unwrap();
    let long_ago = std::time::UNIX_EPOCH + Duration::from_secs(1_000_000);
    for renewal in 0.. {
        if worker.is_finished() {
            break;
        }
        file.set_modified(long_ago + Duration::from_secs(renewal)).unwrap();
        std::thread::sleep(Duration::from_millis(50));
    }
    let ended = worker.join().unwrap().succeeds();
    assert_eq!(counted(&ended), [1, 0, 1]);
    assert!(ended.stderr.contains("1 left to other workers"), "{}", ended.stderr);
    assert_eq!(names(&both[1]), ["a.png.claim", "b.png"]);
    assert_eq!(fs::read_to_string(&claim).unwrap(), ELSEWHERE);
}

#[test]
fn a_claim_that_is_given_up_is_taken_at_once() {
    let folder = tempdir().unwrap();
    let both = folders(&folder, &["a.png", "b.png"]);
    let claim = both[1].join("a.png.claim");
    fs::write(&claim, ELSEWHERE).unwrap();
    let worker = command(&args(&both, &["--lease", "1h"])).spawn().unwrap();
    while !both[1].join("b.png").exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
    fs::remove_file(&claim).unwrap();
    let ended = Ended::new(worker.wait_with_output().unwrap()).succeeds();
    assert_eq!(counted(&ended), [2, 0, 0]);
    assert_eq!(names(&both[1]), ["a.png", "b.png"]);
}

/// A name of 250 bytes was too long for the claim's.
#[test]
fn the_longest_names_are_claimed_too() {
    let folder = tempdir().unwrap();
    let name = format!("{}.png", "n".repeat(246));
    let both = folders(&folder, &[&name]);
    run(&args(&both, &[])).succeeds();
    assert_eq!(names(&both[1]), [name]);
}

#[test]
fn what_lies_in_the_way_of_a_claim_fails_its_picture_alone() {
    let folder = tempdir().unwrap();
    let both = folders(&folder, &["a.png", "b.png"]);
    fs::create_dir(both[1].join("a.png.claim")).unwrap();
    let ended = run(&args(&both, &[]));
    assert_eq!(ended.status, 3, "{}", ended.stderr);
    assert!(ended.stderr.contains("error: ") && ended.stderr.contains("a.png.claim"), "{}", ended.stderr);
    assert_eq!(names(&both[1]), ["a.png.claim", "b.png"]);
}

#[test]
fn leases_that_are_too_short_are_refused() {
    let folder = tempdir().unwrap();
    let both = folders(&folder, &["a.png"]);
    run(&args(&both, &["--lease", "0.5"])).fails(2, &["--lease is 0.5 s", "at least 1 s"]);
    run(&args(&both, &["--lease", "soon"])).fails(2, &["--lease is \"soon\""]);
}

#[cfg(target_os = "linux")]
mod deaths {
    use super::*;
    use crate::interrupts::signals::{send, wait};
    use std::process::Child;

    /// A fit that does not end by itself.
    const ENDLESS: [&str; 8] = ["--iterations", "1000000", "--channels", "2", "--scales", "1", "--early-stop", "0"];

    /// Starts a worker whose first fit does not end, and returns when it runs.
    fn fitting(both: &[PathBuf; 2], more: &[&str]) -> Child {
        let preview = both[1].with_file_name("preview.png");
        let mut child = busy(both, "a.png", &[&["--preview", text(&preview)], more].concat());
        while !preview.exists() {
            assert!(child.try_wait().unwrap().is_none());
            std::thread::sleep(Duration::from_millis(5));
        }
        fs::remove_file(preview).unwrap();
        child
    }

    /// Starts a worker whose first fit does not end, and returns when it has claimed a picture.
    fn busy(both: &[PathBuf; 2], picture: &str, more: &[&str]) -> Child {
        let args = ["denoise", text(&both[0]), "--output-dir", text(&both[1])];
        let mut child = command(&[&args[..], &ENDLESS, more].concat()).spawn().unwrap();
        let claim = claim_of(both, picture);
        while fs::read_to_string(&claim).unwrap_or_default().split_whitespace().nth(1) != Some(&child.id().to_string())
        {
            assert!(child.try_wait().unwrap().is_none());
            std::thread::sleep(Duration::from_millis(2));
        }
        child
    }

    fn claim_of(both: &[PathBuf; 2], picture: &str) -> PathBuf {
        both[1].join(format!("{picture}.claim"))
    }

    #[test]
    fn a_picture_in_work_is_skipped_and_a_dead_workers_is_taken_over_at_once() {
        let folder = tempdir().unwrap();
        let both = folders(&folder, &["a.png", "b.png"]);
        let mut other = busy(&both, "a.png", &[]);
        let ended = run(&args(&both, &["--lease", "1h"])).succeeds();
        assert_eq!(counted(&ended), [1, 0, 1]);
        let who = format!("a.png: skipped, process {} on ", other.id());
        assert!(ended.stderr.contains(&who), "{}", ended.stderr);
        assert_eq!(names(&both[1]), ["a.png.claim", "b.png"]);

        other.kill().unwrap();
        let stat = format!("/proc/{}/stat", other.id());
        while !fs::read_to_string(&stat).unwrap().contains(") Z ") {
            std::thread::sleep(Duration::from_millis(2));
        }
        // It is dead, though nobody has asked for its status.
        let ended = run(&args(&both, &["--lease", "1h"])).succeeds();
        other.wait().unwrap();
        assert_eq!(counted(&ended), [1, 1, 0]);
        assert_eq!(names(&both[1]), ["a.png", "b.png"]);
    }

    /// It was left to the other worker when the first turn was over, hours before the end.
    #[test]
    fn a_picture_whose_worker_dies_during_the_batch_is_restored_at_its_end() {
        let folder = tempdir().unwrap();
        let both = folders(&folder, &["a.png", "b.png"]);
        let other = busy(&both, "a.png", &[]);
        let third = busy(&both, "b.png", &["--lease", "1"]);
        send(&other, libc::SIGKILL);
        wait(other);
        fs::write(claim_of(&both, "b.png"), ELSEWHERE).unwrap();
        // The third worker leaves b to another machine, and then begins with a.
        let claim = || fs::read_to_string(claim_of(&both, "a.png")).unwrap_or_default();
        while claim().split_whitespace().nth(1) != Some(&third.id().to_string()) {
            std::thread::sleep(Duration::from_millis(5));
        }
        send(&third, libc::SIGINT);
        assert_eq!(wait(third).0.code(), Some(130));
    }

    /// Numbers of processes are used again.
    #[test]
    fn a_dead_workers_number_may_be_anothers() {
        let folder = tempdir().unwrap();
        let both = folders(&folder, &["a.png"]);
        let other = busy(&both, "a.png", &[]);
        send(&other, libc::SIGSTOP);
        let text = fs::read_to_string(claim_of(&both, "a.png")).unwrap();
        let started = text.split(' ').nth(2).unwrap();
        let earlier = text.replacen(&format!(" {started} "), &format!(" {} ", started.parse::<u64>().unwrap() - 1), 1);
        fs::write(claim_of(&both, "a.png"), earlier).unwrap();
        assert_eq!(counted(&run(&args(&both, &["--lease", "1h"])).succeeds()), [1, 0, 0]);
        send(&other, libc::SIGKILL);
        wait(other);
    }

    /// As one whose machine has slept for longer than a lease.
    #[test]
    fn a_worker_whose_claim_was_taken_over_leaves_the_picture_alone() {
        let folder = tempdir().unwrap();
        let both = folders(&folder, &["a.png"]);
        let other = busy(&both, "a.png", &["--lease", "1", "--resume"]);
        fs::write(claim_of(&both, "a.png"), ELSEWHERE).unwrap();
        let (status, stderr) = wait(other);
        assert!(status.success(), "{stderr}");
        assert!(stderr.contains("another worker has taken the picture over"), "{stderr}");
        assert!(stderr.contains("0 restored, 0 skipped, 0 failed, 1 left to other workers"), "{stderr}");
        assert_eq!(names(&both[1]), ["a.png.claim"]);
        assert_eq!(fs::read_to_string(claim_of(&both, "a.png")).unwrap(), ELSEWHERE);
    }

    #[test]
    fn a_claim_that_somebody_removed_is_made_again() {
        let folder = tempdir().unwrap();
        let both = folders(&folder, &["a.png"]);
        let other = busy(&both, "a.png", &["--lease", "1"]);
        fs::remove_file(claim_of(&both, "a.png")).unwrap();
        while !claim_of(&both, "a.png").exists() {
            std::thread::sleep(Duration::from_millis(5));
        }
        send(&other, libc::SIGINT);
        assert_eq!(wait(other).0.code(), Some(130));
        assert!(!claim_of(&both, "a.png").exists());
    }

    /// With --overwrite, results of before the start are replaced, and those of other workers are not.
    #[test]
    fn a_result_that_another_worker_has_replaced_is_not_replaced_again() {
        let folder = tempdir().unwrap();
        let both = folders(&folder, &["a.png", "b.png"]);
        fs::write(both[1].join("b.png"), "of last week").unwrap();
        let other = busy(&both, "a.png", &["--lease", "1", "--overwrite"]);
        fs::write(both[1].join("new"), "of today").unwrap();
        fs::rename(both[1].join("new"), both[1].join("b.png")).unwrap();
        fs::write(claim_of(&both, "a.png"), ELSEWHERE).unwrap();
        let (status, stderr) = wait(other);
        assert!(status.success(), "{stderr}");
        assert_eq!(fs::read_to_string(both[1].join("b.png")).unwrap(), "of today");
    }

    /// Schedulers send their signal several times, and each kills whom it still finds a while later.
    #[test]
    fn schedulers_signals_keep_the_checkpoint_and_exit_with_75() {
        let folder = tempdir().unwrap();
        let both = folders(&folder, &["a.png", "b.png"]);
        for signal in [libc::SIGTERM, libc::SIGUSR1] {
            let worker = fitting(&both, &["--resume"]);
            (0..3).for_each(|_| send(&worker, signal));
            let (status, stderr) = wait(worker);
            assert_eq!(status.code(), Some(75), "{stderr}");
            assert!(stderr.contains("2 pictures left: run the same command again"), "{stderr}");
            assert_eq!(names(&both[1]), ["a.png.dipkit"], "{stderr}");
        }
    }

    /// Before the picture was measured there was nothing to write.
    #[test]
    fn a_scheduler_that_stops_a_worker_at_once_is_told_to_start_it_again() {
        for pause in (0..20).map(|number| Duration::from_micros(500 * number)) {
            let folder = tempdir().unwrap();
            let both = folders(&folder, &["a.png"]);
            let worker = busy(&both, "a.png", &["--resume"]);
            std::thread::sleep(pause);
            send(&worker, libc::SIGTERM);
            let (status, stderr) = wait(worker);
            assert_eq!(status.code(), Some(75), "{stderr}");
            let left = names(&both[1]);
            assert!(left.is_empty() || left == ["a.png.dipkit"], "{left:?} {stderr}");
        }
    }

    #[test]
    fn schedulers_signals_without_checkpoints_save_the_picture_and_exit_with_130() {
        for signal in [libc::SIGTERM, libc::SIGUSR1] {
            let folder = tempdir().unwrap();
            let both = folders(&folder, &["a.png"]);
            let worker = fitting(&both, &[]);
            send(&worker, signal);
            let (status, stderr) = wait(worker);
            assert_eq!(status.code(), Some(130), "{stderr}");
            assert_eq!(names(&both[1]), ["a.unfinished.png"], "{stderr}");
        }
    }

    #[test]
    fn ctrl_c_keeps_the_checkpoint_and_gives_the_claim_back() {
        let folder = tempdir().unwrap();
        let both = folders(&folder, &["a.png"]);
        let worker = fitting(&both, &["--resume"]);
        send(&worker, libc::SIGINT);
        let (status, stderr) = wait(worker);
        assert_eq!(status.code(), Some(130), "{stderr}");
        assert_eq!(names(&both[1]), ["a.png.dipkit"]);
    }
}
