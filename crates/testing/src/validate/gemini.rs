//! Refusals of Google's generateContent API.
//!
//! Sources: <https://ai.google.dev/api/generate-content>, <https://ai.google.dev/api/caching>, and
//! refusals sent by the API. Unlike in OpenAI's API, unknown fields are refused.

mod config;
mod contents;
mod history;
mod part;
mod schema;
mod tools;

#[cfg(test)]
mod tests;

use serde_json::Value;

use super::ProviderRefusal;

/// Fields of a request.
const FIELDS: [&str; 12] = [
    "model",
    "systemInstruction",
    "system_instruction",
    "contents",
    "tools",
    "toolConfig",
    "tool_config",
    "generationConfig",
    "generation_config",
    "safetySettings",
    "cachedContent",
    "labels",
];

/// Checks a request body of `POST /v1beta/models/MODEL:generateContent`.
///
/// Function responses follow their calls immediately, one for each call; the calls since the last
/// prompt have thought signatures if the model is of Gemini 3 or newer; a schema has the keywords of
/// the API; instructions and tools are not sent with cached content.
///
/// # Errors
///
/// The first refusal that the provider would send, status 400.
pub fn generate_content(model: &str, request: &Value) -> Result<(), ProviderRefusal> {
    known(request, "", &FIELDS)?;
    let version = version(model);
    contents::check(request, version)?;
    tools::check(request, version)?;
    config::check(request, version)?;
    let has = |name: &str| request.get(name).is_some();
    let parts = ["systemInstruction", "tools", "toolConfig"];
    if has("cachedContent") && parts.iter().any(|name| has(name)) {
        return Err(ProviderRefusal::invalid_request(
            "CachedContent can not be used with GenerateContent request setting system_instruction, \
             tools or tool_config. Proposed fix: move those values to CachedContent from \
             GenerateContent request.",
        ));
    }
    Ok(())
}

/// Returns the major version of a model; 0 if its name has none.
fn version(model: &str) -> u32 {
    let rest = model.split("gemini-").nth(1).unwrap_or_default();
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next();
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

/// Refuses fields of an object that the API does not have.
fn known(object: &Value, place: &str, fields: &[&str]) -> Result<(), ProviderRefusal> {
    let Some(map) = object.as_object() else {
        return Err(refused(place, "must be an object"));
    };
    match map.keys().find(|name| !fields.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => {
            let at = if place.is_empty() {
                String::new()
            } else {
                format!(" at '{place}'")
            };
            Err(ProviderRefusal::invalid_request(format!(
                "Invalid JSON payload received. Unknown name \"{name}\"{at}: Cannot find field."
            )))
        }
    }
}

fn refused(place: &str, problem: &str) -> ProviderRefusal {
    ProviderRefusal::invalid_request(format!("* GenerateContentRequest.{place}: {problem}"))
}

/// Returns the refusal of a value of another type.
fn invalid(place: &str, kind: &str, value: &Value) -> ProviderRefusal {
    ProviderRefusal::invalid_request(format!("Invalid value at '{place}' ({kind}), {value}"))
}

fn list<'a>(value: &'a Value, place: &str) -> Result<&'a [Value], ProviderRefusal> {
    match value {
        Value::Array(list) => Ok(list),
        Value::Null => Ok(&[]),
        other => Err(invalid(place, "TYPE_LIST", other)),
    }
}

/// Checks an optional text.
fn text(value: &Value, place: &str) -> Result<(), ProviderRefusal> {
    match value {
        Value::String(_) | Value::Null => Ok(()),
        other => Err(invalid(place, "TYPE_STRING", other)),
    }
}
