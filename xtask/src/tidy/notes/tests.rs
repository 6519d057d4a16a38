use std::path::PathBuf;

use super::{PAGE, check};
use crate::cargo::{Dependency, Metadata, Package};
use crate::tidy::tree::Tree;

fn found(page: &str, names: &[&str]) -> Vec<String> {
    let dependency = |name: &&str| Dependency {
        name: (*name).to_owned(),
        kind: Some("dev".to_owned()),
        optional: false,
        path: name.starts_with("geppetto").then(|| PathBuf::from("/repo")),
    };
    let package = |name: &str| Package {
        name: name.to_owned(),
        manifest_path: PathBuf::from(format!("/repo/crates/{name}/Cargo.toml")),
        dependencies: names.iter().map(dependency).collect(),
    };
    let metadata = Metadata {
        packages: vec![package("one"), package("two")],
        workspace_root: PathBuf::from("/repo"),
    };
    let findings = check(&Tree::of(&[(PAGE, page)]), &metadata);
    findings.iter().map(ToString::to_string).collect()
}

#[test]
fn a_dependency_without_its_line_is_found_once() {
    // Neither a mention in the text nor the row of a crate with a longer name counts.
    let page = "Uses `serde`.\n\n| `serde_json` | dtolnay |\n";
    assert_eq!(
        found(page, &["serde", "serde_json"]),
        [
            "docs/decisions/dependencies.md: no line for `serde`, which one depends on; say who \
             keeps it, what it pulls in and what we would write otherwise"
        ]
    );
}

#[test]
fn crates_of_the_workspace_need_no_line() {
    assert_eq!(found("", &["geppetto-turns"]), [""; 0]);
}
