//! Collection of the inputs under the given paths.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::error::Error;

/// Returns all inputs under `paths`: in the order of the paths, and by name within each.
///
/// # Errors
///
/// Returns an error if a path cannot be read or contains no input.
pub(super) fn all(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    for path in paths {
        let before = files.len();
        add(path, &mut files)?;
        if files.len() == before {
            return Err(Error::NoInput { path: path.clone() });
        }
    }
    Ok(files)
}

fn add(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), Error> {
    let read = |source| Error::Read {
        path: path.to_owned(),
        source,
    };
    if fs::metadata(path).map_err(read)?.is_file() {
        if is_input(path) {
            files.push(path.to_owned());
        }
        return Ok(());
    }
    let mut entries = Vec::new();
    for entry in fs::read_dir(path).map_err(read)? {
        entries.push(entry.map_err(read)?.path());
    }
    entries.sort();
    entries.iter().try_for_each(|entry| add(entry, files))
}

/// Returns `true` for a JSON file that is neither an expectation nor a history.
fn is_input(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = [".expect.json", ".history.json"];
    name.ends_with(".json") && !beside.iter().any(|end| name.ends_with(end))
}
