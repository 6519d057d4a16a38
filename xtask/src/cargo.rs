//! Queries to cargo: the packages of the workspace, and the dependency tree of a package.

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::{Deserialize, de::DeserializeOwned};

use crate::error::Error;

#[cfg(test)]
mod tests;

/// The part of `cargo metadata --format-version 1` that the checks need.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Metadata {
    /// The packages of the workspace, without their dependencies.
    pub(crate) packages: Vec<Package>,
    /// The folder of the root manifest.
    pub(crate) workspace_root: PathBuf,
}

/// One package of the workspace.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Package {
    /// The package's name, as in its manifest.
    pub(crate) name: String,
    /// The path of its manifest.
    pub(crate) manifest_path: PathBuf,
    /// Its declared dependencies of all kinds.
    pub(crate) dependencies: Vec<Dependency>,
}

/// One declared dependency.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Dependency {
    /// The name of the dependency.
    pub(crate) name: String,
    /// `None` for a normal dependency, otherwise `dev` or `build`.
    pub(crate) kind: Option<String>,
    /// `true` if a feature enables it.
    #[serde(default)]
    pub(crate) optional: bool,
    /// The folder of a path dependency.
    pub(crate) path: Option<PathBuf>,
}

impl Metadata {
    /// Queries the workspace of the current folder.
    pub(crate) fn load() -> Result<Self, Error> {
        let args = ["metadata", "--format-version", "1", "--no-deps"];
        json(Path::new("."), &args)
    }

    /// Returns the folder of a package relative to the workspace, with forward slashes:
    /// `crates/turns`.
    pub(crate) fn folder(&self, package: &Package) -> String {
        let folder = package.manifest_path.parent().unwrap_or(Path::new(""));
        let folder = folder.strip_prefix(&self.workspace_root).unwrap_or(folder);
        folder.to_string_lossy().replace('\\', "/")
    }
}

/// Returns the build folder for the workspace of the current folder.
pub(crate) fn target_directory() -> Result<PathBuf, Error> {
    #[derive(Deserialize)]
    struct Answer {
        target_directory: PathBuf,
    }
    let args = ["metadata", "--format-version", "1", "--no-deps"];
    let answer: Answer = json(Path::new("."), &args)?;
    Ok(answer.target_directory)
}

/// The features and platforms of a dependency tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Default features on this platform: the cost for an application that adds the package.
    AsUsed,
    /// All features on all platforms: everything that the package could add.
    Everything,
}

/// Returns the packages in a package's tree of normal dependencies, including itself.
///
/// Each entry is `name version`, so two versions of one package count twice.
pub(crate) fn normal_tree(
    root: &Path,
    package: &str,
    scope: Scope,
) -> Result<BTreeSet<String>, Error> {
    let mut args = vec!["tree", "-e", "normal", "--prefix", "none", "-p", package];
    if scope == Scope::Everything {
        args.extend(["--all-features", "--target", "all"]);
    }
    Ok(parse_tree(&output(root, &args)?))
}

/// Parses `cargo tree --prefix none`: `name vX.Y.Z (path or source) (*)`, one per line.
fn parse_tree(stdout: &str) -> BTreeSet<String> {
    stdout
        .lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let (name, version) = (words.next()?, words.next()?);
            Some(format!("{name} {}", version.trim_start_matches('v')))
        })
        .collect()
}

/// Returns the output of cargo on stdout, parsed as JSON.
pub(crate) fn json<T: DeserializeOwned>(folder: &Path, args: &[&str]) -> Result<T, Error> {
    serde_json::from_str(&output(folder, args)?).map_err(|source| Error::Parse {
        command: command_line(args),
        source,
    })
}

fn output(folder: &Path, args: &[&str]) -> Result<String, Error> {
    // Cargo sets `CARGO` for the programs that it runs, so the same toolchain is used.
    let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let output = Command::new(cargo)
        .args(args)
        .current_dir(folder)
        .output()
        .map_err(|source| Error::Start {
            command: command_line(args),
            source,
        })?;
    if !output.status.success() {
        return Err(Error::Failed {
            command: command_line(args),
            stderr: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        });
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn command_line(args: &[&str]) -> String {
    format!("cargo {}", args.join(" "))
}
