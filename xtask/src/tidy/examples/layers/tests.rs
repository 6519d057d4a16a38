use std::path::PathBuf;

use super::{ALLOWED, check};
use crate::cargo::{Dependency, Package};

const TABLE: &[(&str, &str)] = &[("one", "turns"), ("two", "")];

fn found(name: &str, dependencies: &[(&str, Option<&str>)]) -> Vec<String> {
    let dependency = |(name, kind): &(&str, Option<&str>)| Dependency {
        name: (*name).to_owned(),
        kind: kind.map(str::to_owned),
        optional: false,
        path: name.contains("geppetto").then(|| PathBuf::from("/repo")),
    };
    let package = Package {
        name: name.to_owned(),
        manifest_path: PathBuf::from(format!("/repo/examples/{name}/Cargo.toml")),
        dependencies: dependencies.iter().map(dependency).collect(),
    };
    let findings = check(&package, &format!("examples/{name}/"), TABLE);
    findings.iter().map(ToString::to_string).collect()
}

#[test]
fn an_example_within_its_layers_is_fine() {
    let dependencies = [
        ("geppetto-turns", None),
        ("clap", None),
        ("geppetto-testing", Some("dev")),
    ];
    assert_eq!(found("one", &dependencies), [""; 0]);
}

#[test]
fn a_layer_that_the_idea_does_not_need_is_found() {
    let dependencies = [("geppetto-turns", None), ("geppetto-session", None)];
    assert_eq!(
        found("one", &dependencies),
        [
            "examples/one/Cargo.toml: one must not depend on geppetto-session: its layers are \
             turns; show the idea with these, or change ALLOWED in \
             xtask/src/tidy/examples/layers.rs"
        ]
    );
    assert_eq!(found("two", &dependencies).len(), 2);
}

#[test]
fn an_example_outside_the_table_is_found() {
    let found = found("three", &[]);
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("examples/three/Cargo.toml: nothing says which layers three"));
}

#[test]
fn each_example_stands_in_the_table_once_and_in_order() {
    assert!(ALLOWED.is_sorted_by(|(a, _), (b, _)| a < b));
}
