//! Single-line keys and scalars.

use geppetto_turns::serial::yaml_value;
use serde_json::{Map, Number, Value};

/// Maximum length of a key that is parsed here; YAML allows 1024 characters.
const MAX_KEY_BYTES: usize = 256;

/// Maximum nesting depth of a flow collection.
const MAX_FLOW_DEPTH: usize = 32;

/// Splits a line that begins with a key into the key and the text after its colon. `None` if there
/// is no key, or one that is not supported here.
pub(super) fn key(text: &str) -> Option<(&str, &str)> {
    let (key, after) = match text.chars().next()? {
        quote @ ('"' | '\'') => {
            let (key, after) = quoted(text, quote)?;
            (key, after.trim_start_matches(' ').strip_prefix(':')?)
        }
        first if may_begin_key(first) => {
            let ends = |at: &usize| {
                let after = text.get(at + 1..);
                after.is_some_and(|after| after.is_empty() || after.starts_with(' '))
            };
            let at = text.match_indices(':').map(|(at, _)| at).find(ends)?;
            let (key, after) = text.split_at_checked(at)?;
            if key.contains(" #") {
                return None;
            }
            (key.trim_end_matches(' '), after.strip_prefix(':')?)
        }
        _ => return None,
    };
    let ends = after.is_empty() || after.starts_with(' ');
    (ends && key.len() <= MAX_KEY_BYTES).then_some((key, after))
}

/// Letters, digits and a few characters without a meaning in YAML.
fn may_begin_key(first: char) -> bool {
    first.is_ascii_alphanumeric() || matches!(first, '_' | '/' | '(' | '$') || !first.is_ascii()
}

/// Returns the quoted text at the beginning of `text`, and the rest. `None` if it contains escapes
/// or does not end.
fn quoted(text: &str, quote: char) -> Option<(&str, &str)> {
    let (inner, after) = text.strip_prefix(quote)?.split_once(quote)?;
    let escaped = match quote {
        '"' => inner.contains('\\'),
        _ => after.starts_with(quote),
    };
    (!escaped).then_some((inner, after))
}

/// Returns the value of a scalar or flow collection that begins and ends on this line. `None` if it
/// continues, is not YAML, or has properties (anchor, alias, tag).
pub(super) fn value(text: &str) -> Option<Value> {
    let first = text.chars().next()?;
    match first {
        '&' | '*' | '!' | '|' | '>' => None,
        '"' | '\'' => match quoted(text, first) {
            Some((inner, "")) => Some(Value::String(inner.to_owned())),
            _ => parsed(text),
        },
        '[' if text == "[]" => Some(Value::Array(Vec::new())),
        '{' if text == "{}" => Some(Value::Object(Map::new())),
        _ if text.contains(": ") || text.ends_with(':') || text.contains(" #") => parsed(text),
        '0'..='9' | '-' => number_or_text(text),
        _ if may_begin_key(first) => Some(word(text)),
        _ => parsed(text),
    }
}

/// Returns the value of a plain scalar that begins like a word.
fn word(text: &str) -> Value {
    match text {
        "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => Value::String(text.to_owned()),
    }
}

/// Returns the value of a plain scalar that begins with a digit or a minus, if it clearly is or is
/// not a number.
fn number_or_text(text: &str) -> Option<Value> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return parsed(text);
    }
    let odd = |c: char| !c.is_ascii_hexdigit() && !matches!(c, '.' | '+' | '-' | 'x' | 'X' | 'o');
    if digits.contains(odd) || digits.matches('.').nth(1).is_some() {
        return Some(Value::String(text.to_owned()));
    }
    let whole = digits.bytes().all(|byte| byte.is_ascii_digit());
    if whole && digits.len() <= 18 && !digits.starts_with('0') {
        return text.parse::<i64>().ok().map(Value::from);
    }
    let fraction = |byte: u8| byte.is_ascii_digit() || byte == b'.';
    if !whole && digits.bytes().all(fraction) && digits.len() <= 18 {
        let number = text.parse().ok().and_then(Number::from_f64);
        return number.map(Value::Number);
    }
    parsed(text)
}

/// Parses with the full parser, as the value of a key.
fn parsed(text: &str) -> Option<Value> {
    if text.matches(['[', '{']).count() > MAX_FLOW_DEPTH {
        return None;
    }
    match yaml_value(&format!("k: {text}\n")).ok()? {
        Value::Object(mut map) if map.len() == 1 => map.remove("k"),
        _ => None,
    }
}
