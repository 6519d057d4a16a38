//! `thinking_blocks`: Claude's thinking with its signatures, as sent and accepted by `LiteLLM`.
//!
//! Claude refuses a call that it made while it thought without the signed thinking before it. See
//! <https://docs.litellm.ai/docs/reasoning_content>; report:
//! <https://github.com/open-webui/open-webui/issues/27467>.

use geppetto_provider::read::halves;
use serde_json::Value;

use super::details::Detail;

#[cfg(test)]
mod tests;

/// Fields that grow from event to event.
const GROWING: [&str; 3] = ["thinking", "signature", "data"];

/// The blocks of a reply.
#[derive(Debug, Default)]
pub(super) struct Signed(Vec<Detail>);

impl Signed {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Adds the pieces of an event. A piece of thinking continues the last block if that is thinking without a signature.
    pub(super) fn take(&mut self, pieces: Vec<Detail>) {
        for piece in pieces {
            match self.0.last_mut().filter(|last| is_open(last)) {
                Some(last) if is_thinking(&piece) => grow(last, piece),
                _ => self.0.push(piece),
            }
        }
    }

    /// Returns the blocks that can be sent back, and the number of unreadable characters.
    pub(super) fn end(&mut self) -> (Vec<Value>, u64) {
        let mut lost = 0;
        let mut blocks = std::mem::take(&mut self.0);
        blocks.retain(is_whole);
        for block in &mut blocks {
            for name in GROWING {
                if let Some(Value::String(text)) = block.get_mut(name) {
                    lost += halves::clean(text);
                }
            }
        }
        (blocks.into_iter().map(Value::Object).collect(), lost)
    }
}

fn is_thinking(block: &Detail) -> bool {
    block.get("type").and_then(Value::as_str) == Some("thinking")
}

fn is_open(block: &Detail) -> bool {
    is_thinking(block) && !has(block, "signature")
}

/// Returns `true` if Claude accepts a block: signed thinking, or redacted thinking.
fn is_whole(block: &Detail) -> bool {
    match block.get("type").and_then(Value::as_str) {
        Some("thinking") => has(block, "signature"),
        _ => has(block, "data"),
    }
}

fn has(block: &Detail, name: &str) -> bool {
    let text = block.get(name).and_then(Value::as_str);
    text.is_some_and(|text| !text.is_empty())
}

fn grow(block: &mut Detail, piece: Detail) {
    for (name, value) in piece {
        match (block.get_mut(&name), value) {
            (Some(Value::String(text)), Value::String(news))
                if GROWING.contains(&name.as_str()) =>
            {
                text.push_str(&news);
            }
            (_, Value::Null) => {}
            (_, value) => {
                block.insert(name, value);
            }
        }
    }
}
