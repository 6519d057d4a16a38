//! [`Folder`]: a folder for the files of a test.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

/// A folder that is removed when dropped.
pub(crate) struct Folder {
    path: PathBuf,
    files: AtomicU64,
}

static FOLDERS: AtomicU64 = AtomicU64::new(0);

impl Folder {
    pub(crate) fn new() -> Self {
        let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let name = format!("geppetto-store-sqlite-{}-{number}", std::process::id());
        let path = place().join(name);
        // What a killed process with the same id left.
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self {
            path,
            files: AtomicU64::new(0),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the path of a file that does not exist.
    pub(crate) fn file(&self) -> PathBuf {
        let number = self.files.fetch_add(1, Ordering::Relaxed);
        self.path.join(format!("{number}.db"))
    }
}

/// Returns the folder for files of tests: in memory if the platform has one, because the tests do not
/// depend on the disk, and a busy disk takes seconds to sync.
fn place() -> PathBuf {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        return memory.to_owned();
    }
    std::env::temp_dir()
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}
