//! Event logs that geppetto itself wrote, read from the data folder beside the project; skipped,
//! with the reason printed, where it is absent.

use std::{fs, path::Path};

use geppetto_events::{EventKind, Grammar, LogLine};
use serde_json::Value;

#[test]
fn geppettos_own_logs_decode_and_encode_unchanged() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/geppetto-data/events");
    let Ok(entries) = fs::read_dir(&folder) else {
        println!("skipped: {} is absent", folder.display());
        return;
    };
    let mut seen = 0;
    for entry in entries {
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
    assert!(seen > 0, "{} holds no line", folder.display());
}
