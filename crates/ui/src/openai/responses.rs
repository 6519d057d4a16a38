//! Responses.
//!
//! Texts are messages, the calls of the client's own tools are `function_call` items, and the calls of
//! server tools are `mcp_call` items, with their results.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

mod item;
mod part;
mod stream;
mod tool;

#[cfg(test)]
mod tests;

pub use stream::{ResponseFrame, ResponseStream};

/// What the events of one response have in common.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ResponseOptions {
    /// Id of the response. The ids of its items are derived from it.
    pub id: String,
    /// Creation time, in seconds since the Unix epoch.
    pub created: u64,
    /// Model, as the client named it.
    pub model: String,
    /// Names of the client's own tools.
    pub client_tools: BTreeSet<String>,
    /// Show at most one call of the client's tools. `false` by default.
    pub one_call: bool,
    /// Name of the server in the items of its tools.
    pub tools_label: String,
    /// Ask the client about calls that wait for a person (`mcp_approval_request`). `false` by
    /// default.
    pub approvals: bool,
    /// Fields of the request that the response repeats, such as `instructions` and `tools`.
    pub request: Map<String, Value>,
}

impl ResponseOptions {
    /// Creates the options of a response.
    pub fn new(id: impl Into<String>, created: u64, model: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            created,
            model: model.into(),
            tools_label: "server".to_owned(),
            ..Self::default()
        }
    }
}
