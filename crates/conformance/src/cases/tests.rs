use std::path::{Path, PathBuf};

use super::{
    collect,
    play::{self, Verdict},
};

/// Returns the inputs of the crates: `crates/*/tests/cases`.
fn inputs() -> Vec<PathBuf> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folders = std::fs::read_dir(crates)
        .unwrap()
        .map(|entry| entry.unwrap().path().join("tests/cases"));
    let folders: Vec<_> = folders.filter(|folder| folder.is_dir()).collect();
    collect::all(&folders).unwrap()
}

#[test]
fn every_input_of_the_crates_comes_out_as_expected() {
    let mut failed = Vec::new();
    for file in inputs() {
        let differences = match play::file(&file).map(|outcome| outcome.verdict) {
            Err(problem) => vec![problem],
            Ok(Verdict::Passed | Verdict::Open(_)) => Vec::new(),
            Ok(Verdict::Failed(differences)) => differences,
            Ok(Verdict::Unjudged) => vec!["has no expectation".to_owned()],
        };
        if !differences.is_empty() {
            failed.push(format!(
                "{}:\n  {}",
                file.display(),
                differences.join("\n  ")
            ));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
