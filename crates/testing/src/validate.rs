//! Refusals of the real provider.
//!
//! A test with a server that accepts everything proves little: it passes with requests that the
//! provider would refuse. [`chat_request`] implements the rules of the Chat Completions API that
//! conversations violate in practice, above all those for the order of tool calls and their
//! results, with OpenAI's error messages; [`responses_request`] does the same for the Responses
//! API, [`messages_request`] for Anthropic's Messages API, and [`generate_content`] for Google's.
//! [`ProviderServer`](crate::ProviderServer) applies them to every request, and they can be
//! used separately:
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
//! Sources: <https://platform.openai.com/docs/api-reference/chat/create>,
//! <https://platform.openai.com/docs/api-reference/responses/create> and refusals sent by the API.
//! As in the API, `null` counts as absent. Unknown fields are accepted, because servers of the same
//! protocol define their own.

mod anthropic;
mod calls;
mod content;
mod format;
mod gemini;
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

pub use anthropic::{messages_count, messages_request};
pub use gemini::generate_content;
pub use refusal::ProviderRefusal;
pub use responses::{responses_count, responses_request};

/// Checks a request body of `POST /v1/chat/completions`.
///
/// # Errors
///
/// The first refusal that the provider would send, status 400.
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
