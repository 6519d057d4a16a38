use std::path::PathBuf;

use super::{complete, is_path};
use crate::commands::files;

/// A folder with files, deleted with the value.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, files: &[&str]) -> Self {
        let own = std::env::temp_dir().join(format!("geppetto-{name}-{}", std::process::id()));
        for file in files {
            let file = own.join(file);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, "").unwrap();
        }
        Self(own)
    }

    /// Completes a name below the folder.
    fn completes(&self, beginning: &str) -> Vec<String> {
        let folder = self.0.display();
        let drafts = complete(&format!("/file {folder}/{beginning}"));
        let prefix = format!("/file {folder}/");
        let names = drafts.iter().map(|own| own.strip_prefix(&prefix).unwrap());
        names.map(ToOwned::to_owned).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn names_are_completed_and_hidden_ones_on_request() {
    let folder = Folder::new(
        "paths",
        &["notes.md", "notes/a.txt", "other", ".env", "\u{e9}t\u{e9}"],
    );
    assert_eq!(folder.completes("no"), ["notes.md", "notes/"]);
    assert_eq!(folder.completes("notes/"), ["notes/a.txt"]);
    assert_eq!(
        folder.completes(""),
        ["notes.md", "notes/", "other", "\u{e9}t\u{e9}"]
    );
    assert_eq!(folder.completes("."), [".env"]);
    assert_eq!(folder.completes("missing/"), [""; 0]);
}

#[cfg(unix)]
#[test]
fn a_completed_path_is_read_as_the_file() {
    let names = ["it's a \"test\".md", "back\\slash", "a b", "line\nfeed"];
    let folder = Folder::new("odd-paths", &names);
    let completed = folder.completes("");
    assert_eq!(
        completed,
        ["a b", "back\\\\slash", "it\\'s a \\\"test\\\".md"]
    );
    for own in completed {
        let path = files::path(&format!("{}/{own}", folder.0.display()));
        assert!(path.exists(), "{}", path.display());
    }
}

#[test]
fn paths_follow_two_commands() {
    assert!(is_path("/image a") && is_path("/file "));
    assert!(!is_path("/file") && !is_path("/save a") && !is_path("a /file b"));
}
