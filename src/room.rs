//! What memory there is to be had, and vectors that say so when there is none. Rust's own end the process then, and the
//! process is the host's: what grows with a picture, a tile or a network is taken here, or known to be allowed before.

use crate::error::{Error, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// Bytes that may still be taken, by who sets the limit; `None` where the system does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Room {
    /// Without swapping.
    pub machine: Option<u64>,
    /// The control groups that the process is in, as containers and services are.
    pub group: Option<u64>,
    /// Of addresses, whether they are used or not (ulimit -v, and -d).
    pub process: Option<u64>,
}

/// Who sets a limit, in messages.
pub const MACHINE: &str = "this machine";
pub const GROUP: &str = "this container or service";
pub const PROCESS: &str = "this process's limit";

impl Room {
    /// As it is now.
    pub fn now() -> Room {
        Room::below(Path::new("/"))
    }

    /// As the files under another root say.
    pub fn below(root: &Path) -> Room {
        Room { machine: machine(root), group: group(root), process: process(root) }
    }

    /// The tightest limit on memory in use, and who sets it.
    pub fn memory(&self) -> Option<(u64, &'static str)> {
        let limits = [(self.machine, MACHINE), (self.group, GROUP)];
        limits.into_iter().filter_map(|(bytes, limit)| Some((bytes?, limit))).min_by_key(|(bytes, _)| *bytes)
    }

    /// The tightest of all.
    fn least(&self) -> Option<(u64, &'static str)> {
        let process = self.process.map(|bytes| (bytes, PROCESS));
        self.memory().into_iter().chain(process).min_by_key(|(bytes, _)| *bytes)
    }
}

fn read(root: &Path, file: &str) -> Option<String> {
    fs::read_to_string(root.join(file)).ok()
}

/// The number behind a word at the start of a line.
fn number(text: &str, word: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(word))?;
    rest.split_whitespace().next()?.parse().ok()
}

fn machine(root: &Path) -> Option<u64> {
    Some(number(&read(root, "proc/meminfo")?, "MemAvailable:")? << 10)
}

/// The soft limits on addresses and on private memory (RLIMIT_AS and RLIMIT_DATA), without what is taken.
fn process(root: &Path) -> Option<u64> {
    let (limits, status) = (read(root, "proc/self/limits")?, read(root, "proc/self/status")?);
    let left = |limit: &str, taken: &str| {
        // "unlimited" is no number.
        let limit = number(&limits, limit)?;
        Some(limit.saturating_sub(number(&status, taken)? << 10))
    };
    let addresses = left("Max address space", "VmSize:");
    addresses.into_iter().chain(left("Max data size", "VmData:")).min()
}

/// The least that the process's control groups leave, those that they lie in among them.
fn group(root: &Path) -> Option<u64> {
    let groups = read(root, "proc/self/cgroup")?;
    groups.lines().filter_map(|line| Hierarchy::of(line, root)).filter_map(|hierarchy| hierarchy.left()).min()
}

/// The control groups of one version that limit the process's memory (cgroups(7)).
struct Hierarchy {
    /// Where all groups lie.
    top: PathBuf,
    group: PathBuf,
    files: &'static GroupFiles,
}

/// Names of what is asked for.
struct GroupFiles {
    limit: &'static str,
    taken: &'static str,
    /// In `memory.stat`: the part of what is taken that the system gives back when it is needed.
    given_back: &'static str,
}

const VERSION_1: GroupFiles =
    GroupFiles { limit: "memory.limit_in_bytes", taken: "memory.usage_in_bytes", given_back: "total_inactive_file " };
const VERSION_2: GroupFiles = GroupFiles { limit: "memory.max", taken: "memory.current", given_back: "inactive_file " };

impl Hierarchy {
    /// Of a line "number:controllers:path", the controllers empty in version 2.
    fn of(line: &str, root: &Path) -> Option<Hierarchy> {
        let (controllers, path) = line.split_once(':')?.1.split_once(':')?;
        let (top, files) = match controllers {
            "" => (root.join("sys/fs/cgroup"), &VERSION_2),
            _ if controllers.split(',').any(|name| name == "memory") => (root.join("sys/fs/cgroup/memory"), &VERSION_1),
            _ => return None,
        };
        let group = top.join(path.trim_start_matches('/'));
        Some(Hierarchy { top, group, files })
    }

    /// A container sees its own group as the top, and perhaps a path that is not there.
    fn left(&self) -> Option<u64> {
        let groups = self.group.ancestors().take_while(|group| group.starts_with(&self.top));
        groups.filter_map(|group| self.left_in(group)).min()
    }

    fn left_in(&self, group: &Path) -> Option<u64> {
        let GroupFiles { limit, taken, given_back } = self.files;
        let ask = |file: &str| fs::read_to_string(group.join(file)).ok();
        // "max" is no number.
        let limit: u64 = ask(limit)?.trim().parse().ok()?;
        let taken: u64 = ask(taken)?.trim().parse().ok()?;
        let given_back = ask("memory.stat").and_then(|text| number(&text, given_back)).unwrap_or(0);
        Some(limit.saturating_sub(taken.saturating_sub(given_back)))
    }
}

/// An empty vector with room for `count`.
///
/// # Errors
/// `OutOfMemory` where the system has not so much.
pub fn vector<T>(count: usize) -> Result<Vec<T>> {
    let mut vector = Vec::new();
    match vector.try_reserve_exact(count) {
        Ok(()) => Ok(vector),
        Err(_) => Err(refused((count as u64).saturating_mul(size_of::<T>() as u64))),
    }
}

/// `count` times the same.
///
/// # Errors
/// As [`vector`].
pub fn filled<T: Clone>(count: usize, value: T) -> Result<Vec<T>> {
    let mut filled = vector(count)?;
    filled.resize(count, value);
    Ok(filled)
}

/// # Errors
/// As [`vector`].
pub fn copy<T: Clone>(from: &[T]) -> Result<Vec<T>> {
    let mut copy = vector(from.len())?;
    copy.extend_from_slice(from);
    Ok(copy)
}

/// What an iterator gives, which is `count` at most.
///
/// # Errors
/// As [`vector`].
pub fn collect<T>(count: usize, from: impl Iterator<Item = T>) -> Result<Vec<T>> {
    let mut all = vector(count)?;
    all.extend(from.take(count));
    Ok(all)
}

/// Why the system gave no block of so many bytes: a limit that is known, or one of its own.
pub fn refused(needed_bytes: u64) -> Error {
    let known = Room::now().least().filter(|(bytes, _)| *bytes < needed_bytes);
    // Where none is known to be too small, there is no block of this size left.
    let (limit_bytes, limit) = known.unwrap_or((0, "the system"));
    Error::OutOfMemory { needed_bytes, limit_bytes, limit }
}
