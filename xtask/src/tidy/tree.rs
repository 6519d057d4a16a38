//! The repository's files, read once and shared by the checks.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::error::Error;

#[cfg(test)]
mod tests;

/// Folders that a walk without git ignores everywhere.
const NOT_SOURCES: &[&str] = &[".git", "target"];

/// One text file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SourceFile {
    /// Relative to the workspace, with forward slashes.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl SourceFile {
    /// Iterates over the lines with their numbers, counted from 1.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .zip(1..)
            .map(|(line, number)| (number, line))
    }

    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Returns `true` if the file only contains tests or benchmarks: `tests/`, `tests.rs`,
    /// `benches/`.
    pub(crate) fn is_test(&self) -> bool {
        self.path
            .split('/')
            .any(|part| matches!(part, "tests" | "tests.rs" | "benches"))
    }
}

/// All text files of the repository, sorted by path.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tree {
    pub(crate) files: Vec<SourceFile>,
}

impl Tree {
    /// Reads the files that git tracks or would track; without git, all files except build output.
    ///
    /// Files that are not text are ignored.
    pub(crate) fn load(root: &Path) -> Result<Self, Error> {
        let paths = match git_files(root) {
            Some(paths) => paths,
            None => walk(root)?,
        };
        let mut files = Vec::new();
        for path in paths {
            let full = root.join(&path);
            // Git may list files that are deleted in the working copy, and submodules, which are
            // folders.
            if !full.is_file() {
                continue;
            }
            let bytes = fs::read(&full).map_err(|source| Error::Read { path: full, source })?;
            if let Some(text) = as_text(bytes) {
                files.push(SourceFile { path, text });
            }
        }
        Ok(Self { files })
    }

    pub(crate) fn get(&self, path: &str) -> Option<&SourceFile> {
        self.files.iter().find(|file| file.path == path)
    }

    pub(crate) fn rust(&self) -> impl Iterator<Item = &SourceFile> {
        self.files.iter().filter(|file| file.is_rust())
    }
}

#[cfg(test)]
impl Tree {
    /// Creates a tree in memory.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let file = |(path, text): &(&str, &str)| SourceFile {
            path: (*path).to_owned(),
            text: (*text).to_owned(),
        };
        Self {
            files: files.iter().map(file).collect(),
        }
    }
}

fn as_text(bytes: Vec<u8>) -> Option<String> {
    let text = String::from_utf8(bytes).ok()?;
    (!text.contains('\0')).then_some(text)
}

/// Lists the files with git; `None` if git is missing or does not know this workspace.
fn git_files(root: &Path) -> Option<BTreeSet<String>> {
    let output = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(root)
        .output()
        .ok()?;
    let paths = parse_git_files(output.status.success().then_some(&output.stdout)?);
    // A copy unpacked inside another repository does not belong to that repository.
    paths.contains("Cargo.toml").then_some(paths)
}

fn parse_git_files(stdout: &[u8]) -> BTreeSet<String> {
    String::from_utf8_lossy(stdout)
        .split('\0')
        .filter(|path| !path.is_empty())
        .map(str::to_owned)
        .collect()
}

fn walk(root: &Path) -> Result<BTreeSet<String>, Error> {
    let mut files = BTreeSet::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        let full = root.join(&folder);
        let failed = |source| Error::Read {
            path: full.clone(),
            source,
        };
        for entry in fs::read_dir(&full).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let kind = entry.file_type().map_err(failed)?;
            let path = if folder.is_empty() {
                name.clone()
            } else {
                format!("{folder}/{name}")
            };
            if kind.is_dir() && !NOT_SOURCES.contains(&name.as_str()) {
                folders.push(path);
            } else if kind.is_file() {
                files.insert(path);
            }
        }
    }
    Ok(files)
}
