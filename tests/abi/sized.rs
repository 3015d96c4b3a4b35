//! Structs that grow, with one that has grown: those of the header have not yet.

use dipkit::capi::sized::{Growing, Out, initialise, read};

/// `second` came with the second release.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq)]
struct Grown {
    struct_size: u32,
    first: u32,
    second: u64,
}

/// As a program of the first release knows it.
const OLD: usize = 8;

const UNSET: Grown = Grown { struct_size: 0, first: 0, second: 77 };

// SAFETY: repr(C), u32 size first, no padding, numbers.
unsafe impl Growing for Grown {
    const FIRST_SIZE: usize = OLD;
}

#[test]
fn old_program_means_unset_by_what_it_lacks() {
    let given = Grown { struct_size: OLD as u32, first: 5, second: 9 };
    // SAFETY: holds at least struct_size bytes.
    let seen = unsafe { read(&raw const given, "grown", UNSET) }.unwrap();
    assert_eq!(seen, Grown { second: 77, ..given });
}

#[test]
fn old_program_is_written_no_further_than_it_knows() {
    let mut given = Grown { struct_size: OLD as u32, first: 5, second: 9 };
    // SAFETY: holds at least struct_size bytes.
    let out = unsafe { Out::new(&raw mut given, "grown") }.unwrap();
    out.write(&Grown { struct_size: 0, first: 6, second: 10 });
    assert_eq!(given, Grown { struct_size: OLD as u32, first: 6, second: 9 });
    assert!(out.hides_difference(&Grown { second: 1, ..given }, &given));
    assert!(!out.hides_difference(&Grown { first: 1, ..given }, &given));
}

#[test]
fn initialise_says_how_much_was_set() {
    let mut given = UNSET;
    let fresh = |struct_size| Grown { struct_size, first: 1, second: 2 };
    // SAFETY: holds as many bytes as are passed.
    unsafe {
        initialise(&raw mut given, "grown", OLD, fresh).unwrap();
        assert_eq!(given, Grown { struct_size: OLD as u32, first: 1, second: 77 });
        initialise(&raw mut given, "grown", size_of::<Grown>(), fresh).unwrap();
    }
    assert_eq!(given, fresh(16));
}

#[test]
fn sizes_below_the_first_release_are_refused() {
    let mut given = Grown { struct_size: OLD as u32 - 1, ..UNSET };
    // SAFETY: holds at least struct_size bytes.
    unsafe {
        let error = read(&raw const given, "grown", UNSET).unwrap_err();
        assert_eq!(error.to_string(), "grown.struct_size is 7, must be at least 8");
        assert!(Out::new(&raw mut given, "grown").is_err());
        assert!(initialise(&raw mut given, "grown", 0, |_| UNSET).is_err());
        assert!(read(std::ptr::null(), "grown", UNSET).is_err());
    }
}

#[test]
fn misaligned_struct_is_read() {
    let mut bytes = [0u8; 24];
    bytes[1..5].copy_from_slice(&16u32.to_ne_bytes());
    bytes[5..9].copy_from_slice(&3u32.to_ne_bytes());
    // SAFETY: 16 bytes are there behind the first.
    let seen = unsafe { read(bytes.as_ptr().wrapping_add(1).cast::<Grown>(), "grown", UNSET) }.unwrap();
    assert_eq!((seen.first, seen.second), (3, 0));
}
