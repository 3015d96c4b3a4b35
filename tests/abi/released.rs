//! A program that was compiled against the released interface runs with the library that is built now. What was
//! released is kept in `released.txt`; what comes to it is allowed, and what goes or changes is not.

use crate::interface::{self, Interface};
use crate::toolchain::repository;
use std::fs;

/// Set, it makes the interface of today the released one.
const RENEW: &str = "DIPKIT_RENEW_ABI";
const KEPT: &str = "tests/abi/released.txt";

#[test]
fn released_interface_still_stands() {
    let present = interface::built();
    if std::env::var_os(RENEW).is_some() {
        let text = format!("# The interface of the last release; see released.rs.\n{}", interface::lines(&present));
        fs::write(repository(KEPT), text).unwrap();
    }
    let broken = breaks(&kept(), &present);
    assert!(
        broken.is_empty(),
        "programs that use the released library break:\n  {}\nTake that back, or raise DIP_ABI_VERSION, SONAME and the \
         major version and keep the new interface: {RENEW}=1 cargo test --release --test abi released_interface",
        broken.join("\n  ")
    );
}

fn kept() -> Interface {
    interface::parse(&fs::read_to_string(repository(KEPT)).unwrap())
}

/// A sentence for each thing that a program would miss or misread.
fn breaks(released: &Interface, present: &Interface) -> Vec<String> {
    let gone = released.iter().filter_map(|(name, was)| match present.get(name) {
        None => Some(format!("{name} ({was}) is gone")),
        Some(is) if may_become(released, name, was, is) => None,
        Some(is) => Some(format!("{name} was {was}, is now {is}")),
    });
    let inserted = present.iter().filter(|(name, _)| !released.contains_key(*name)).filter_map(|(name, is)| {
        let (structure, _) = name.split_once('.')?;
        let size = number(released.get(structure)?);
        let place = number(is.split_once(" at ")?.1);
        (place < size)
            .then(|| format!("{name} is at byte {place}, inside of the {size} bytes of the released {structure}"))
    });
    gone.chain(inserted).collect()
}

/// Whether a name may change so: a struct that tells its size may grow, and a choice may have further words.
fn may_become(released: &Interface, name: &str, was: &str, is: &str) -> bool {
    let is_growing = released.contains_key(&format!("{name}.struct_size")) && number(is) > number(was);
    let has_more_words = name.starts_with("option ") && is.strip_prefix(was).is_some_and(|more| more.starts_with('|'));
    was == is || is_growing || has_more_words
}

/// The number that a text begins with.
fn number(text: &str) -> u64 {
    let digits = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    text[..digits].parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The sentences for an interface in which a part of a line is another text.
fn breaks_where(old: &str, new: &str) -> Vec<String> {
    let text = interface::lines(&kept());
    assert_eq!(text.matches(old).count(), 1, "{old}");
    breaks(&kept(), &interface::parse(&text.replace(old, new)))
}

#[test]
fn a_function_that_goes_or_takes_something_else_is_told() {
    let step = "dip_step = DipStatus (DipSession *, uint32_t, DipMetrics *)";
    let wide = step.replace("uint32_t", "uint64_t");
    assert_eq!(
        breaks_where(&format!("{step}\n"), ""),
        ["dip_step (DipStatus (DipSession *, uint32_t, DipMetrics *)) is gone"]
    );
    assert_eq!(
        breaks_where(step, &wide),
        ["dip_step was DipStatus (DipSession *, uint32_t, DipMetrics *), is now \
          DipStatus (DipSession *, uint64_t, DipMetrics *)"]
    );
}

#[test]
fn a_constant_with_another_number_is_told() {
    assert_eq!(
        breaks_where("DIP_STATE_TIMED_OUT = 3", "DIP_STATE_TIMED_OUT = 4"),
        ["DIP_STATE_TIMED_OUT was 3, is now 4"]
    );
}

#[test]
fn a_type_of_another_width_is_told() {
    assert_eq!(breaks_where("DipStatus = int32_t", "DipStatus = int64_t"), ["DipStatus was int32_t, is now int64_t"]);
}

#[test]
fn a_field_that_moves_is_told() {
    let told = breaks_where("DipImage.flags = 4 bytes at 20", "DipImage.flags = 4 bytes at 24");
    assert_eq!(told, ["DipImage.flags was 4 bytes at 20: uint32_t, is now 4 bytes at 24: uint32_t"]);
}

#[test]
fn a_struct_that_tells_its_size_may_grow_at_its_end_alone() {
    let size = number(&kept()["DipOptions"]);
    let grown = |at| format!("DipOptions = {} bytes\nDipOptions.new = 4 bytes at {at}: float\n", size + 8);
    let old = format!("DipOptions = {size} bytes\n");
    assert!(breaks_where(&old, &grown(size)).is_empty());
    let inside = size - 4;
    assert_eq!(
        breaks_where(&old, &grown(inside)),
        [format!("DipOptions.new is at byte {inside}, inside of the {size} bytes of the released DipOptions")]
    );
    assert_eq!(breaks_where("DipImage = 48 bytes", "DipImage = 56 bytes"), ["DipImage was 48 bytes, is now 56 bytes"]);
}

#[test]
fn a_choice_may_have_further_words_behind_the_released_ones() {
    let words = "option hole = choice text|region|sparse";
    assert!(breaks_where(words, &format!("{words}|haze")).is_empty());
    assert_eq!(
        breaks_where(words, "option hole = choice region|text|sparse"),
        ["option hole was choice text|region|sparse, is now choice region|text|sparse"]
    );
}

#[test]
fn what_is_new_is_allowed() {
    let more = "DIP_OK = 0\nDIP_NEW = 9\ndip_new = DipStatus (DipSession *)\noption new = float\n";
    assert!(breaks_where("DIP_OK = 0\n", more).is_empty());
}
