//! [`Platform`]: the resolver's access to environment, folders and files.

use std::{
    collections::BTreeMap,
    env,
    ffi::OsString,
    fmt, fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

/// Access to environment, folders and files. The resolver reads nothing else.
pub trait Platform {
    /// Returns an environment variable.
    fn variable(&self, name: &str) -> Option<OsString>;

    /// Returns the names of all environment variables that are valid text.
    fn variables(&self) -> Vec<String>;

    /// Returns the current folder.
    fn current_dir(&self) -> Option<PathBuf>;

    /// Returns the user's home folder.
    fn home_dir(&self) -> Option<PathBuf>;

    /// Returns the user's configuration folder: `~/.config`, or the value of `XDG_CONFIG_HOME`.
    fn config_dir(&self) -> Option<PathBuf>;

    /// Returns `true` if a file or folder exists.
    fn exists(&self, path: &Path) -> bool;

    /// Reads a file, at most `limit` bytes of it.
    ///
    /// # Errors
    ///
    /// Returns [`io::ErrorKind::NotFound`] if the file does not exist, otherwise the error of
    /// reading it.
    fn read(&self, path: &Path, limit: usize) -> io::Result<Vec<u8>>;
}

/// The platform that the program runs on. The default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OsPlatform;

impl Platform for OsPlatform {
    fn variable(&self, name: &str) -> Option<OsString> {
        env::var_os(name)
    }

    fn variables(&self) -> Vec<String> {
        let names = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        names.collect()
    }

    fn current_dir(&self) -> Option<PathBuf> {
        env::current_dir().ok()
    }

    fn home_dir(&self) -> Option<PathBuf> {
        etcetera::home_dir().ok()
    }

    fn config_dir(&self) -> Option<PathBuf> {
        use etcetera::BaseStrategy as _;
        let strategy = etcetera::choose_base_strategy().ok()?;
        Some(strategy.config_dir())
    }

    fn exists(&self, path: &Path) -> bool {
        path.exists()
    }

    fn read(&self, path: &Path, limit: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let limit = u64::try_from(limit).unwrap_or(u64::MAX);
        fs::File::open(path)?.take(limit).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

/// An in-memory platform, for tests and for programs that keep their files elsewhere.
///
/// Its current folder is `/project`, its home `/me`, its configuration folder `/me/.config`.
///
/// `Debug` shows the names of variables and files, not their contents.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct MemoryPlatform {
    variables: BTreeMap<String, String>,
    files: BTreeMap<PathBuf, Vec<u8>>,
}

impl fmt::Debug for MemoryPlatform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryPlatform")
            .field("variables", &self.variables.keys())
            .field("files", &self.files.keys())
            .finish()
    }
}

impl MemoryPlatform {
    /// Creates a platform without variables and files.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a variable.
    #[must_use]
    pub fn with_variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// Adds a file.
    #[must_use]
    pub fn with_file(mut self, path: impl Into<PathBuf>, text: impl Into<Vec<u8>>) -> Self {
        self.files.insert(path.into(), text.into());
        self
    }
}

impl Platform for MemoryPlatform {
    fn variable(&self, name: &str) -> Option<OsString> {
        self.variables.get(name).map(Into::into)
    }

    fn variables(&self) -> Vec<String> {
        self.variables.keys().cloned().collect()
    }

    fn current_dir(&self) -> Option<PathBuf> {
        Some("/project".into())
    }

    fn home_dir(&self) -> Option<PathBuf> {
        Some("/me".into())
    }

    fn config_dir(&self) -> Option<PathBuf> {
        Some("/me/.config".into())
    }

    fn exists(&self, path: &Path) -> bool {
        self.files.keys().any(|file| file.starts_with(path))
    }

    fn read(&self, path: &Path, limit: usize) -> io::Result<Vec<u8>> {
        let bytes = self.files.get(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(bytes.iter().take(limit).copied().collect())
    }
}
