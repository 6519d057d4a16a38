use std::path::PathBuf;

use super::check;
use crate::cargo::{Dependency, Metadata, Package};
use crate::tidy::tree::Tree;

fn found(files: &[(&str, &str)], dependency: &str) -> Vec<String> {
    let metadata = Metadata {
        packages: vec![Package {
            name: "turns-yaml".to_owned(),
            manifest_path: PathBuf::from("/repo/examples/one/Cargo.toml"),
            dependencies: vec![Dependency {
                name: dependency.to_owned(),
                kind: None,
                optional: false,
                path: dependency
                    .starts_with("geppetto")
                    .then(|| PathBuf::from("/repo")),
            }],
        }],
        workspace_root: PathBuf::from("/repo"),
    };
    let findings = check(&Tree::of(files), &metadata);
    findings.iter().map(ToString::to_string).collect()
}

const MAIN: &str = "examples/one/src/main.rs";

#[test]
fn an_example_that_says_what_to_expect_is_fine() {
    let doc = "//! Shows one thing.\n//!\n//! Expected output:\nuse geppetto_turns::Turn;\n";
    assert_eq!(found(&[(MAIN, doc)], "geppetto-turns"), [""; 0]);
    let readme = ("examples/one/README.md", "# One\n\n## Expected output\n");
    let main = (MAIN, "use geppetto_turns::Turn;\n");
    assert_eq!(found(&[readme, main], "geppetto-turns"), [""; 0]);
}

#[test]
fn an_example_that_does_not_say_what_to_expect_is_found() {
    // Neither a plain comment nor the documentation of another example counts.
    let main = (MAIN, "// Expected output\nfn main() {}\n");
    let other = ("examples/one-more/README.md", "Expected output\n");
    let found = found(&[main, other], "serde");
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("examples/one: nothing says what the example prints"));
}

#[test]
fn a_workspace_crate_that_is_not_used_is_found() {
    let main = (
        MAIN,
        "//! Expected output: none.\nuse geppetto_turns_more::Turn;\n",
    );
    assert_eq!(
        found(&[main], "geppetto-turns"),
        [
            "examples/one/Cargo.toml: the example depends on geppetto-turns and does not use it; \
          remove the dependency"
        ]
    );
    assert_eq!(found(&[main], "serde"), [""; 0]);
}
