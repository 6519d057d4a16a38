//! Names of tools, as a request sends them back.

use std::borrow::Cow;

#[cfg(test)]
mod tests;

/// A tool's name as the API takes it: letters, digits, `_` and `-`, at most `longest` of them. The
/// tools on offer have such names; but a model may have called what does not exist, or another
/// server allowed more, and the API would refuse the whole history.
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
