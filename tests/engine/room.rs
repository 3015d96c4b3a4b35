//! What the system says of memory, from files like its own.

use dipkit::Error;
use dipkit::room::{self, Room};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// A root with these files.
fn root(files: &[(&str, &str)]) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = root.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    root
}

fn room_of(files: &[(&str, &str)]) -> Room {
    Room::below(root(files).path())
}

const MEMINFO: (&str, &str) = ("proc/meminfo", "MemTotal:       2000 kB\nMemFree:  10 kB\nMemAvailable:    1000 kB\n");

#[test]
fn a_machine_leaves_what_is_available() {
    assert_eq!(room_of(&[MEMINFO]), Room { machine: Some(1000 << 10), ..Room::default() });
    assert_eq!(room_of(&[]), Room::default());
}

#[test]
fn a_process_has_its_own_limits() {
    let limits = |addresses: &str, data: &str| {
        let text = format!(
            "Limit                     Soft Limit           Hard Limit           Units     \n\
             Max data size             {data}            unlimited            bytes     \n\
             Max address space         {addresses}            unlimited            bytes     \n"
        );
        let status = ("proc/self/status", "Name:\tx\nVmPeak:\t  900 kB\nVmSize:\t  300 kB\nVmData:\t  100 kB\n");
        room_of(&[("proc/self/limits", &text), status]).process
    };
    assert_eq!(limits("unlimited", "unlimited"), None);
    assert_eq!(limits("1048576", "unlimited"), Some((1 << 20) - (300 << 10)));
    assert_eq!(limits("1048576", "204800"), Some((200 - 100) << 10));
    assert_eq!(limits("1024", "unlimited"), Some(0), "a limit may be set below what is taken already");
}

/// The tighter one of the group and those that it lies in; pages of files that the system gives back do not count.
#[test]
fn control_groups_of_version_2_are_asked_up_to_the_top() {
    let group = "proc/self/cgroup";
    let at = |path: &str| {
        room_of(&[
            MEMINFO,
            (group, path),
            ("sys/fs/cgroup/a/memory.max", "5000\n"),
            ("sys/fs/cgroup/a/memory.current", "4000\n"),
            ("sys/fs/cgroup/a/memory.stat", "anon 1\nfile 3000\ninactive_anon 7\ninactive_file 2500\n"),
            ("sys/fs/cgroup/a/b/memory.max", "max\n"),
            ("sys/fs/cgroup/a/b/memory.current", "100\n"),
            ("sys/fs/cgroup/c/memory.max", "1000\n"),
            ("sys/fs/cgroup/c/memory.current", "1200\n"),
        ])
    };
    let left = 5000 - (4000 - 2500);
    for path in ["0::/a\n", "0::/a/b\n", "0::/a/b/not/there\n", "3:cpu,cpuacct:/x\n0::/a/b\n"] {
        assert_eq!(at(path).group, Some(left), "{path}");
        assert_eq!(at(path).memory(), Some((left, room::GROUP)));
    }
    assert_eq!(at("0::/c\n").group, Some(0), "a group may have more than its limit for a moment");
    assert_eq!(at("0::/\n").memory(), Some((1000 << 10, room::MACHINE)));
}

#[test]
fn control_groups_of_version_1_are_asked_too() {
    let at = |path: &str| {
        room_of(&[
            ("proc/self/cgroup", path),
            ("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"),
            ("sys/fs/cgroup/memory/memory.usage_in_bytes", "12345\n"),
            ("sys/fs/cgroup/memory/docker/memory.limit_in_bytes", "8000\n"),
            ("sys/fs/cgroup/memory/docker/memory.usage_in_bytes", "5000\n"),
            ("sys/fs/cgroup/memory/docker/memory.stat", "inactive_file 1\ntotal_inactive_file 1000\n"),
        ])
        .group
    };
    assert_eq!(at("9:blkio:/docker\n5:memory:/docker\n0::/\n"), Some(8000 - 4000));
    assert_eq!(at("9:blkio:/docker\n"), None);
    assert!(at("5:memory:/elsewhere\n").unwrap() > 1 << 60, "the top alone is seen, which has no limit");
}

#[test]
fn what_cannot_be_had_is_told_with_both_numbers() {
    let Err(Error::OutOfMemory { needed_bytes, limit_bytes, .. }) = room::vector::<f32>(1 << 60) else { panic!() };
    assert!(needed_bytes == 4 << 60 && limit_bytes < needed_bytes);
    assert!(room::vector::<f32>(usize::MAX).is_err(), "more bytes than can be counted");
    assert_eq!(room::filled(3, 7).unwrap(), [7; 3]);
    assert_eq!(room::copy(&[1, 2]).unwrap(), [1, 2]);
    assert_eq!(room::collect(2, 5..9).unwrap(), [5, 6], "no more than there is room for");
}

/// Of this system; elsewhere nothing is known.
#[test]
#[cfg(target_os = "linux")]
fn this_machine_says_what_it_has() {
    let room = Room::below(Path::new("/"));
    assert!(room.machine.unwrap() > 1 << 20 && room.memory().unwrap().0 <= room.machine.unwrap());
}
