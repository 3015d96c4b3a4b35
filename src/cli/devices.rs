//! `devices`: where a fit can run in this build and on this machine.

use crate::console::Console;
use dipkit::options::{Choice, DeviceKind};
use dipkit::session;
use serde_json::json;

/// The most devices of a kind that are listed.
const MOST_DEVICES: u32 = 64;

/// Prints one line for each device.
pub fn run(console: &Console) {
    for (word, kind) in DeviceKind::CHOICES.iter().filter(|(_, kind)| *kind != DeviceKind::Auto) {
        // Every available device is listed, or the first one with the reason why there is none.
        let available = (0..MOST_DEVICES).take_while(|&index| session::is_available(*kind, index)).count() as u32;
        let listed = if *kind == DeviceKind::Cpu { 1 } else { available.max(1) };
        for index in 0..listed {
            print(console, word, *kind, index);
        }
    }
}

fn print(console: &Console, word: &str, kind: DeviceKind, index: u32) {
    let is_available = session::is_available(kind, index);
    let text = session::describe(kind, index);
    let state = if is_available { "available" } else { "not available" };
    console.record(&json!({ "device": word, "index": index, "is_available": is_available, "text": text }));
    console.answer(&format!("{word} {index}: {state}: {text}"));
}
