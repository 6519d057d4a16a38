//! Event logs in geppetto's format decode and encode unchanged: a small one in this repository, and
//! logs written by geppetto itself, which are outside of the repository.

use std::{fs, path::Path};

use geppetto_events::{EventKind, Grammar, LogLine};
use serde_json::Value;

#[test]
fn a_log_in_geppettos_format_decodes_and_encodes_unchanged() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/logs");
    assert_eq!(check(&folder), 14);
}

#[test]
#[ignore = "needs ../shared"]
fn geppettos_own_logs_decode_and_encode_unchanged() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/geppetto-data/events");
    assert!(check(&folder) > 0, "{} holds no line", folder.display());
}

/// Decodes and encodes every line of the logs in a folder, and returns their number.
#[allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test's own helper"
)]
fn check(folder: &Path) -> usize {
    let mut seen = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let mut grammar = Grammar::fragment();
        for line in fs::read_to_string(&path).unwrap().lines() {
            let read = LogLine::from_json(line).unwrap();
            let original: Value = serde_json::from_str(line).unwrap();
            let written: Value = serde_json::from_str(&read.to_json().unwrap()).unwrap();
            assert_eq!(written, original, "{}", path.display());
            assert_eq!(read.event.type_name(), original["type"].as_str().unwrap());
            assert!(!matches!(read.event.kind, EventKind::Custom(_)), "{line}");
            grammar.accept(&read.event).unwrap();
            seen += 1;
        }
        grammar.finish().unwrap();
    }
    seen
}
