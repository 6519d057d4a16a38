//! Collection of the cases under the given paths.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::error::Error;

/// One case to check.
#[derive(Debug, Clone)]
pub(super) struct Case {
    /// The id of a recording, or the name of a file.
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A folder with a recorded interaction.
    Recording,
    /// A file with a turn.
    Turn,
    /// A file with a log of events.
    Events,
}

/// Returns all cases under `paths`: in the order of the paths, and by name within each.
///
/// # Errors
///
/// If a path cannot be read or contains no case.
pub(super) fn all(paths: &[PathBuf]) -> Result<Vec<Case>, Error> {
    let mut cases = Vec::new();
    for path in paths {
        let before = cases.len();
        add(path, &mut cases)?;
        if cases.len() == before {
            return Err(Error::NothingToCheck { path: path.clone() });
        }
    }
    Ok(cases)
}

fn add(path: &Path, cases: &mut Vec<Case>) -> Result<(), Error> {
    let read = |source| Error::Read {
        path: path.to_owned(),
        source,
    };
    if fs::metadata(path).map_err(read)?.is_file() {
        cases.extend(file(path));
        return Ok(());
    }
    if path.join("meta.json").is_file() {
        cases.push(Case::new(path, Kind::Recording));
        return Ok(());
    }
    let mut entries = Vec::new();
    for entry in fs::read_dir(path).map_err(read)? {
        entries.push(entry.map_err(read)?.path());
    }
    entries.sort();
    entries.iter().try_for_each(|entry| add(entry, cases))
}

fn file(path: &Path) -> Option<Case> {
    let kind = match path.extension()?.to_str()? {
        "yaml" | "yml" => Kind::Turn,
        "ndjson" => Kind::Events,
        _ => return None,
    };
    Some(Case::new(path, kind))
}

impl Case {
    fn new(path: &Path, kind: Kind) -> Self {
        // `.` and `..` have no file name.
        let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let name = whole.file_name().unwrap_or(whole.as_os_str());
        Self {
            name: name.to_string_lossy().into_owned(),
            path: path.to_owned(),
            kind,
        }
    }
}
