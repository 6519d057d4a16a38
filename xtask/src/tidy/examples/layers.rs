//! Which layers each example may depend on.

use crate::cargo::Package;
use crate::tidy::finding::Finding;
use crate::tidy::layering::workspace_dependencies;

#[cfg(test)]
mod tests;

/// Each example and the workspace packages that it may depend on: the layers that its idea
/// requires.
///
/// The names omit `geppetto-`. Dependencies for tests are not restricted.
pub(super) const ALLOWED: &[(&str, &str)] = &[
    (
        "approval",
        "example-run turns engine toolloop enginebuilder session testing",
    ),
    (
        "builder-middleware",
        "example-run turns events engine toolloop enginebuilder session testing",
    ),
    (
        "cancel-and-continue",
        "example-run events toolloop enginebuilder session testing",
    ),
    (
        "claude-tools",
        "example-support toolloop enginebuilder session",
    ),
    ("custom-engine", "example-run turns events engine"),
    (
        "durable-chat",
        "example-run turns events engine toolloop enginebuilder host store-sqlite",
    ),
    (
        "engine-from-profile",
        "example-run settings factory enginebuilder session",
    ),
    ("events-jsonl", "events"),
    ("example-check", "turns events testing"),
    ("example-run", ""),
    (
        "example-support",
        "events engine settings factory session testing",
    ),
    (
        "gemini-tools",
        "example-support toolloop enginebuilder session",
    ),
    (
        "generic-tool-calling",
        "example-support toolloop enginebuilder session",
    ),
    (
        "image-prompt",
        "example-support turns enginebuilder session",
    ),
    ("middleware", "example-run turns events engine testing"),
    (
        "ollama-provider",
        "example-run turns events engine provider",
    ),
    ("one-dependency", "example-run geppetto"),
    (
        "openai-tools",
        "example-support toolloop enginebuilder session",
    ),
    ("session-fork", "example-run turns session testing"),
    (
        "session-store",
        "example-run enginebuilder store store-sqlite host testing",
    ),
    ("settings-layers", "example-run settings"),
    (
        "simple-streaming-inference",
        "example-support enginebuilder session",
    ),
    (
        "step-control",
        "example-run events toolloop enginebuilder session testing",
    ),
    (
        "structured-output",
        "example-support turns engine enginebuilder session",
    ),
    (
        "structured-sink",
        "example-run events structured enginebuilder session testing",
    ),
    (
        "switch-providers",
        "example-run turns engine toolloop enginebuilder session testing providers-openai \
         providers-anthropic providers-gemini",
    ),
    (
        "testing-your-app",
        "example-support engine toolloop enginebuilder session",
    ),
    (
        "timeline",
        "example-run turns toolloop enginebuilder session testing timeline",
    ),
    (
        "tools-with-state",
        "example-run toolloop enginebuilder session testing",
    ),
    ("turns-yaml", "example-run turns"),
    (
        "ui-streams",
        "example-run toolloop enginebuilder session testing ui",
    ),
    (
        "web-chat",
        "example-run example-support turns engine toolloop enginebuilder store store-sqlite host web",
    ),
];

/// Reports workspace crates that the example's idea does not require.
pub(super) fn check(package: &Package, prefix: &str, table: &[(&str, &str)]) -> Vec<Finding> {
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
        .filter(|name| {
            let short = name.strip_prefix("geppetto-").unwrap_or(name);
            !allowed.split(' ').any(|layer| layer == short)
        })
        .map(|name| {
            let message = format!(
                "{} must not depend on {name}: its layers are {}; show the idea with these, or \
                 change ALLOWED in xtask/src/tidy/examples/layers.rs",
                package.name,
                if allowed.is_empty() { "none" } else { allowed }
            );
            Finding::error(message).at(&manifest)
        })
        .collect()
}
