use std::path::{Path, PathBuf};
use std::{env, fs, process};

use super::{SourceFile, Tree, as_text, parse_git_files, walk};

/// A temporary folder, removed at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = env::temp_dir().join(format!("xtask-tree-{name}-{}", process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        let full = self.0.join(path);
        fs::create_dir_all(full.parent().unwrap_or(Path::new("/"))).unwrap();
        fs::write(full, bytes).unwrap();
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_walk_finds_hidden_files_and_leaves_out_build_output() {
    let scratch = Scratch::new("walk");
    for path in [
        ".ci/run",
        "src/main.rs",
        "target/debug/x",
        ".git/HEAD",
        "sub/target/y",
    ] {
        scratch.write(path, b"x\n");
    }
    let found: Vec<_> = walk(&scratch.0).unwrap().into_iter().collect();
    assert_eq!(found, [".ci/run", "src/main.rs"]);
}

#[test]
fn a_tree_without_git_holds_the_text_files_in_order() {
    let scratch = Scratch::new("load");
    scratch.write("b.txt", b"two\n");
    scratch.write("a/a.txt", b"one\n");
    scratch.write("picture.png", b"\x89PNG\r\n\x1a\n\0");
    let file = |path: &str, text: &str| SourceFile {
        path: path.to_owned(),
        text: text.to_owned(),
    };
    let tree = Tree::load(&scratch.0).unwrap();
    assert_eq!(
        tree.files,
        [file("a/a.txt", "one\n"), file("b.txt", "two\n")]
    );
}

#[test]
fn text_is_utf8_without_nul() {
    assert_eq!(as_text(b"a\n".to_vec()), Some("a\n".to_owned()));
    assert_eq!(as_text(b"a\0b".to_vec()), None);
    assert_eq!(as_text(vec![0xff, 0xfe]), None);
}

#[test]
fn names_listed_by_git_may_hold_spaces() {
    let paths = parse_git_files(b"b.rs\0with space.md\0");
    assert_eq!(
        paths.into_iter().collect::<Vec<_>>(),
        ["b.rs", "with space.md"]
    );
}

#[test]
fn tests_and_benches_are_told_from_sources() {
    let is_test = |path: &str| Tree::of(&[(path, "")]).files[0].is_test();
    assert!(is_test("crates/a/tests/it_works.rs"));
    assert!(is_test("crates/a/src/b/tests.rs"));
    assert!(is_test("crates/a/benches/b.rs"));
    assert!(!is_test("crates/testing/src/lib.rs"));
    assert!(!is_test("crates/a/src/attests.rs"));
}
