//! [`Disk`]: the files of a test.

use std::{
    collections::BTreeMap,
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::{
    state::{Faults, State},
    vfs,
};

static DISKS: Mutex<BTreeMap<String, Arc<Mutex<State>>>> = Mutex::new(BTreeMap::new());
static NUMBER: AtomicU64 = AtomicU64::new(0);

/// A simulated disk, which is a folder of the VFS [`VFS`](crate::VFS).
///
/// The folder also exists, empty, on the real disk, for programs that look before they open a file.
pub struct Disk {
    folder: PathBuf,
    state: Arc<Mutex<State>>,
}

impl Disk {
    /// Creates an empty disk. The seed decides what survives a loss of power.
    ///
    /// # Errors
    ///
    /// If the folder cannot be created, or SQLite rejects the VFS.
    pub fn new(seed: u64) -> io::Result<Self> {
        vfs::register()?;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("geppetto-disk-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder)?;
        let state = Arc::new(Mutex::new(State::new(seed)));
        let key = folder.display().to_string();
        lock(&DISKS).insert(key, Arc::clone(&state));
        Ok(Self { folder, state })
    }

    /// Returns the path of a file on the disk.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Replaces the faults.
    pub fn set_faults(&self, faults: Faults) {
        lock(&self.state).faults = faults;
    }

    /// Returns the number of writes, truncations and syncs until now.
    #[must_use]
    pub fn operations(&self) -> u64 {
        lock(&self.state).operations
    }

    /// Returns the number of syncs that failed as set by [`Faults::sync_fails_at`].
    #[must_use]
    pub fn failed_syncs(&self) -> u64 {
        lock(&self.state).failed_syncs
    }

    /// Turns the power off and on again. What was not synced is there, torn, or gone. Open handles
    /// fail from now on, and there are no more faults.
    pub fn lose_power(&self) {
        lock(&self.state).lose_power();
    }

    /// Ends all processes, with everything that they wrote kept. Open handles fail from now on, and
    /// there are no more faults.
    pub fn restart(&self) {
        lock(&self.state).restart();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        lock(&DISKS).remove(&self.folder.display().to_string());
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl fmt::Debug for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Disk")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

/// Returns the disk of a file.
pub(crate) fn find(path: &str) -> Option<Arc<Mutex<State>>> {
    let folder = Path::new(path).parent()?.to_str()?;
    lock(&DISKS).get(folder).cloned()
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
