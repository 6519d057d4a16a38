//! Completion of paths.

use std::path::Path;

use super::files;

#[cfg(test)]
mod tests;

/// Maximum number of entries of a folder that are read.
const READ: usize = 10_000;

/// Maximum number of choices.
const OFFERED: usize = 200;

/// Commands whose argument is the path of a file that exists.
const COMMANDS: &[&str] = &["/image ", "/file "];

/// Returns `true` if the argument of a draft is a path.
pub(crate) fn is_path(draft: &str) -> bool {
    COMMANDS.iter().any(|own| draft.starts_with(own))
}

/// Returns the drafts that the path at the end of `draft` can be completed to, sorted by name.
/// Folders end with a slash. Blocks.
///
/// Names that cannot be typed are left out: those that are not UTF-8 or have control characters.
/// Hidden ones are left out unless the name begins with a dot.
pub(crate) fn complete(draft: &str) -> Vec<String> {
    let Some((command, typed)) = draft.split_once(' ') else {
        return Vec::new();
    };
    let typed = typed.trim_start();
    let typed = typed.strip_prefix(['\'', '"']).unwrap_or(typed);
    let (parent, beginning) = match typed.rsplit_once('/') {
        Some((parent, name)) => (format!("{parent}/"), name),
        None => (String::new(), typed),
    };
    let folder = if parent.is_empty() {
        Path::new(".").to_owned()
    } else {
        files::path(&parent)
    };
    let beginning = files::path(beginning);
    let beginning = beginning.to_string_lossy();
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries
        .take(READ)
        .filter_map(|entry| name_of(&entry.ok()?, &beginning))
        .collect();
    names.sort_unstable();
    names.truncate(OFFERED);
    let drafts = names.into_iter();
    drafts
        .map(|name| format!("{command} {parent}{name}"))
        .collect()
}

/// Returns the name of an entry as it is typed, if it begins with `beginning`.
fn name_of(entry: &std::fs::DirEntry, beginning: &str) -> Option<String> {
    let name = entry.file_name().into_string().ok()?;
    let is_hidden = name.starts_with('.') && !beginning.starts_with('.');
    if is_hidden || !name.starts_with(beginning) || name.contains(char::is_control) {
        return None;
    }
    let mut escaped = String::with_capacity(name.len());
    for own in name.chars() {
        if matches!(own, '\\' | '\'' | '"') && !cfg!(windows) {
            escaped.push('\\');
        }
        escaped.push(own);
    }
    // Follows links.
    if entry.path().is_dir() {
        escaped.push('/');
    }
    Some(escaped)
}
