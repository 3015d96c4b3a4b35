//! The memory that is to be had, and vectors whose allocation may fail. A failed allocation of Rust's own ends the
//! process, and the process is the host's: what grows with a picture, a tile or a network is taken here, or known to be
//! allowed before.

use crate::error::{Error, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// The bytes that may still be taken, by who sets the limit; `None` where the system does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Room {
    /// What the machine has left, without swapping.
    pub machine: Option<u64>,
    /// What is left in the control groups that the process belongs to; containers and services are such groups.
    pub group: Option<u64>,
    /// The address space that the process has left, used or not (ulimit -v, and -d).
    pub process: Option<u64>,
}

/// Who sets a limit, as messages name it.
pub const MACHINE: &str = "this machine";
pub const GROUP: &str = "this container or service";
pub const PROCESS: &str = "this process's limit";

impl Room {
    /// Asks the system how much there is now.
    pub fn now() -> Room {
        Room::below(Path::new("/"))
    }

    /// Asks the files below another root, as a test has them.
    pub fn below(root: &Path) -> Room {
        Room { machine: machine(root), group: group(root), process: process(root) }
    }

    /// The tightest limit on memory in use, and who sets it.
    pub fn memory(&self) -> Option<(u64, &'static str)> {
        let limits = [(self.machine, MACHINE), (self.group, GROUP)];
        limits.into_iter().filter_map(|(bytes, limit)| Some((bytes?, limit))).min_by_key(|(bytes, _)| *bytes)
    }

    /// The tightest of all limits, and who sets it.
    fn least(&self) -> Option<(u64, &'static str)> {
        let process = self.process.map(|bytes| (bytes, PROCESS));
        self.memory().into_iter().chain(process).min_by_key(|(bytes, _)| *bytes)
    }
}

/// Reads a file of the system below a root.
fn read(root: &Path, file: &str) -> Option<String> {
    fs::read_to_string(root.join(file)).ok()
}

/// Finds the number behind a word at the start of a line.
fn number(text: &str, word: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(word))?;
    rest.split_whitespace().next()?.parse().ok()
}

fn machine(root: &Path) -> Option<u64> {
    Some(number(&read(root, "proc/meminfo")?, "MemAvailable:")? << 10)
}

/// What the soft limits on address space and on private memory (RLIMIT_AS and RLIMIT_DATA) leave beside what is taken.
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

/// The least that the process's control groups leave, and those that they lie in.
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

/// The names of the files of a control group that are read.
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
    /// Finds the hierarchy of a line "number:controllers:path", in which the controllers are empty in version 2.
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

    /// The least that the group leaves, and those that it lies in. A container sees its own group as the top, and
    /// perhaps a path that is not there.
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

/// Makes an empty vector with room for `count` elements.
///
/// # Errors
/// `OutOfMemory` where the system has too little.
pub fn vector<T>(count: usize) -> Result<Vec<T>> {
    let mut vector = Vec::new();
    match vector.try_reserve_exact(count) {
        Ok(()) => Ok(vector),
        Err(_) => Err(refused((count as u64).saturating_mul(size_of::<T>() as u64))),
    }
}

/// Makes a vector of `count` times the same value.
///
/// # Errors
/// `OutOfMemory` where the system has too little.
pub fn filled<T: Clone>(count: usize, value: T) -> Result<Vec<T>> {
    let mut filled = vector(count)?;
    filled.resize(count, value);
    Ok(filled)
}

/// Copies a slice.
///
/// # Errors
/// `OutOfMemory` where the system has too little.
pub fn copy<T: Clone>(from: &[T]) -> Result<Vec<T>> {
    let mut copy = vector(from.len())?;
    copy.extend_from_slice(from);
    Ok(copy)
}

/// Collects the elements of an iterator, of which there are `count` at most.
///
/// # Errors
/// `OutOfMemory` where the system has too little.
pub fn collect<T>(count: usize, from: impl Iterator<Item = T>) -> Result<Vec<T>> {
    let mut all = vector(count)?;
    all.extend(from.take(count));
    Ok(all)
}

/// The error for so many bytes that the system refused: it names a limit that is known, or the system.
pub fn refused(needed_bytes: u64) -> Error {
    let known = Room::now().least().filter(|(bytes, _)| *bytes < needed_bytes);
    // Where none is known to be too small, there is no block of this size left.
    let (limit_bytes, limit) = known.unwrap_or((0, "the system"));
    Error::OutOfMemory { needed_bytes, limit_bytes, limit }
}
