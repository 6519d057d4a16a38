//! The table of crates, with the number of dependencies of each.

use std::fmt::Write;

use crate::cargo::{self, Metadata, Scope};
use crate::error::Error;
use crate::tidy::tree::Tree;

/// The folder and the package of the facade.
const FACADE: &str = "geppetto";

/// The facade, then the layers from the ground up.
const ORDER: &[&str] = &[
    FACADE,
    "turns",
    "events",
    "engine",
    "transport",
    "provider",
    "providers-openai",
    "providers-gemini",
    "toolloop",
    "enginebuilder",
    "session",
    "testing",
];

/// Counts the packages in each crate's tree of normal dependencies, including the crate itself.
pub(super) fn render(tree: &Tree, metadata: &Metadata) -> Result<String, Error> {
    let mut out = String::from("| crate | what it is for | packages |\n|---|---|---|\n");
    let known = |folder: &str| tree.get(&format!("crates/{folder}/Cargo.toml"));
    let others = tree.files.iter().filter_map(|file| {
        let folder = file.path.strip_prefix("crates/")?;
        folder.strip_suffix("/Cargo.toml")
    });
    let is_published = |folder: &str| {
        known(folder).is_some_and(|manifest| !manifest.text.contains("publish = false"))
    };
    let others = others.filter(|folder| !ORDER.contains(folder) && is_published(folder));
    for folder in ORDER
        .iter()
        .copied()
        .filter(|f| known(f).is_some())
        .chain(others)
    {
        let name = match folder {
            FACADE => FACADE.to_owned(),
            _ => format!("geppetto-{folder}"),
        };
        let about = known(folder).and_then(|file| description(&file.text));
        let about = about.unwrap_or_default();
        let packages = cargo::normal_tree(&metadata.workspace_root, &name, Scope::AsUsed)?.len();
        let about = about.trim_end_matches('.');
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "| [`{name}`](crates/{folder}) | {about} | {packages} |"
        );
    }
    Ok(out)
}

fn description(manifest: &str) -> Option<&str> {
    let line = manifest
        .lines()
        .find(|line| line.starts_with("description"))?;
    Some(line.split_once('"')?.1.trim_end_matches('"'))
}
