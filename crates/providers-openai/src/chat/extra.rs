//! `extra_content`: Google's additional data for a text or a call.

use geppetto_turns::{Block, Content};
use serde_json::Value;

/// Field next to a text or a call in which Google sends signatures of thoughts.
///
/// Source: <https://ai.google.dev/gemini-api/docs/thought-signatures#openai>.
pub(super) const EXTRA_CONTENT: &str = "extra_content";

/// Returns the server's additional data for a text or a call.
pub(super) fn extra_content(block: &Block) -> Option<&Value> {
    match &block.content {
        Content::LlmText(text) => text.extra.get(EXTRA_CONTENT),
        Content::ToolCall(call) => call.extra.get(EXTRA_CONTENT),
        _ => None,
    }
}
