//! Peak memory of this process, as the system counts it. `None` where the system does not say.

use std::fs;

/// The highest resident memory so far, in bytes.
pub fn peak_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// Starts the count again, so that the next picture of a batch is not charged for the largest before it.
pub fn reset_peak() {
    // "5" resets the peak (proc_pid_clear_refs(5)); where that is not possible the count goes on.
    let _ = fs::write("/proc/self/clear_refs", "5");
}
