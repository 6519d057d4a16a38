//! Examples state their expected output, and depend only on the crates that they use.

use super::finding::Finding;
use super::text::has_word;
use super::tree::{SourceFile, Tree};
use crate::cargo::{Metadata, Package};

mod layers;
#[cfg(test)]
mod tests;

/// The words that introduce the output of an example, ignoring case.
const EXPECTED: &str = "expected output";

/// Checks every package under `examples/`.
pub(super) fn check(tree: &Tree, metadata: &Metadata) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in &metadata.packages {
        let folder = metadata.folder(package);
        if folder.starts_with("examples/") {
            let prefix = format!("{folder}/");
            let files = tree.files.iter().filter(|f| f.path.starts_with(&prefix));
            let files: Vec<_> = files.collect();
            if !files.iter().any(|file| says_what_to_expect(file)) {
                let message = "nothing says what the example prints; add a part with the words \
                               \"Expected output\" to its README.md or to the `//!` text of its main.rs or lib.rs";
                findings.push(Finding::error(message).at(folder));
            }
            findings.extend(unused(package, &prefix, &files));
            findings.extend(layers::check(package, &prefix, layers::ALLOWED));
        }
    }
    findings
}

fn says_what_to_expect(file: &SourceFile) -> bool {
    let readme = file.path.ends_with("/README.md");
    let main = file.path.ends_with("/src/main.rs") || file.path.ends_with("/src/lib.rs");
    file.text
        .lines()
        .filter(|line| readme || (main && line.starts_with("//!")))
        .any(|line| line.to_lowercase().contains(EXPECTED))
}

/// Reports workspace crates that the manifest names but no source file uses.
fn unused(package: &Package, prefix: &str, files: &[&SourceFile]) -> Vec<Finding> {
    let uses = |name: &str| {
        let library = name.replace('-', "_");
        let mut lines = files
            .iter()
            .filter(|f| f.is_rust())
            .flat_map(|f| f.text.lines());
        lines.any(|line| has_word(line, &library))
    };
    let workspace = package.dependencies.iter().filter(|d| d.path.is_some());
    workspace
        .filter(|dependency| !uses(&dependency.name))
        .map(|dependency| {
            let message = format!(
                "the example depends on {} and does not use it; remove the dependency",
                dependency.name
            );
            Finding::error(message).at(format!("{prefix}Cargo.toml"))
        })
        .collect()
}
