//! Refusals shared by many rules.

use serde_json::Value;

use crate::validate::ProviderRefusal;

pub(super) fn refuse<T>(message: impl Into<String>) -> Result<T, ProviderRefusal> {
    Err(ProviderRefusal::invalid_request(message))
}

/// Refuses fields other than these. `place` is the path of the object; empty for the request.
pub(super) fn extra(object: &Value, place: &str, known: &[&str]) -> Result<(), ProviderRefusal> {
    let fields = object.as_object().into_iter().flatten();
    let mut unknown = fields.filter(|(name, _)| !known.contains(&name.as_str()));
    match unknown.next() {
        None => Ok(()),
        Some((name, _)) if place.is_empty() => {
            refuse(format!("{name}: Extra inputs are not permitted"))
        }
        Some((name, _)) => refuse(format!("{place}.{name}: Extra inputs are not permitted")),
    }
}

pub(super) fn required(object: &Value, name: &str) -> Result<(), ProviderRefusal> {
    match &object[name] {
        Value::Null => refuse(format!("{name}: Field required")),
        _ => Ok(()),
    }
}

/// Checks a required text.
pub(super) fn text<'a>(
    object: &'a Value,
    place: &str,
    name: &str,
) -> Result<&'a str, ProviderRefusal> {
    match &object[name] {
        Value::String(text) => Ok(text),
        Value::Null => refuse(format!("{place}.{name}: Field required")),
        _ => refuse(format!("{place}.{name}: Input should be a valid string")),
    }
}

/// Checks an id or a name: 1 to `longest` letters, digits, `_` and `-`.
pub(super) fn plain(text: &str, place: &str, longest: usize) -> Result<(), ProviderRefusal> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if text.is_empty() || text.len() > longest || !text.chars().all(is_plain) {
        let pattern = match longest {
            usize::MAX => "^[a-zA-Z0-9_-]+$".to_owned(),
            _ => format!("^[a-zA-Z0-9_-]{{1,{longest}}}$"),
        };
        return refuse(format!("{place}: String should match pattern '{pattern}'"));
    }
    Ok(())
}
