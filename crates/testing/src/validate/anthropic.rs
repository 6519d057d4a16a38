//! Requests of Anthropic's Messages API.
//!
//! Sources: <https://platform.claude.com/docs/en/api/messages/create>, refusals sent by the API, and public
//! reports of them.

mod content;
mod fields;
mod history;
mod options;
mod tools;

#[cfg(test)]
mod tests;

use serde_json::Value;

use super::ProviderRefusal;
use fields::{extra, refuse, required};

/// Fields of a request.
const FIELDS: [&str; 23] = [
    "cache_control",
    "container",
    "context_management",
    "inference_geo",
    "max_tokens",
    "mcp_servers",
    "messages",
    "metadata",
    "model",
    "output_config",
    "output_format",
    "service_tier",
    "speed",
    "stop_sequences",
    "stream",
    "system",
    "temperature",
    "thinking",
    "tool_choice",
    "tools",
    "top_k",
    "top_p",
    "user_profile_id",
];

/// Fields of a request that counts tokens.
const COUNTED: [&str; 12] = [
    "cache_control",
    "context_management",
    "mcp_servers",
    "messages",
    "model",
    "output_config",
    "output_format",
    "speed",
    "system",
    "thinking",
    "tool_choice",
    "tools",
];

/// Checks a request body of `POST /v1/messages`.
///
/// Unlike OpenAI's APIs, this one refuses unknown fields.
///
/// # Errors
///
/// The first refusal that the provider would send, status 400.
pub fn messages_request(request: &Value) -> Result<(), ProviderRefusal> {
    extra(request, "", &FIELDS)?;
    required(request, "max_tokens")?;
    if request["max_tokens"]
        .as_u64()
        .is_none_or(|limit| limit == 0)
    {
        return refuse("max_tokens: Input should be greater than or equal to 1");
    }
    common(request)?;
    options::check(request)
}

/// Checks a request body of `POST /v1/messages/count_tokens`.
///
/// # Errors
///
/// The first refusal that the provider would send, status 400.
pub fn messages_count(request: &Value) -> Result<(), ProviderRefusal> {
    extra(request, "", &COUNTED)?;
    common(request)
}

fn common(request: &Value) -> Result<(), ProviderRefusal> {
    required(request, "model")?;
    required(request, "messages")?;
    tools::check(request)?;
    content::system(&request["system"])?;
    history::check(request)?;
    options::thinking(request)?;
    options::output(request)?;
    marks(request)
}

/// Refuses more than four marks of the cache.
fn marks(request: &Value) -> Result<(), ProviderRefusal> {
    let parts = ["system", "tools", "messages"];
    let found: usize = parts.iter().map(|part| marked(&request[*part])).sum();
    match found {
        0..=4 => Ok(()),
        found => refuse(format!(
            "A maximum of 4 blocks with cache_control may be provided. Found {found}."
        )),
    }
}

fn marked(value: &Value) -> usize {
    match value {
        Value::Array(values) => values.iter().map(marked).sum(),
        Value::Object(fields) => {
            let own = fields
                .get("cache_control")
                .is_some_and(|mark| !mark.is_null());
            let nested = ["content", "source"]
                .iter()
                .filter_map(|name| fields.get(*name));
            usize::from(own) + nested.map(marked).sum::<usize>()
        }
        _ => 0,
    }
}
