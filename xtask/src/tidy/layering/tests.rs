use std::collections::BTreeSet;
use std::path::PathBuf;

use super::{ALLOWED, banned, check};
use crate::cargo::{Dependency, Metadata, Package};

fn package(folder: &str, name: &str, dependencies: &[(&str, Option<&str>)]) -> Package {
    Package {
        name: name.to_owned(),
        manifest_path: PathBuf::from(format!("/repo/{folder}/Cargo.toml")),
        dependencies: dependencies
            .iter()
            .map(|(name, kind)| Dependency {
                name: (*name).to_owned(),
                kind: kind.filter(|kind| *kind != "optional").map(str::to_owned),
                optional: *kind == Some("optional"),
                path: name.starts_with("geppetto").then(|| PathBuf::from("/repo")),
            })
            .collect(),
    }
}

fn found(packages: Vec<Package>) -> Vec<String> {
    let metadata = Metadata {
        packages,
        workspace_root: PathBuf::from("/repo"),
    };
    check(&metadata).iter().map(ToString::to_string).collect()
}

#[test]
fn a_dependency_on_a_layer_above_is_found() {
    let found = found(vec![package(
        "crates/session",
        "geppetto-session",
        &[
            ("geppetto-engine", None),
            ("geppetto-toolloop", None),
            ("tokio", None),
        ],
    )]);
    assert_eq!(
        found,
        [
            "crates/session/Cargo.toml: geppetto-session must not depend on geppetto-toolloop: \
             its layers are turns events engine; move the code, or put a trait below both"
        ]
    );
}

#[test]
fn the_test_kit_has_the_stack_by_a_feature_alone() {
    let kit = |kind| {
        let session = [("geppetto-session", kind)];
        found(vec![package(
            "crates/testing",
            "geppetto-testing",
            &session,
        )])
    };
    assert_eq!(kit(Some("optional")), [""; 0]);
    assert_eq!(kit(None).len(), 1);
    let session = [("geppetto-toolloop", Some("optional"))];
    let other = found(vec![package(
        "crates/session",
        "geppetto-session",
        &session,
    )]);
    assert_eq!(other.len(), 1);
}

#[test]
fn a_build_dependency_counts_and_a_test_dependency_does_not() {
    let dev = package(
        "crates/turns",
        "geppetto-turns",
        &[("geppetto-testing", Some("dev"))],
    );
    assert_eq!(found(vec![dev]), [""; 0]);
    let build = package(
        "crates/turns",
        "geppetto-turns",
        &[("geppetto-events", Some("build"))],
    );
    assert_eq!(found(vec![build]).len(), 1);
}

#[test]
fn a_crate_outside_the_table_is_found() {
    let found = found(vec![package("crates/new", "geppetto-new", &[])]);
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("crates/new/Cargo.toml: geppetto-new has no place"));
}

#[test]
fn examples_and_xtask_may_use_everything() {
    let uses = [("geppetto-session", None), ("geppetto-transport", None)];
    let packages = vec![
        package("examples/one", "one", &uses),
        package("xtask", "xtask", &uses),
    ];
    assert_eq!(found(packages), [""; 0]);
}

#[test]
fn http_in_a_tree_is_found_by_its_exact_name() {
    let tree: BTreeSet<_> = [
        "http 1.5.0",
        "httpdate 1.0.3",
        "hyper-util 0.1.0",
        "serde 1.0.0",
    ]
    .map(str::to_owned)
    .into();
    let found = banned("geppetto-engine", "crates/engine/Cargo.toml", &tree);
    assert_eq!(found.len(), 1);
    assert!(
        found[0]
            .message
            .starts_with("geppetto-engine pulls in http, ")
    );
}

/// The table is acyclic: each crate is listed after all crates that it may depend on.
#[test]
fn the_table_points_one_way() {
    for (position, (name, allowed)) in ALLOWED.iter().enumerate() {
        for below in allowed.split_whitespace() {
            let below = ALLOWED.iter().position(|(name, _)| *name == below);
            assert!(below.is_some_and(|below| below < position), "{name}");
        }
    }
}
