//! YAML, within limits that are checked before and while a document is read.

use serde::{Serialize, de::DeserializeSeed};
use serde_json::Value;

use super::{
    FormatError, surrogates,
    value::{Budget, Duplicates, ValueReader},
};

mod cursor;
mod nesting;
mod scalar;

#[cfg(test)]
mod tests;

/// How deep lists and maps may be nested in a document: 128 levels, block and flow style together.
/// The same holds for JSON.
pub const MAX_YAML_DEPTH: usize = 128;

/// How many lines of directives (`%TAG`, `%YAML`) a document may begin with: 16.
pub const MAX_YAML_DIRECTIVES: usize = 16;

/// Writes any value as YAML, the way turns are written.
///
/// # Errors
///
/// When the value has a shape that YAML has not.
pub fn yaml_string(value: &impl Serialize) -> Result<String, FormatError> {
    serde_norway::to_string(value).map_err(FormatError::unwritable)
}

/// Reads any YAML document, the way turns are read. Keys that are plain scalars become text, as
/// JSON has no others; of two equal keys of a map, the later one counts. In double quotes, a surrogate
/// pair is read as in JSON (`"\ud83d\ude00"`), and half of one as U+FFFD. A number beyond the range of
/// 64-bit floats is text.
///
/// Reading takes time and memory in proportion to the length of the text, whatever it holds:
///
/// - lists and maps are nested at most [`MAX_YAML_DEPTH`] deep;
/// - aliases may make of a document at most twice its own size and 8 MiB more;
/// - at most [`MAX_YAML_DIRECTIVES`] lines are directives.
///
/// # Errors
///
/// When the text is not YAML, is beyond a limit, or has what JSON cannot hold (integers of more
/// than 64 bits, `.inf`, `.nan`, lists or maps as keys, tagged values); with line and column.
pub fn yaml_value(text: &str) -> Result<Value, FormatError> {
    read(text, Duplicates::LastWins)
}

/// Like [`yaml_value`], but refuses duplicate keys in a map.
pub(super) fn strict_yaml_value(text: &str) -> Result<Value, FormatError> {
    read(text, Duplicates::Refused)
}

fn read(text: &str, duplicates: Duplicates) -> Result<Value, FormatError> {
    // Editors of other systems put a mark there, which the parser takes for a column.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let quoted = nesting::check(text)?;
    let text = &*surrogates::mend_yaml(text, quoted);
    let budget = Budget::of_document(text.len());
    let reader = ValueReader::new(&budget, duplicates);
    reader
        .deserialize(serde_norway::Deserializer::from_str(text))
        .map_err(|error| foreign_character(text).unwrap_or_else(|| FormatError::from_yaml(&error)))
}

/// An error that names the first character that YAML does not have; the parser's names no line. `None`
/// where there is none.
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
