//! Refusals shared by many rules, with the provider's messages.

use serde_json::Value;

use super::ProviderRefusal;

/// Returns the name of a JSON value's type, as used in refusals.
fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a decimal",
        Value::Number(_) => "an integer",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

pub(super) fn missing(param: &str) -> ProviderRefusal {
    ProviderRefusal::invalid_request(format!("Missing required parameter: '{param}'."))
        .param(param)
        .code("missing_required_parameter")
}

pub(super) fn wrong_type(param: &str, expected: &str, found: &Value) -> ProviderRefusal {
    ProviderRefusal::invalid_request(format!(
        "Invalid type for '{param}': expected {expected}, but got {} instead.",
        type_name(found)
    ))
    .param(param)
    .code("invalid_type")
}

pub(super) fn invalid(param: &str, problem: &str) -> ProviderRefusal {
    ProviderRefusal::invalid_request(format!("Invalid '{param}': {problem}"))
        .param(param)
        .code("invalid_value")
}

pub(super) fn unsupported_value(param: &str, found: &str, supported: &[&str]) -> ProviderRefusal {
    let (last, others) = supported.split_last().unwrap_or((&"", &[]));
    let others: Vec<String> = others.iter().map(|value| format!("'{value}'")).collect();
    ProviderRefusal::invalid_request(format!(
        "Invalid value: '{found}'. Supported values are: {} and '{last}'.",
        others.join(", ")
    ))
    .param(param)
    .code("invalid_value")
}

pub(super) fn empty_array(param: &str) -> ProviderRefusal {
    ProviderRefusal::invalid_request(format!(
        "Invalid '{param}': empty array. Expected an array with minimum length 1, but got an empty \
         array instead."
    ))
    .param(param)
    .code("empty_array")
}

/// Checks a required string, which may be empty.
pub(super) fn string<'a>(value: &'a Value, param: &str) -> Result<&'a str, ProviderRefusal> {
    match value {
        Value::String(text) => Ok(text),
        Value::Null => Err(missing(param)),
        other => Err(wrong_type(param, "a string", other)),
    }
}

/// Checks a required array with at least one element.
pub(super) fn filled_array<'a>(
    value: &'a Value,
    param: &str,
) -> Result<&'a [Value], ProviderRefusal> {
    match value {
        Value::Array(items) if items.is_empty() => Err(empty_array(param)),
        Value::Array(items) => Ok(items),
        Value::Null => Err(missing(param)),
        other => Err(wrong_type(param, "an array", other)),
    }
}

/// Checks the name of a function: 1 to 64 letters, digits, underscores and dashes.
pub(super) fn function_name<'a>(value: &'a Value, param: &str) -> Result<&'a str, ProviderRefusal> {
    name(value, param, 64)
}

/// Checks a name of 1 to `longest` letters, digits, underscores and dashes.
pub(super) fn name<'a>(
    value: &'a Value,
    param: &str,
    longest: usize,
) -> Result<&'a str, ProviderRefusal> {
    let name = string(value, param)?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if name.is_empty() || !name.bytes().all(fits) {
        return Err(invalid(
            param,
            "string does not match pattern. Expected a string that matches the pattern \
             '^[a-zA-Z0-9_-]+$'.",
        ));
    }
    not_longer(name, param, longest)?;
    Ok(name)
}

/// Refuses a text longer than this many characters.
pub(super) fn not_longer(text: &str, param: &str, longest: usize) -> Result<(), ProviderRefusal> {
    let length = text.chars().count();
    if length <= longest {
        return Ok(());
    }
    let problem = format!(
        "string too long. Expected a string with maximum length {longest}, but got a string with \
         length {length} instead."
    );
    Err(invalid(param, &problem).code("string_above_max_length"))
}

/// Checks a required string with at least one character.
pub(super) fn filled_string<'a>(value: &'a Value, param: &str) -> Result<&'a str, ProviderRefusal> {
    let text = string(value, param)?;
    if text.is_empty() {
        let problem = "empty string. Expected a string with minimum length 1, but got an empty \
                       string instead.";
        return Err(invalid(param, problem).code("empty_string"));
    }
    Ok(text)
}

/// Checks an optional string with a fixed set of values.
pub(super) fn word(value: &Value, param: &str, known: &[&str]) -> Result<(), ProviderRefusal> {
    if value.is_null() {
        return Ok(());
    }
    let word = string(value, param)?;
    match known.contains(&word) {
        true => Ok(()),
        false => Err(unsupported_value(param, word, known)),
    }
}

/// Checks a required object.
pub(super) fn object(value: &Value, param: &str) -> Result<(), ProviderRefusal> {
    match value {
        Value::Object(_) => Ok(()),
        Value::Null => Err(missing(param)),
        other => Err(wrong_type(param, "an object", other)),
    }
}
