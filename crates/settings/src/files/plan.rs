//! [`Plan`]: the configuration files to read.

use std::path::{Path, PathBuf};

use crate::{App, Platform};

/// The configuration files to read, if they exist. Later ones are stronger.
///
/// The standard plan, for the program `pinocchio`:
///
/// 1. `/etc/pinocchio/config.yaml`
/// 2. `~/.pinocchio/config.yaml`
/// 3. `pinocchio/config.yaml` in the user's configuration folder
/// 4. `geppetto/config.yaml` and `geppetto/config.toml` there
/// 5. `.pinocchio.yml` and `.pinocchio.override.yml` at the root of the Git repository
/// 6. the same two in the current folder
/// 7. the file named by `--config-file`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Plan {
    /// Whether to read the files of the system and of the user. True in the standard plan.
    pub user: bool,
    /// Whether to read the files of the current folder and its repository. True in the standard
    /// plan.
    pub project: bool,
    /// Whether to read the profile files in the user's configuration folder. True in the standard
    /// plan.
    pub profiles: bool,
}

impl Plan {
    /// Returns the standard plan: all files.
    #[must_use]
    pub fn standard() -> Self {
        Self {
            user: true,
            project: true,
            profiles: true,
        }
    }

    /// Returns the plan without files, except those named by flags and variables.
    #[must_use]
    pub fn none() -> Self {
        Self {
            user: false,
            project: false,
            profiles: false,
        }
    }

    /// Excludes the files of the current folder and its repository, which may be untrusted.
    #[must_use]
    pub fn without_project(mut self) -> Self {
        self.project = false;
        self
    }

    /// Returns the files to read, weakest first.
    pub(crate) fn candidates(self, app: &App, platform: &dyn Platform) -> Vec<Candidate> {
        let mut found = Vec::new();
        if self.user {
            let paths = user_files(app, platform).into_iter();
            found.extend(paths.map(|path| Candidate::new(path, Trust::User)));
        }
        if self.project {
            let paths = project_files(app, platform).into_iter();
            found.extend(paths.map(|path| Candidate::new(path, Trust::Project)));
        }
        found
    }
}

impl Default for Plan {
    fn default() -> Self {
        Self::standard()
    }
}

/// A file to read if it exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) path: PathBuf,
    pub(crate) trust: Trust,
}

/// The author of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trust {
    /// The user or the administrator of the system.
    User,
    /// The unknown author of the current folder's contents.
    Project,
}

impl Candidate {
    fn new(path: PathBuf, trust: Trust) -> Self {
        Self { path, trust }
    }
}

/// Returns the same path with the extension that is not read, `.yml` for `.yaml` and vice versa.
pub(crate) fn other_ending(path: &Path) -> Option<PathBuf> {
    match path.extension()?.to_str()? {
        "yaml" => Some(path.with_extension("yml")),
        "yml" => Some(path.with_extension("yaml")),
        _ => None,
    }
}

fn user_files(app: &App, platform: &dyn Platform) -> Vec<PathBuf> {
    let name = app.name();
    let mut paths = vec![Path::new("/etc").join(name).join("config.yaml")];
    if let Some(home) = platform.home_dir() {
        paths.push(home.join(format!(".{name}")).join("config.yaml"));
    }
    if let Some(config) = platform.config_dir() {
        paths.push(config.join(name).join("config.yaml"));
        if let Some(own) = app.own() {
            paths.push(config.join(own).join("config.yaml"));
            paths.push(config.join(own).join("config.toml"));
        }
    }
    paths
}

fn project_files(app: &App, platform: &dyn Platform) -> Vec<PathBuf> {
    let Some(current) = platform.current_dir() else {
        return Vec::new();
    };
    let root = current
        .ancestors()
        .find(|folder| platform.exists(&folder.join(".git")));
    let mut folders = Vec::from_iter(root.filter(|root| *root != current));
    folders.push(&current);
    let name = app.name();
    let files = |folder: &Path| {
        let file = |name: String| folder.join(name);
        [
            file(format!(".{name}.yml")),
            file(format!(".{name}.override.yml")),
        ]
    };
    folders.into_iter().flat_map(files).collect()
}

/// Returns the profile files that are read if none is named, weakest first.
pub(crate) fn profile_files(app: &App, platform: &dyn Platform) -> Vec<PathBuf> {
    let Some(config) = platform.config_dir() else {
        return Vec::new();
    };
    let mut paths = vec![config.join(app.name()).join("profiles.yaml")];
    if let Some(own) = app.own() {
        paths.push(config.join(own).join("profiles.yaml"));
        paths.push(config.join(own).join("profiles.toml"));
    }
    paths
}
