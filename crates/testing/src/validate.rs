//! What the real provider refuses.
//!
//! A test whose server accepts everything proves little: the request that the provider would refuse
//! passes. [`chat_request`] knows the rules of the Chat Completions API that conversations run into
//! in practice, above all those for the order of tool calls and their results, and words its
//! refusals as OpenAI does; [`responses_request`] does the same for the Responses API. They are
//! applied to every request by [`ProviderServer`](crate::ProviderServer), and can be used alone:
//!
//! ```
//! use serde_json::json;
//!
//! let refusal = geppetto_testing::validate::chat_request(&json!({
//!     "model": "test-model",
//!     "messages": [{"role": "tool", "tool_call_id": "call_1", "content": "21 C"}],
//! }))
//! .unwrap_err();
//! assert_eq!(refusal.status, 400);
//! assert!(refusal.message.contains("must be a response to a preceeding message"));
//! ```
//!
//! Rules from <https://platform.openai.com/docs/api-reference/chat/create>, from
//! <https://platform.openai.com/docs/api-reference/responses/create> and from the refusals that the
//! API answers with. A `null` counts as absent, as it does there. Unknown fields are
//! accepted: servers of the same protocol define their own.

mod calls;
mod content;
mod format;
mod messages;
mod options;
mod refusal;
mod responses;
mod schema;
mod tools;
mod typed;

#[cfg(test)]
mod tests;

use serde_json::Value;

pub use refusal::ProviderRefusal;
pub use responses::{responses_count, responses_request};

/// Checks a request body of `POST /v1/chat/completions`.
///
/// # Errors
///
/// The first refusal that the provider would answer with, status 400.
pub fn chat_request(request: &Value) -> Result<(), ProviderRefusal> {
    if request["model"].as_str().is_none_or(str::is_empty) {
        return Err(ProviderRefusal::invalid_request(
            "you must provide a model parameter",
        ));
    }
    messages::check(&request["messages"])?;
    tools::check(request)?;
    options::check(request)?;
    format::check(&request["response_format"])
}
