//! Builds examples and finds their programs.

use std::{
    collections::BTreeMap,
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

/// Builds an example and returns the path of its program.
pub(crate) fn program(example: &str) -> Result<PathBuf, String> {
    let mut built = build(&[example])?;
    let path = built.remove(example);
    path.ok_or_else(|| format!("{example} has no program of its name"))
}

/// Builds all examples that are programs. Returns their names, folders, and the paths of their
/// programs.
pub(crate) fn examples() -> Result<Vec<(String, PathBuf, PathBuf)>, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let unreadable = |error| format!("cannot read {}: {error}", folder.display());
    let mut folders = BTreeMap::new();
    for entry in folder.read_dir().map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if entry.path().join("src/main.rs").exists() {
            let name = entry.file_name().to_string_lossy().into_owned();
            folders.insert(name, entry.path());
        }
    }
    let names: Vec<&str> = folders.keys().map(String::as_str).collect();
    let mut built = build(&names)?;
    let found = folders.into_iter().map(|(name, folder)| {
        let path = built.remove(&name);
        let path = path.ok_or_else(|| format!("{name} has no program of its name"))?;
        Ok((name, folder, path))
    });
    found.collect()
}

/// Builds packages and returns the paths of their programs by name. Compiler messages go to stderr.
fn build(packages: &[&str]) -> Result<BTreeMap<String, PathBuf>, String> {
    // Cargo sets `CARGO` for the programs that it runs, so the same toolchain is used.
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["build", "--message-format", "json-render-diagnostics"])
        .args(packages.iter().flat_map(|package| ["--package", package]))
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cannot start cargo: {error}"))?;
    if !output.status.success() {
        return Err("the examples do not build".to_owned());
    }
    let stdout = String::from_utf8_lossy(&output.stdout);
    let programs = stdout.lines().filter_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        let target = message.get("target")?.get("name")?.as_str()?;
        let executable = message.get("executable")?.as_str()?;
        Some((target.to_owned(), PathBuf::from(executable)))
    });
    Ok(programs.collect())
}
