//! Paths as users write them.

use std::path::{Path, PathBuf};

use crate::Platform;

/// Returns a path with `~`, `$VARIABLE` and `${VARIABLE}` replaced, relative to `folder`.
///
/// # Errors
///
/// Names the variable that is not set.
pub(crate) fn expand(
    given: &str,
    folder: Option<&Path>,
    platform: &dyn Platform,
) -> Result<PathBuf, String> {
    let mut path = String::new();
    let mut rest = given;
    while let Some((before, after)) = rest.split_once('$') {
        path.push_str(before);
        let (name, after) = name(after);
        if name.is_empty() {
            path.push('$');
        } else {
            let value = platform
                .variable(name)
                .and_then(|value| value.into_string().ok());
            let value = value.filter(|value| !value.is_empty());
            path += &value.ok_or_else(|| format!("the variable {name} is not set"))?;
        }
        rest = after;
    }
    path.push_str(rest);
    let home = (path == "~" || path.starts_with("~/") || path.starts_with("~\\"))
        .then(|| platform.home_dir())
        .flatten();
    let path = match home {
        Some(home) => home.join(path.get(2..).unwrap_or_default()),
        None => PathBuf::from(path),
    };
    Ok(match folder {
        Some(folder) => folder.join(path),
        None => path,
    })
}

/// Returns the name of a variable at the beginning of a text, and the rest.
fn name(text: &str) -> (&str, &str) {
    if let Some((name, after)) = text.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
        return (name, after);
    }
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let end = text.find(|c| !is_name(c)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or(("", text))
}
