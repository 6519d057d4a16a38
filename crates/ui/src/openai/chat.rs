//! Chat Completions.
//!
//! A chat shows the text, the reasoning (`reasoning_content`) and the calls of the client's own tools.
//! Texts before and after calls of server tools are paragraphs of one message.

use std::collections::BTreeSet;

mod body;
mod channel;
mod chunk;
mod end;
mod stream;

#[cfg(test)]
mod tests;

pub use body::ChatBody;
pub use chunk::{ChatChunk, ChatFrame};
pub use stream::ChatStream;

/// What the replies to one request have in common.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ChatOptions {
    /// Id of the completion, equal in all chunks, such as `chatcmpl-1`.
    pub id: String,
    /// Creation time, in seconds since the Unix epoch.
    pub created: u64,
    /// Model, as the client named it.
    pub model: String,
    /// Names of the client's own tools.
    pub client_tools: BTreeSet<String>,
    /// Show at most one call of the client's tools. `false` by default.
    pub one_call: bool,
    /// The answer is JSON: text of the model before a call of a server tool is not part of it.
    /// `false` by default.
    pub json: bool,
    /// Report the usage in a last chunk without choices. `false` by default.
    pub include_usage: bool,
}

impl ChatOptions {
    /// Creates the options of a completion.
    pub fn new(id: impl Into<String>, created: u64, model: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            created,
            model: model.into(),
            ..Self::default()
        }
    }
}
