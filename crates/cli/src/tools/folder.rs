//! [`Folder`]: the only files that tools see.

use std::{
    fs, io,
    path::{Component, Path, PathBuf},
};

use geppetto_toolloop::ToolError;

/// A folder that paths of a model cannot leave: not by `..`, not as absolute paths, and not through
/// symbolic links.
#[derive(Debug)]
pub(crate) struct Folder {
    root: PathBuf,
}

impl Folder {
    /// Creates the folder at a path, which must exist.
    pub(crate) fn new(path: &Path) -> io::Result<Self> {
        let root = path.canonicalize()?;
        if !root.is_dir() {
            return Err(io::Error::from(io::ErrorKind::NotADirectory));
        }
        Ok(Self { root })
    }

    /// Returns its path, without symbolic links.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Returns the real path of an existing file or folder.
    pub(crate) fn resolve(&self, path: &str) -> Result<PathBuf, ToolError> {
        let outside = || {
            ToolError::new(format!(
                "`{path}` is outside of the folder; give a path relative to it, without `..`"
            ))
        };
        let named = Path::new(path);
        if named.components().any(|part| part == Component::ParentDir) {
            return Err(outside());
        }
        let real = self
            .root
            .join(named)
            .canonicalize()
            .map_err(|error| match error.kind() {
                // Whether something exists outside is not told.
                _ if !self.root.join(named).starts_with(&self.root) => outside(),
                io::ErrorKind::NotFound => ToolError::new(format!("there is no `{path}`")),
                _ => ToolError::new(format!("cannot open `{path}`: {}", error.kind())),
            })?;
        if !real.starts_with(&self.root) {
            return Err(outside());
        }
        Ok(real)
    }

    /// Opens a regular file. Pipes and devices, which may never end, are refused.
    pub(crate) fn open(&self, path: &str) -> Result<(PathBuf, fs::File), ToolError> {
        let real = self.resolve(path)?;
        let metadata = fs::symlink_metadata(&real);
        let is_file = metadata.is_ok_and(|metadata| metadata.is_file());
        if !is_file {
            return Err(ToolError::new(format!("`{path}` is not a file")));
        }
        let file = fs::File::open(&real);
        let file = file
            .map_err(|error| ToolError::new(format!("cannot open `{path}`: {}", error.kind())))?;
        Ok((real, file))
    }

    /// Returns a path as the model knows it.
    pub(crate) fn shown(&self, path: &Path) -> String {
        let inside = path.strip_prefix(&self.root).unwrap_or(path);
        inside.to_string_lossy().replace('\\', "/")
    }

    /// Visits the files below a folder, sorted by name, until `visit` returns `false`. Does not
    /// follow symbolic links, and leaves out `.git`.
    pub(crate) fn walk(
        &self,
        from: &Path,
        depth: usize,
        visit: &mut dyn FnMut(&Path, bool) -> bool,
    ) {
        let mut left = vec![(from.to_owned(), depth)];
        while let Some((folder, depth)) = left.pop() {
            let Ok(entries) = fs::read_dir(&folder) else {
                continue;
            };
            let mut entries: Vec<_> = entries.flatten().collect();
            entries.sort_by_key(fs::DirEntry::file_name);
            let mut below = Vec::new();
            for entry in entries {
                let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
                if entry.file_name() == ".git" {
                    continue;
                }
                if !visit(&entry.path(), is_folder) {
                    return;
                }
                if is_folder && depth > 1 {
                    below.push((entry.path(), depth - 1));
                }
            }
            left.extend(below.into_iter().rev());
        }
    }
}
