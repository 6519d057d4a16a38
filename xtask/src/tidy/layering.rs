//! Dependencies between the workspace's crates point one way only.

use std::collections::BTreeSet;

use super::finding::Finding;
use crate::cargo::{self, Dependency, Metadata, Package, Scope};
use crate::error::Error;

#[cfg(test)]
mod tests;

/// Each crate and the workspace crates that it may depend on.
///
/// Dependencies for tests are not restricted: they cost an application nothing.
const ALLOWED: &[(&str, &[&str])] = &[
    ("geppetto-turns", &[]),
    ("geppetto-events", &["geppetto-turns"]),
    (
        "geppetto-structured",
        &["geppetto-turns", "geppetto-events"],
    ),
    ("geppetto-engine", &["geppetto-turns", "geppetto-events"]),
    (
        "geppetto-settings",
        &["geppetto-turns", "geppetto-events", "geppetto-engine"],
    ),
    (
        "geppetto-store",
        &["geppetto-turns", "geppetto-events", "geppetto-engine"],
    ),
    (
        "geppetto-transport",
        &["geppetto-turns", "geppetto-events", "geppetto-engine"],
    ),
    (
        "geppetto-provider",
        &[
            "geppetto-turns",
            "geppetto-events",
            "geppetto-engine",
            "geppetto-transport",
        ],
    ),
    (
        "geppetto-providers-openai",
        &[
            "geppetto-turns",
            "geppetto-events",
            "geppetto-engine",
            "geppetto-provider",
        ],
    ),
    (
        "geppetto-factory",
        &[
            "geppetto-turns",
            "geppetto-engine",
            "geppetto-settings",
            "geppetto-transport",
            "geppetto-provider",
        ],
    ),
    (
        "geppetto-toolloop",
        &["geppetto-turns", "geppetto-events", "geppetto-engine"],
    ),
    (
        "geppetto-enginebuilder",
        &[
            "geppetto-turns",
            "geppetto-events",
            "geppetto-engine",
            "geppetto-toolloop",
        ],
    ),
    (
        "geppetto-session",
        &["geppetto-turns", "geppetto-events", "geppetto-engine"],
    ),
    (
        "geppetto-testing",
        &["geppetto-turns", "geppetto-events", "geppetto-engine"],
    ),
    (
        "geppetto",
        &[
            "geppetto-turns",
            "geppetto-events",
            "geppetto-engine",
            "geppetto-enginebuilder",
            "geppetto-session",
        ],
    ),
];

/// Additional crates that an optional feature may enable, which is off by default.
///
/// The test kit's simulator runs the whole stack (`docs/decisions/0007-the-simulator-is-a-feature.md`), and the
/// factory has one feature per provider.
const ALLOWED_BY_FEATURE: &[(&str, &[&str])] = &[
    (
        "geppetto-testing",
        &[
            "geppetto-transport",
            "geppetto-providers-openai",
            "geppetto-toolloop",
            "geppetto-enginebuilder",
            "geppetto-session",
        ],
    ),
    (
        "geppetto-factory",
        &["geppetto-providers-openai", "geppetto-testing"],
    ),
    (
        "geppetto",
        &[
            "geppetto-settings",
            "geppetto-factory",
            "geppetto-transport",
            "geppetto-provider",
            "geppetto-providers-openai",
            "geppetto-structured",
            "geppetto-toolloop",
            "geppetto-testing",
        ],
    ),
];

/// Folders whose packages are on top of all layers and may depend on all of them.
const UNRESTRICTED: &[&str] = &[
    "crates/bench",
    "crates/conformance",
    "doctests",
    "examples/",
    "xtask",
];

/// Crates that may not depend on HTTP, directly or indirectly.
const WITHOUT_HTTP: &[&str] = &[
    "geppetto-turns",
    "geppetto-events",
    "geppetto-structured",
    "geppetto-engine",
    "geppetto-toolloop",
    "geppetto-enginebuilder",
    "geppetto-session",
    "geppetto-settings",
    "geppetto-store",
];

/// The packages that count as HTTP.
const HTTP: &[&str] = &["reqwest", "hyper", "http"];

/// Compares the declared dependencies with the table.
pub(super) fn check(metadata: &Metadata) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in &metadata.packages {
        let folder = metadata.folder(package);
        if UNRESTRICTED.iter().any(|prefix| folder.starts_with(prefix)) {
            continue;
        }
        let manifest = format!("{folder}/Cargo.toml");
        let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| *name == package.name) else {
            let message = format!(
                "{} has no place in the layers; add it to ALLOWED in xtask/src/tidy/layering.rs",
                package.name
            );
            findings.push(Finding::error(message).at(manifest));
            continue;
        };
        for dependency in workspace_dependencies(package) {
            let name = dependency.name.as_str();
            if !allowed.contains(&name) && !comes_by_feature(package, dependency) {
                let message = format!(
                    "{} must not depend on {name}: its layers are {}; move the code, or put a \
                     trait below both",
                    package.name,
                    list(allowed)
                );
                findings.push(Finding::error(message).at(&manifest));
            }
        }
    }
    findings
}

/// Searches the dependency trees for HTTP, with all features and platforms.
pub(super) fn check_bans(metadata: &Metadata) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    for package in &metadata.packages {
        if WITHOUT_HTTP.contains(&package.name.as_str()) {
            let root = &metadata.workspace_root;
            let tree = cargo::normal_tree(root, &package.name, Scope::Everything)?;
            let manifest = format!("{}/Cargo.toml", metadata.folder(package));
            findings.extend(banned(&package.name, &manifest, &tree));
        }
    }
    Ok(findings)
}

fn banned(package: &str, manifest: &str, tree: &BTreeSet<String>) -> Vec<Finding> {
    tree.iter()
        .filter_map(|entry| entry.split(' ').next())
        .filter(|name| HTTP.contains(name))
        .map(|name| {
            let message = format!(
                "{package} pulls in {name}, and only geppetto-transport and what is above it may \
                 know HTTP; `cargo tree -p {package} -e normal -i {name}` shows through what"
            );
            Finding::error(message).at(manifest)
        })
        .collect()
}

/// Returns the path dependencies that become part of an application: normal and build dependencies.
pub(super) fn workspace_dependencies(package: &Package) -> impl Iterator<Item = &Dependency> {
    package
        .dependencies
        .iter()
        .filter(|d| d.path.is_some() && d.kind.as_deref() != Some("dev"))
}

/// Returns `true` if a feature may enable the dependency, and one does.
fn comes_by_feature(package: &Package, dependency: &Dependency) -> bool {
    let allowed = ALLOWED_BY_FEATURE
        .iter()
        .filter(|(name, _)| *name == package.name)
        .flat_map(|(_, allowed)| *allowed);
    dependency.optional && allowed.into_iter().any(|name| *name == dependency.name)
}

fn list(names: &[&str]) -> String {
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}
