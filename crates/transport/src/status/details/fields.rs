//! Fields of errors, as servers name them.

use serde_json::Value;

use super::{LONGEST_LABEL, MOST_HINTS};

/// Fields with the message of an error, in order of preference.
pub(super) const MESSAGES: [&str; 10] = [
    "message",
    "Message",
    "detail",
    "details",
    "msg",
    "error_description",
    "status_msg",
    "error_msg",
    "reason",
    "title",
];

/// Fields with the code of an error, in order of preference. `error_code` is used by Databricks and
/// Baidu.
pub(super) const CODES: [&str; 3] = ["code", "status_code", "error_code"];

/// Fields with an HTTP status.
const STATUSES: [&str; 4] = ["status_code", "status", "code", "http_status"];

/// Returns the error in a field: an object, a text, or an element of a list. ModelScope sends a
/// single object as `errors`; an empty one carries no information.
pub(super) fn error_of(root: &Value) -> Option<&Value> {
    let is_empty = |error: &&Value| error.as_object().is_some_and(serde_json::Map::is_empty);
    let error = root.get("error").filter(|error| !is_empty(error));
    let several = || root.pointer("/errors/0").or_else(|| root.get("errors"));
    error.filter(|error| !error.is_null()).or_else(several)
}

pub(super) fn status_of(error: &Value) -> Option<u16> {
    STATUSES.iter().find_map(|name| status_in(error.get(name)?))
}

fn status_in(value: &Value) -> Option<u16> {
    let number = value
        .as_u64()
        .or_else(|| value.as_str()?.trim().parse().ok())?;
    u16::try_from(number)
        .ok()
        .filter(|number| (400..600).contains(number))
}

pub(super) fn is_number(code: &str) -> bool {
    code.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns MiniMax's status if it reports an error.
pub(super) fn base_resp(root: &Value) -> Option<&Value> {
    let status = root.get("base_resp")?;
    (status.get("status_code")?.as_i64()? != 0).then_some(status)
}

/// Returns codes outside of the usual fields.
pub(super) fn hints(error: &Value) -> Vec<String> {
    let mut hints = Vec::new();
    let mut add = |value: Option<&Value>| {
        let hint = value
            .and_then(scalar)
            .filter(|hint| hint.len() <= LONGEST_LABEL);
        hints.extend(hint.filter(|_| hints.len() < MOST_HINTS));
    };
    add(error.pointer("/innererror/code"));
    add(error.pointer("/provider_specific_fields/innererror/code"));
    add(error.pointer("/metadata/error_type"));
    add(error.get("reason"));
    for detail in list(error.get("details")) {
        add(detail.get("reason"));
        add(detail.pointer("/metadata/quota_limit"));
        for violation in list(detail.get("violations")) {
            add(violation.get("quotaId"));
        }
    }
    hints
}

fn list(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    let items = value.and_then(Value::as_array);
    items.into_iter().flatten().take(MOST_HINTS)
}

/// Returns a text or a number as text.
pub(super) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Returns the place of an invalid field, as sent by FastAPI's validation: `body.temperature: `.
fn location(item: &Value) -> String {
    let parts: Vec<String> = list(item.get("loc")).filter_map(scalar).collect();
    match parts.as_slice() {
        [] => String::new(),
        parts => format!("{}: ", parts.join(".")),
    }
}

/// Returns a text, or the texts of a list as sent by FastAPI's validation; other JSON verbatim.
pub(super) fn words(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()).filter(|text| !text.trim().is_empty()),
        Value::Array(items) => {
            let said: Vec<String> = items
                .iter()
                .filter_map(|item| match item.get("msg") {
                    Some(said) => words(said).map(|said| format!("{}{said}", location(item))),
                    None => words(item),
                })
                .collect();
            Some(said.join("; ")).filter(|text| !text.is_empty())
        }
        other => Some(other.to_string()),
    }
}
