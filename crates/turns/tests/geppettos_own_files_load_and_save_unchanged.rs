//! Files in geppetto's format load and are saved unchanged: small ones in this repository, and
//! files written by geppetto itself, which are outside of the repository.

use std::{fs, path::Path};

use geppetto_turns::serial::Document;

#[test]
fn files_in_geppettos_format_load_and_save_unchanged() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files");
    assert_eq!(check(&folder), 3);
}

#[test]
#[ignore = "needs ../shared"]
fn geppettos_own_files_load_and_save_unchanged() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/geppetto-data/turns");
    assert!(check(&folder) > 0, "{} holds no file", folder.display());
}

/// Loads and saves every file of a folder, and returns their number.
#[allow(clippy::unwrap_used, clippy::panic, reason = "a test's own helper")]
fn check(folder: &Path) -> usize {
    let mut seen = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let document =
            Document::from_yaml(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let yaml = document.to_yaml().unwrap();
        let again = Document::from_yaml(&yaml).unwrap();
        assert_eq!(again, document, "{}", path.display());
        let json = document.to_json().unwrap();
        let again = Document::from_json(&json).unwrap();
        assert_eq!(again, document, "{}", path.display());
        // Compared value by value, not only as this crate reads it: nothing may be lost in between.
        let written: serde_json::Value = serde_json::from_str(&json).unwrap();
        let original: serde_json::Value = serde_norway::from_str(&text).unwrap();
        assert_eq!(written, original, "{}", path.display());
        seen += 1;
    }
    seen
}
