use super::{check, resolve};
use crate::tidy::tree::Tree;

fn passes(files: &[(&str, &str)]) -> bool {
    check(&Tree::of(files)).is_empty()
}

#[test]
fn a_front_page_without_a_program_is_found() {
    let tree = Tree::of(&[("crates/a/src/lib.rs", "//! Says what it is.\n\nmod a;\n")]);
    let found = check(&tree);
    assert_eq!(found.len(), 1);
    assert!(
        found[0]
            .to_string()
            .starts_with("crates/a/src/lib.rs: the front page has no program")
    );
}

#[test]
fn a_compiled_block_is_a_program() {
    for info in ["", "rust", "no_run", "rust,no_run", "edition2024"] {
        let lib = format!("//! What.\n//!\n//! ```{info}\n//! let a = 1;\n//! ```\n");
        assert!(passes(&[("crates/a/src/lib.rs", &lib)]), "{info}");
    }
}

#[test]
fn a_block_that_is_not_compiled_is_no_program() {
    for info in ["text", "ignore", "rust,ignore", "compile_fail", "yaml"] {
        let lib = format!("//! ```{info}\n//! a\n//! ```\n");
        assert!(!passes(&[("crates/a/src/lib.rs", &lib)]), "{info}");
    }
}

#[test]
fn documentation_of_items_is_not_the_front_page() {
    let lib = "//! What.\n\n/// ```\n/// let a = 1;\n/// ```\npub fn a() {}\n";
    assert!(!passes(&[("crates/a/src/lib.rs", lib)]));
}

#[test]
fn an_included_file_belongs_to_the_front_page() {
    let lib = (
        "crates/a/src/lib.rs",
        "#![doc = include_str!(\"../README.md\")]\n",
    );
    assert!(passes(&[
        lib,
        ("crates/a/README.md", "# A\n\n```rust\nlet a = 1;\n```\n")
    ]));
    assert!(!passes(&[lib, ("crates/a/README.md", "# A\n")]));
}

#[test]
fn relative_paths_start_at_the_file() {
    assert_eq!(
        resolve("crates/a/src/lib.rs", "../README.md"),
        "crates/a/README.md"
    );
    assert_eq!(
        resolve("crates/a/src/lib.rs", "./docs/a.md"),
        "crates/a/src/docs/a.md"
    );
}
