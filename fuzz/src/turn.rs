//! Files of turns.
//!
//! - A readable file is written back to a file that reads the same, in YAML and in JSON.
//! - A written file is written again byte for byte.
//! - The history can be repaired, and a repaired history needs no repair.

use geppetto_turns::{Blocks, Turn, repair, serial::Document};

/// Checks one input.
pub fn check(text: &str) {
    let Ok(document) = Document::from_yaml(text) else {
        return;
    };
    let yaml = document.to_yaml().expect("what was read can be written");
    let again = Document::from_yaml(&yaml).unwrap_or_else(|error| panic!("{error}:\n{yaml}"));
    assert_eq!(again, document, "{yaml}");
    assert_eq!(again.to_yaml().expect("it was written before"), yaml);

    let json = document.to_json().expect("what was read can be written");
    let again = Document::from_json(&json).unwrap_or_else(|error| panic!("{error}:\n{json}"));
    assert_eq!(again, document, "{json}");
    repairable(document.turn());
}

/// A repaired history needs no repair.
pub fn repairable(turn: &Turn) {
    let once = repair(&turn.blocks);
    let again = repair(&once.iter().cloned().collect::<Blocks>());
    assert_eq!(once, again);
}
