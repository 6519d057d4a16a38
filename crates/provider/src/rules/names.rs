//! Names of tools in the form that a server accepts.

use std::borrow::Cow;

#[cfg(test)]
mod tests;

/// Returns a tool's name in the form that the API accepts: at most `longest` letters, digits, `_`
/// and `-`. The offered tools have such names; but a model may have called a nonexistent tool, or
/// another server was less strict, and the API would refuse the entire history.
#[must_use]
pub fn fitting_name(name: &str, longest: usize) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if name.is_empty() {
        return Cow::Borrowed("_");
    }
    if name.len() <= longest && name.chars().all(plain) {
        return Cow::Borrowed(name);
    }
    let name = name.chars().take(longest);
    name.map(|c| if plain(c) { c } else { '_' }).collect()
}
