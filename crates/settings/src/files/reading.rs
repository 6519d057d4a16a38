//! Reading of files into documents.

use std::{io, path::Path, sync::Arc};

use super::{Node, plan::other_ending, toml, yaml};
use crate::{
    Platform, Warning, WarningKind,
    error::{SettingsError, SettingsErrorKind},
};

/// Maximum size of a file, in bytes: 1 MiB.
pub const MAX_FILE_BYTES: usize = 1024 * 1024;

/// A file that was read.
pub(crate) struct File {
    pub(crate) path: Arc<Path>,
    pub(crate) root: Node,
}

/// Reads a file that may be missing.
fn load(platform: &dyn Platform, path: &Path) -> Result<Option<File>, SettingsError> {
    let bytes = match platform.read(path, MAX_FILE_BYTES + 1) {
        Ok(bytes) => bytes,
        Err(error) if is_missing(&error) => return Ok(None),
        Err(error) => {
            let message = format!("{}: the file cannot be read: {error}", path.display());
            let unreadable = SettingsError::new(SettingsErrorKind::Unreadable, message);
            return Err(unreadable.caused_by(error));
        }
    };
    let path: Arc<Path> = path.into();
    let root = parse(&path, &bytes)?;
    Ok(Some(File { path, root }))
}

/// Reads a file of the plan if it exists; warns if it exists with the other extension, or if the program
/// may not read it, as in a sandbox (<https://github.com/MinishLab/semble/pull/256>).
pub(crate) fn look_for(
    platform: &dyn Platform,
    path: &Path,
    warnings: &mut Vec<Warning>,
) -> Result<Option<File>, SettingsError> {
    let found = match load(platform, path) {
        Err(error) if error.is_denied() => {
            warnings.push(Warning::new(WarningKind::File, error.to_string()));
            None
        }
        found => found?,
    };
    let other = other_ending(path).filter(|other| found.is_none() && platform.exists(other));
    if let Some(other) = other {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let message = format!(
            "{}: the file is not read; its name must be {name}",
            other.display()
        );
        warnings.push(Warning::new(WarningKind::File, message));
    }
    Ok(found)
}

/// Reads a file named by `named_by`, which must exist.
pub(crate) fn load_named(
    platform: &dyn Platform,
    path: &Path,
    named_by: &dyn std::fmt::Display,
) -> Result<File, SettingsError> {
    load(platform, path)?.ok_or_else(|| {
        let message = format!(
            "{}: there is no such file, which {named_by} names",
            path.display()
        );
        SettingsError::new(SettingsErrorKind::Unreadable, message)
    })
}

fn is_missing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// Parses a document: TOML by the file's extension, otherwise YAML, which includes JSON.
pub(crate) fn parse(path: &Path, bytes: &[u8]) -> Result<Node, SettingsError> {
    let text = text(bytes).map_err(|message| syntax(path, None, message))?;
    let is_toml = path
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("toml"));
    let read = if is_toml {
        toml::read(text)
    } else {
        yaml::read(text)
    };
    let node = read.map_err(|wrong| syntax(path, wrong.line, &wrong.message))?;
    if node.is_map() || node.is_null() {
        Ok(node)
    } else {
        Err(syntax(
            path,
            node.line,
            "the file must be a map of settings",
        ))
    }
}

/// Returns the text of a file without a byte order mark.
fn text(bytes: &[u8]) -> Result<&str, &'static str> {
    if bytes.len() > MAX_FILE_BYTES {
        return Err("the file is larger than 1 MiB");
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err("the file is UTF-16; save it as UTF-8");
    }
    let text = str::from_utf8(bytes).map_err(|_| "the file is not UTF-8; save it as UTF-8")?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

fn syntax(path: &Path, line: Option<usize>, message: &str) -> SettingsError {
    let line = line.map_or(String::new(), |line| format!(":{line}"));
    let message = format!("{}{line}: {message}", path.display());
    SettingsError::new(SettingsErrorKind::Syntax, message)
}
