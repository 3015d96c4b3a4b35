//! Who holds a claim: a process of some machine, as it is written in the claim's file, and whether it still lives where
//! this machine can tell.

use std::fmt;
use std::fs;
use std::process;
use std::time::{SystemTime, UNIX_EPOCH};

/// A process that holds a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimant {
    host: String,
    process: u32,
    /// When the process was started, in ticks of its system's clock, since numbers of processes are used again.
    started: u64,
    /// The running system that the number of the process belongs to: its boot, and its namespace of processes. Hosts may
    /// share a name, and containers nearly always number their processes alike.
    system: String,
    /// What tells this claim from every other one of the process.
    token: u128,
}

/// Whether a process still runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    Runs,
    Ended,
    /// It is a process of another machine or container.
    Unknown,
}

/// What a system says that does not say who it is.
const UNKNOWN: &str = "-";

impl Claimant {
    /// This process, with a token for a new claim.
    pub fn new() -> Claimant {
        let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        Claimant {
            host: Some(host.trim()).filter(|host| !host.is_empty()).unwrap_or(UNKNOWN).into(),
            process: process::id(),
            started: start_of(process::id()).unwrap_or(0),
            system: system().unwrap_or_else(|| UNKNOWN.into()),
            token: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos()),
        }
    }

    /// The claimant that a claim's text names; `None` where it is not, or not yet, the text of a claim.
    pub fn parse(text: &str) -> Option<Claimant> {
        let mut words = text.strip_suffix('\n')?.split(' ');
        let claimant = Claimant {
            host: words.next()?.into(),
            process: words.next()?.parse().ok()?,
            started: words.next()?.parse().ok()?,
            system: words.next()?.into(),
            token: words.next()?.parse().ok()?,
        };
        words.next().is_none().then_some(claimant)
    }

    /// The text of a claim: host, process, its start, its system, token.
    pub fn text(&self) -> String {
        format!("{} {} {} {} {}\n", self.host, self.process, self.started, self.system, self.token)
    }

    /// Whether the process still runs, if it is one of this system.
    pub fn life(&self) -> Life {
        if self.started == 0 || system().is_none_or(|system| system != self.system) {
            return Life::Unknown;
        }
        if start_of(self.process) == Some(self.started) { Life::Runs } else { Life::Ended }
    }

    /// What tells this claim from every other one of the process.
    pub fn token(&self) -> u128 {
        self.token
    }
}

impl fmt::Display for Claimant {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "process {} on {}", self.process, self.host)
    }
}

/// The boot and the namespace of processes that this process is in.
fn system() -> Option<String> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let namespace = fs::read_link("/proc/self/ns/pid").ok()?;
    Some(format!("{}/{}", boot.trim(), namespace.display()))
}

/// When a process of this system was started, in ticks; `None` if there is no such process, or only its exit status.
fn start_of(process: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name in front may hold anything. Behind it come the third field, which is the state, and so on.
    let fields: Vec<_> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let is_over = matches!(fields.first(), Some(&"Z" | &"X"));
    fields.get(19).filter(|_| !is_over)?.parse().ok()
}
