//! Runs the program and keeps what it said.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Flags of a fit that takes milliseconds: what comes out is no restored picture, but it went all the way.
pub const TINY: &[&str] =
    &["--iterations", "2", "--channels", "2", "--input-depth", "2", "--scales", "1", "--skip-channels", "1"];

/// How the program ended.
pub struct Ended {
    pub status: i32,
    pub stdout: Vec<u8>,
    pub stderr: String,
}

impl Ended {
    pub fn new(output: Output) -> Self {
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        Ended { status: output.status.code().unwrap_or(-1), stdout: output.stdout, stderr }
    }

    /// Asserts success.
    #[track_caller]
    pub fn succeeds(self) -> Self {
        assert_eq!(self.status, 0, "{}", self.stderr);
        self
    }

    /// Asserts this exit status, one line on stderr that starts with "error: ", and the words in it.
    #[track_caller]
    pub fn fails(self, status: i32, words: &[&str]) -> Self {
        assert_eq!(self.status, status, "{}", self.stderr);
        let errors: Vec<_> = self.stderr.lines().filter(|line| line.starts_with("error: ")).collect();
        assert_eq!(errors.len(), 1, "{}", self.stderr);
        for word in words {
            assert!(errors[0].contains(word), "no \"{word}\" in: {}", errors[0]);
        }
        self
    }

    pub fn stdout_text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// The JSON lines on stdout.
    #[track_caller]
    pub fn json(&self) -> Vec<serde_json::Value> {
        self.stdout_text().lines().map(|line| serde_json::from_str(line).expect(line)).collect()
    }
}

/// The program with these arguments, not yet started.
pub fn command<S: AsRef<OsStr>>(args: &[S]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dipkit"));
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    #[cfg(unix)]
    heed_ctrl_c(&mut command);
    command
}

/// Whoever runs the tests in the background may ignore it, and so would the program.
#[cfg(unix)]
fn heed_ctrl_c(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    let restore = || {
        // SAFETY: signal may be called between fork and exec, and SIG_DFL is no function.
        match unsafe { libc::signal(libc::SIGINT, libc::SIG_DFL) } {
            libc::SIG_ERR => Err(std::io::Error::last_os_error()),
            _ => Ok(()),
        }
    };
    // SAFETY: all that `restore` does is that call.
    unsafe { command.pre_exec(restore) };
}

/// Runs the program.
pub fn run<S: AsRef<OsStr>>(args: &[S]) -> Ended {
    Ended::new(command(args).output().expect("the program starts"))
}

/// Runs the program with these bytes on its standard input.
pub fn run_with_stdin<S: AsRef<OsStr>>(args: &[S], bytes: &[u8]) -> Ended {
    let mut child = command(args).stdin(Stdio::piped()).spawn().expect("the program starts");
    // A program that refuses early closes the pipe.
    let _ = child.stdin.take().expect("a pipe").write_all(bytes);
    Ended::new(child.wait_with_output().expect("the program ends"))
}

/// A task on a picture with a tiny fit and more flags.
pub fn restore(task: &str, picture: &Path, output: &Path, more: &[&str]) -> Ended {
    let mut args: Vec<&OsStr> = vec![task.as_ref(), picture.as_ref(), "-o".as_ref(), output.as_ref()];
    args.extend(TINY.iter().chain(more).map(OsStr::new));
    run(&args)
}

/// A file of the test data.
pub fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/formats").join(name)
}

/// A path as an argument.
pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Names in a folder, sorted, hidden ones too.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
