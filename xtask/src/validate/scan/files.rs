//! Selection of the files to read.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use crate::error::Error;

/// Folders with third-party code or build output.
const SKIPPED: &[&str] = &[".git", "target", "vendor", "node_modules"];

/// The language of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Language {
    Go,
    Rust,
    Markdown,
}

impl Language {
    /// Returns the language of a file by its extension; `None` if the scan does not read it.
    pub(super) fn of(path: &str) -> Option<Self> {
        match path.rsplit_once('.')?.1 {
            "go" => Some(Self::Go),
            "rs" => Some(Self::Rust),
            "md" | "mdx" => Some(Self::Markdown),
            _ => None,
        }
    }
}

/// The files to read, in order.
#[derive(Debug)]
pub(super) struct Files {
    root: PathBuf,
    /// Relative to the root, with forward slashes.
    pub(super) sources: BTreeSet<String>,
}

impl Files {
    /// Finds the sources under a folder, or a single file. Links are not followed.
    pub(super) fn under(root: &Path) -> Result<Self, Error> {
        let failed = |path: &Path, source| Error::Read {
            path: path.to_owned(),
            source,
        };
        let kind = fs::metadata(root).map_err(|source| failed(root, source))?;
        if kind.is_file() {
            let name = root.file_name().unwrap_or_default();
            return Ok(Self {
                root: root.parent().unwrap_or(Path::new("")).to_owned(),
                sources: BTreeSet::from([name.to_string_lossy().into_owned()]),
            });
        }
        let mut sources = BTreeSet::new();
        let mut folders = vec![String::new()];
        while let Some(folder) = folders.pop() {
            let full = root.join(&folder);
            for entry in fs::read_dir(&full).map_err(|source| failed(&full, source))? {
                let entry = entry.map_err(|source| failed(&full, source))?;
                let kind = entry.file_type().map_err(|source| failed(&full, source))?;
                let name = entry.file_name().to_string_lossy().into_owned();
                let path = match folder.as_str() {
                    "" => name.clone(),
                    folder => format!("{folder}/{name}"),
                };
                if kind.is_dir() && !SKIPPED.contains(&name.as_str()) {
                    folders.push(path);
                } else if kind.is_file() && Language::of(&name).is_some() {
                    sources.insert(path);
                }
            }
        }
        Ok(Self {
            root: root.to_owned(),
            sources,
        })
    }

    /// Returns the full path of a source.
    pub(super) fn full(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }
}

/// Returns the text of a file; `None` if it is not text.
pub(super) fn read(path: &Path) -> Result<Option<String>, Error> {
    let bytes = fs::read(path).map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })?;
    let text = String::from_utf8(bytes).ok();
    Ok(text.filter(|text| !text.contains('\0')))
}
