//! YAML reading and writing, with limits that are checked before and during parsing.

use serde::{Serialize, de::DeserializeSeed};
use serde_json::Value;

use super::{
    FormatError, from_json_str, is_deeper, limit_json_depth, surrogates,
    value::{Budget, Duplicates, ValueReader},
};

mod cursor;
mod nesting;
mod outline;
mod scalar;

#[cfg(test)]
mod tests;

pub use outline::YamlLines;

/// Maximum nesting depth of lists and maps in a document: 128 levels, block and flow style
/// combined.
pub const MAX_YAML_DEPTH: usize = 128;

/// Maximum number of directive lines (`%TAG`, `%YAML`) at the beginning of a document: 16.
pub const MAX_YAML_DIRECTIVES: usize = 16;

/// Serializes any value as YAML, in the style of turns. Lists and maps below [`MAX_YAML_DEPTH`]
/// levels are written as strings with their JSON, so that [`yaml_value`] reads every result.
///
/// # Errors
///
/// Returns an error if the value cannot be represented in YAML.
pub fn yaml_string(value: &impl Serialize) -> Result<String, FormatError> {
    let json = serde_json::to_string(value).map_err(FormatError::unwritable)?;
    // Below lists without indentation, the parser's limit is one level lower.
    let levels = MAX_YAML_DEPTH - 1;
    if !is_deeper(&json, levels) {
        return serde_norway::to_string(value).map_err(FormatError::unwritable);
    }
    let value: Value = from_json_str(&limit_json_depth(json, levels))?;
    serde_norway::to_string(&value).map_err(FormatError::unwritable)
}

/// Parses any YAML document under the same rules as a turn. Plain scalar keys become strings,
/// because JSON has no other keys; of duplicate keys in a map, the last one wins. In double quotes,
/// a surrogate pair is read as in JSON (`"\ud83d\ude00"`), and an unpaired one as U+FFFD. A number
/// beyond the range of 64-bit floats is read as a string.
///
/// Parsing takes time and memory linear in the length of the text, whatever its content:
///
/// - lists and maps may be nested at most [`MAX_YAML_DEPTH`] levels deep;
/// - aliases may expand a document to at most twice its size plus 8 MiB;
/// - a document may have at most [`MAX_YAML_DIRECTIVES`] directive lines.
///
/// # Errors
///
/// Returns an error, with line and column, if the text is not YAML, exceeds a limit, or contains
/// anything that JSON cannot represent (integers of more than 64 bits, `.inf`, `.nan`, lists or
/// maps as keys, tagged values).
pub fn yaml_value(text: &str) -> Result<Value, FormatError> {
    read(text, Duplicates::LastWins, None)
}

/// Like [`yaml_value`], for files written by people: it also returns the line of each key, and
/// duplicate keys in a map are an error.
///
/// # Errors
///
/// The errors of [`yaml_value`], and an error for duplicate keys.
pub fn yaml_value_with_lines(text: &str) -> Result<(Value, YamlLines), FormatError> {
    let mut outline = outline::Outline::default();
    let value = read(text, Duplicates::Refused, Some(&mut outline))?;
    Ok((value, outline.into_lines()))
}

/// Like [`yaml_value`], but rejects duplicate keys in a map.
pub(super) fn strict_yaml_value(text: &str) -> Result<Value, FormatError> {
    read(text, Duplicates::Refused, None)
}

fn read(
    text: &str,
    duplicates: Duplicates,
    outline: Option<&mut outline::Outline>,
) -> Result<Value, FormatError> {
    // Some editors write a byte order mark there, which the parser would count as a column.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let quoted = nesting::check(text, outline)?;
    let text = &*surrogates::mend_yaml(text, quoted);
    let budget = Budget::of_document(text.len());
    let reader = ValueReader::new(&budget, duplicates);
    reader
        .deserialize(serde_norway::Deserializer::from_str(text))
        .map_err(|error| foreign_character(text).unwrap_or_else(|| FormatError::from_yaml(&error)))
}

/// Returns an error that locates the first character that YAML does not allow, because the parser's
/// error has no line; `None` if there is none.
fn foreign_character(text: &str) -> Option<FormatError> {
    let is_foreign = |c: char| {
        matches!(
            c,
            '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{84}'
                | '\u{86}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}'
        )
    };
    let at = text.find(is_foreign)?;
    let (before, rest) = text.split_at_checked(at)?;
    let line = before.rsplit('\n').next().unwrap_or_default();
    let message = format!(
        "not valid YAML: U+{:04X} must be written as an escape in double quotes",
        u32::from(rest.chars().next()?)
    );
    Some(FormatError::at(
        &message,
        before.matches('\n').count() + 1,
        line.chars().count() + 1,
    ))
}
