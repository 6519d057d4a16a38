//! Dependencies between the workspace's crates point one way only.

use std::collections::BTreeSet;

use super::finding::Finding;
use crate::cargo::{self, Dependency, Metadata, Package, Scope};
use crate::error::Error;

#[cfg(test)]
mod tests;

/// Each crate and the workspace crates that it may depend on, without the prefix `geppetto-`.
///
/// Dependencies for tests are not restricted: they cost an application nothing.
const ALLOWED: &[(&str, &str)] = &[
    ("turns", ""),
    ("events", "turns"),
    ("structured", "turns events"),
    ("timeline", "turns events"),
    ("engine", "turns events"),
    ("ui", "turns events"),
    ("settings", "turns events engine"),
    ("store", "turns events engine"),
    ("store-sqlite", "turns events store"),
    ("store-postgres", "turns events store"),
    ("transport", "turns events engine"),
    ("provider", "turns events engine transport"),
    ("providers-openai", "turns events engine provider"),
    ("providers-anthropic", "turns events engine provider"),
    ("providers-gemini", "turns events engine provider"),
    ("factory", "turns engine settings transport provider"),
    ("toolloop", "turns events engine"),
    ("enginebuilder", "turns events engine toolloop"),
    ("session", "turns events engine"),
    ("host", "turns events engine session store"),
    ("tui", "turns events engine session store host timeline"),
    ("web", "turns events engine session store host timeline ui"),
    ("testing", "turns events engine"),
    ("geppetto", "turns events engine enginebuilder session"),
    (
        "cli",
        "turns events timeline engine settings store store-sqlite store-postgres factory toolloop enginebuilder session \
         host tui web",
    ),
];

/// Additional crates that an optional feature may enable, which is off by default.
///
/// The test kit's simulator runs the whole stack (`docs/decisions/0007-the-simulator-is-a-feature.md`), and the
/// factory has one feature per provider.
const ALLOWED_BY_FEATURE: &[(&str, &str)] = &[
    (
        "testing",
        "transport providers-openai providers-anthropic providers-gemini toolloop enginebuilder session",
    ),
    (
        "factory",
        "providers-openai providers-anthropic providers-gemini testing",
    ),
    (
        "geppetto",
        "settings factory transport provider providers-openai providers-anthropic providers-gemini host store \
         store-sqlite structured toolloop testing web",
    ),
];

/// Folders whose packages are on top of all layers and may depend on all of them.
const UNRESTRICTED: &[&str] = &[
    "crates/bench",
    "crates/conformance",
    "crates/cluster",
    "crates/crash",
    "crates/sqlite-faults",
    "doctests",
    "examples/",
    "xtask",
];

/// Crates that may not depend on HTTP, directly or indirectly.
const WITHOUT_HTTP: &[&str] = &[
    "geppetto-turns",
    "geppetto-events",
    "geppetto-structured",
    "geppetto-timeline",
    "geppetto-engine",
    "geppetto-toolloop",
    "geppetto-enginebuilder",
    "geppetto-session",
    "geppetto-settings",
    "geppetto-store",
    "geppetto-host",
    "geppetto-store-sqlite",
    "geppetto-store-postgres",
    "geppetto-tui",
    "geppetto-ui",
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
        let Some(allowed) = row(ALLOWED, &package.name) else {
            let message = format!(
                "{} has no place in the layers; add it to ALLOWED in xtask/src/tidy/layering.rs",
                package.name
            );
            findings.push(Finding::error(message).at(manifest));
            continue;
        };
        for dependency in workspace_dependencies(package) {
            let name = dependency.name.as_str();
            if !has(allowed, name) && !comes_by_feature(package, dependency) {
                let layers = if allowed.is_empty() { "none" } else { allowed };
                let message = format!(
                    "{} must not depend on {name}: its layers are {layers}; move the code, or put a \
                     trait below both",
                    package.name,
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
    let allowed = row(ALLOWED_BY_FEATURE, &package.name);
    dependency.optional && allowed.is_some_and(|row| has(row, &dependency.name))
}

/// Returns the crates that a table permits for a package.
fn row(table: &[(&str, &'static str)], package: &str) -> Option<&'static str> {
    let found = table.iter().find(|(name, _)| *name == short(package));
    found.map(|(_, allowed)| *allowed)
}

fn has(row: &str, package: &str) -> bool {
    row.split(' ').any(|name| name == short(package))
}

fn short(package: &str) -> &str {
    package.strip_prefix("geppetto-").unwrap_or(package)
}
