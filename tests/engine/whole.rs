//! Files that are whole or not there.

use dipkit::whole::WholeFile;
use std::fs;
use std::io::Write;
use std::path::Path;
use tempfile::tempdir;

fn write(path: &Path, text: &str) {
    let mut file = WholeFile::new(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file.finish().unwrap();
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn file_is_new_or_takes_the_place_of_the_old_one() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("a file");
    for text in ["first", "second, longer", "3"] {
        write(&path, text);
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        assert_eq!(names(folder.path()), ["a file"]);
    }
}

/// As a process that is killed leaves it: what was named .dipkit-XXXXXX stayed beside the result.
#[test]
#[cfg(target_os = "linux")]
fn file_has_no_name_before_it_is_finished() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("a file");
    let mut file = WholeFile::new(&path).unwrap();
    file.write_all(b"half of it").unwrap();
    assert!(names(folder.path()).is_empty());
    std::mem::forget(file);
    assert!(names(folder.path()).is_empty());
}

#[test]
fn what_is_not_finished_leaves_the_old_file() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("a file");
    write(&path, "old");
    WholeFile::new(&path).unwrap().write_all(b"new").unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    assert_eq!(names(folder.path()), ["a file"]);
}

#[test]
fn writers_of_one_file_leave_one_of_theirs_and_nothing_else() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("a file");
    std::thread::scope(|scope| {
        for writer in 0..4u8 {
            let path = &path;
            scope.spawn(move || (0..50).for_each(|_| write(path, &writer.to_string().repeat(1000))));
        }
    });
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.len() == 1000 && text.bytes().all(|byte| byte == text.as_bytes()[0]));
    assert_eq!(names(folder.path()), ["a file"]);
}

#[test]
fn longest_names_are_taken() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("n".repeat(255));
    write(&path, "first");
    write(&path, "second");
    assert_eq!(fs::read_to_string(&path).unwrap(), "second");
}

#[test]
fn folders_are_not_replaced() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("a folder");
    fs::create_dir(&path).unwrap();
    let mut file = WholeFile::new(&path).unwrap();
    file.write_all(b"text").unwrap();
    assert!(file.finish().is_err());
    assert!(WholeFile::new(&folder.path().join("no folder/file")).is_err());
    assert_eq!(names(folder.path()), ["a folder"]);
}

#[test]
#[cfg(unix)]
fn permissions_of_the_old_file_stay() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempdir().unwrap();
    let path = folder.path().join("a file");
    write(&path, "new");
    // As any new file of this user.
    let other = folder.path().join("other");
    fs::write(&other, "other").unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&path), mode(&other));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    write(&path, "newer");
    assert_eq!(mode(&path) & 0o777, 0o600);
}
