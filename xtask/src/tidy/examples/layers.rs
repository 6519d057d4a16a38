//! Which layers each example may depend on.

use crate::cargo::Package;
use crate::tidy::finding::Finding;
use crate::tidy::layering::{list, workspace_dependencies};

#[cfg(test)]
mod tests;

/// Each example and the workspace packages that it may depend on: the layers that its idea needs.
///
/// Dependencies for tests alone are free.
pub(super) const ALLOWED: &[(&str, &[&str])] = &[
    (
        "builder-middleware",
        &[
            "example-run",
            "geppetto-turns",
            "geppetto-events",
            "geppetto-engine",
            "geppetto-toolloop",
            "geppetto-enginebuilder",
            "geppetto-session",
            "geppetto-testing",
        ],
    ),
    (
        "cancel-and-continue",
        &[
            "example-run",
            "geppetto-events",
            "geppetto-toolloop",
            "geppetto-enginebuilder",
            "geppetto-session",
            "geppetto-testing",
        ],
    ),
    (
        "custom-engine",
        &[
            "example-run",
            "geppetto-turns",
            "geppetto-events",
            "geppetto-engine",
        ],
    ),
    ("events-jsonl", &["geppetto-events"]),
    (
        "example-check",
        &["geppetto-turns", "geppetto-events", "geppetto-testing"],
    ),
    ("example-run", &[]),
    (
        "example-support",
        &[
            "geppetto-events",
            "geppetto-engine",
            "geppetto-transport",
            "geppetto-providers-openai",
            "geppetto-session",
            "geppetto-testing",
        ],
    ),
    (
        "generic-tool-calling",
        &[
            "example-support",
            "geppetto-toolloop",
            "geppetto-enginebuilder",
            "geppetto-session",
        ],
    ),
    (
        "image-prompt",
        &[
            "example-support",
            "geppetto-turns",
            "geppetto-enginebuilder",
            "geppetto-session",
        ],
    ),
    (
        "middleware",
        &[
            "example-run",
            "geppetto-turns",
            "geppetto-events",
            "geppetto-engine",
            "geppetto-testing",
        ],
    ),
    ("one-dependency", &["example-run", "geppetto"]),
    (
        "ollama-provider",
        &[
            "example-run",
            "geppetto-turns",
            "geppetto-events",
            "geppetto-engine",
            "geppetto-provider",
        ],
    ),
    (
        "openai-tools",
        &[
            "example-support",
            "geppetto-engine",
            "geppetto-toolloop",
            "geppetto-enginebuilder",
            "geppetto-session",
        ],
    ),
    (
        "session-fork",
        &[
            "example-run",
            "geppetto-turns",
            "geppetto-session",
            "geppetto-testing",
        ],
    ),
    (
        "simple-streaming-inference",
        &[
            "example-support",
            "geppetto-enginebuilder",
            "geppetto-session",
        ],
    ),
    (
        "step-control",
        &[
            "example-run",
            "geppetto-events",
            "geppetto-toolloop",
            "geppetto-enginebuilder",
            "geppetto-session",
            "geppetto-testing",
        ],
    ),
    (
        "structured-output",
        &[
            "example-support",
            "geppetto-turns",
            "geppetto-engine",
            "geppetto-enginebuilder",
            "geppetto-session",
        ],
    ),
    (
        "structured-sink",
        &[
            "example-run",
            "geppetto-events",
            "geppetto-structured",
            "geppetto-enginebuilder",
            "geppetto-session",
            "geppetto-testing",
        ],
    ),
    (
        "testing-your-app",
        &[
            "example-support",
            "geppetto-engine",
            "geppetto-toolloop",
            "geppetto-enginebuilder",
            "geppetto-session",
        ],
    ),
    (
        "tools-with-state",
        &[
            "example-run",
            "geppetto-toolloop",
            "geppetto-enginebuilder",
            "geppetto-session",
            "geppetto-testing",
        ],
    ),
    ("turns-yaml", &["example-run", "geppetto-turns"]),
];

/// Workspace crates that the example's idea does not need.
pub(super) fn check(package: &Package, prefix: &str, table: &[(&str, &[&str])]) -> Vec<Finding> {
    let manifest = format!("{prefix}Cargo.toml");
    let Some((_, allowed)) = table.iter().find(|(name, _)| *name == package.name) else {
        let message = format!(
            "nothing says which layers {} needs; add it to ALLOWED in xtask/src/tidy/examples/layers.rs",
            package.name
        );
        return vec![Finding::error(message).at(manifest)];
    };
    workspace_dependencies(package)
        .map(|dependency| dependency.name.as_str())
        .filter(|name| !allowed.contains(name))
        .map(|name| {
            let message = format!(
                "{} must not depend on {name}: its layers are {}; show the idea with these, or \
                 change ALLOWED in xtask/src/tidy/examples/layers.rs",
                package.name,
                list(allowed)
            );
            Finding::error(message).at(&manifest)
        })
        .collect()
}
