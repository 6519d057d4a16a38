//! Files that geppetto itself wrote, read from the data folder beside the project; skipped, with
//! the reason printed, where it is absent.

use std::{fs, path::Path};

use geppetto_turns::serial::Document;

#[test]
fn geppettos_own_files_load_and_save_unchanged() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/geppetto-data/turns");
    let Ok(entries) = fs::read_dir(&folder) else {
        println!("skipped: {} is absent", folder.display());
        return;
    };
    let mut seen = 0;
    for entry in entries {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let document =
            Document::from_yaml(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let yaml = document.to_yaml().unwrap();
        assert_eq!(
            Document::from_yaml(&yaml).unwrap(),
            document,
            "{}",
            path.display()
        );
        let json = document.to_json().unwrap();
        assert_eq!(
            Document::from_json(&json).unwrap(),
            document,
            "{}",
            path.display()
        );
        // Value by value, not just as this crate reads it: nothing may be lost on the way.
        let written: serde_json::Value = serde_json::from_str(&json).unwrap();
        let original: serde_json::Value = serde_norway::from_str(&text).unwrap();
        assert_eq!(written, original, "{}", path.display());
        seen += 1;
    }
    assert!(seen > 0, "{} holds no file", folder.display());
}
