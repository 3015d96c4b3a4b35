//! Ctrl-C and the time limit end a fit with the best picture saved.

use super::pictures::{open, photo};
use super::program::{names, run};
use super::tiffs::{pages, stack};
use tempfile::tempdir;

const ENDLESS: [&str; 8] = ["--iterations", "1000000", "--channels", "2", "--scales", "1", "--early-stop", "0"];

#[test]
fn time_limit_ends_with_success() {
    let folder = tempdir().unwrap();
    let picture = photo(folder.path(), "in.png");
    let output = folder.path().join("out.png");
    let args = ["denoise", picture.to_str().unwrap(), "-o", output.to_str().unwrap(), "--time-limit", "1s", "--json"];
    let ended = run(&[&args[..], &ENDLESS[..]].concat()).succeeds();
    let last = ended.json().pop().unwrap();
    assert_eq!(last["state"], "out of time");
    assert!(last["seconds"].as_f64().unwrap() < 10.0);
    open(&output);
}

#[test]
fn the_pages_of_a_file_share_its_time_limit() {
    let folder = tempdir().unwrap();
    let [input, output] = ["in.tif", "out.tif"].map(|name| folder.path().join(name));
    stack(&input, &[10, 90, 180]);
    let args = ["denoise", input.to_str().unwrap(), "-o", output.to_str().unwrap(), "--time-limit", "2s", "--json"];
    let ended = run(&[&args[..], &ENDLESS[..]].concat()).succeeds();
    let records = ended.json();
    let seconds: Vec<_> =
        records.iter().filter(|r| r["event"] == "page").map(|r| r["seconds"].as_f64().unwrap()).collect();
    assert!(seconds.len() == 3 && seconds.iter().sum::<f64>() < 10.0, "{seconds:?}");
    assert_eq!(pages(&output).len(), 3);
}

#[cfg(unix)]
pub mod signals {
    use super::*;
    use crate::program::{command, text};
    use std::io::{BufRead, BufReader, Read};
    use std::process::{Child, Command, ExitStatus, Stdio};
    use std::time::{Duration, Instant};

    /// Starts an endless fit and returns when its first progress line has come.
    fn start(args: &[&str]) -> Child {
        progressing(command(&[args, &ENDLESS[..], &["--json"][..]].concat()))
    }

    fn progressing(mut command: Command) -> Child {
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        assert!(line.contains("progress"), "{line}");
        std::thread::spawn(move || stdout.read_to_end(&mut Vec::new()));
        child
    }

    fn interrupt(child: &Child) {
        send(child, libc::SIGINT);
    }

    pub fn send(child: &Child, signal: i32) {
        // SAFETY: kill takes no pointers; the process is our child and not yet waited for.
        assert_eq!(unsafe { libc::kill(child.id() as libc::pid_t, signal) }, 0);
    }

    pub fn wait(mut child: Child) -> (ExitStatus, String) {
        let mut stderr = String::new();
        child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        (child.wait().unwrap(), stderr)
    }

    #[test]
    fn ctrl_c_keeps_the_pages_that_come_behind() {
        let folder = tempdir().unwrap();
        let [input, output] = ["in.tif", "out.tif"].map(|name| folder.path().join(name));
        stack(&input, &[10, 90, 180]);
        let child = start(&["denoise", text(&input), "-o", text(&output)]);
        interrupt(&child);
        let (status, stderr) = wait(child);
        assert_eq!(status.code(), Some(130), "{stderr}");
        assert!(stderr.contains("page 1 of 3: stopped"), "{stderr}");
        let (given, kept) = (pages(&input), pages(&output));
        // The small copy of the first page is no page.
        assert_eq!(kept[1..], given[2..]);
    }

    #[test]
    fn ctrl_c_saves_the_best_picture_and_exits_with_130() {
        let folder = tempdir().unwrap();
        let picture = photo(folder.path(), "in.png");
        let output = folder.path().join("out.png");
        let child = start(&["denoise", text(&picture), "-o", text(&output)]);
        let begun = Instant::now();
        interrupt(&child);
        let (status, stderr) = wait(child);
        assert_eq!(status.code(), Some(130), "{stderr}");
        assert!(begun.elapsed() < Duration::from_secs(5));
        assert!(stderr.contains("stopped at iteration") && stderr.contains("out.png"), "{stderr}");
        open(&output);
        assert_eq!(names(folder.path()), ["in.png", "out.png"]);
    }

    /// A few iterations of a picture were all that was left of it.
    #[test]
    fn ctrl_c_keeps_what_is_there_already() {
        let folder = tempdir().unwrap();
        let picture = photo(folder.path(), "in.png");
        let before = std::fs::read(&picture).unwrap();
        for unfinished in ["in.unfinished.png", "in.unfinished-2.png"] {
            let child = start(&["denoise", text(&picture), "-o", text(&picture)]);
            interrupt(&child);
            let (status, stderr) = wait(child);
            assert_eq!(status.code(), Some(130), "{stderr}");
            assert!(stderr.contains(unfinished), "{stderr}");
            open(&folder.path().join(unfinished));
        }
        assert_eq!(std::fs::read(&picture).unwrap(), before);
    }

    /// As `nohup` starts it, or `&` in a script.
    #[cfg(target_os = "linux")]
    #[test]
    fn signals_that_were_ignored_stay_so() {
        let folder = tempdir().unwrap();
        let (picture, output) = (photo(folder.path(), "in.png"), folder.path().join("out.png"));
        let args = ["denoise", text(&picture), "-o", text(&output), "--json"];
        let mut shell = Command::new("sh");
        shell.args(["-c", "trap '' HUP INT; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_dipkit")]).args(args).args(ENDLESS);
        shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = progressing(shell);
        for signal in [libc::SIGHUP, libc::SIGINT] {
            send(&child, signal);
            std::thread::sleep(Duration::from_millis(300));
            assert!(child.try_wait().unwrap().is_none(), "signal {signal} ended it");
        }
        send(&child, libc::SIGTERM);
        assert_eq!(wait(child).0.code(), Some(130));
    }

    #[test]
    fn ctrl_c_ends_a_wait_for_standard_input() {
        let mut waiting = command(&["denoise", "-", "-o", "nowhere.png"]);
        let mut child = waiting.stdin(Stdio::piped()).spawn().unwrap();
        let silent = child.stdin.take();
        std::thread::sleep(Duration::from_millis(500));
        interrupt(&child);
        let begun = Instant::now();
        let (status, stderr) = wait(child);
        assert_eq!(status.code(), Some(130), "{stderr}");
        assert!(begun.elapsed() < Duration::from_secs(5));
        drop(silent);
    }

    #[test]
    fn ctrl_c_in_a_batch_leaves_the_picture_to_the_next_run() {
        let folder = tempdir().unwrap();
        let input = folder.path().join("in");
        std::fs::create_dir(&input).unwrap();
        photo(&input, "a.png");
        photo(&input, "b.png");
        let output = folder.path().join("out");
        let child = start(&["denoise", text(&input), "--output-dir", text(&output)]);
        interrupt(&child);
        let (status, stderr) = wait(child);
        assert_eq!(status.code(), Some(130), "{stderr}");
        assert!(stderr.contains("2 pictures left"), "{stderr}");
        assert_eq!(names(&output), ["a.unfinished.png"]);
        open(&output.join("a.unfinished.png"));
    }
}
