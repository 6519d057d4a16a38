//! Texts and thoughts, with the signatures of their parts.

use geppetto_engine::ItemId;
use geppetto_events::kind::ReasoningSource;
use geppetto_provider::{Output, read::MAX_ENTRIES};
use geppetto_turns::Block;
use serde_json::Value;

use crate::keys::{SIGNED_PARTS, SignedPart, THOUGHT_SIGNATURE};

/// The texts and thoughts of a reply.
#[derive(Debug, Default)]
pub(super) struct Texts {
    open: Option<Open>,
    /// The last text, to which citations belong.
    last: Option<ItemId>,
    /// Number of texts and signatures.
    count: usize,
}

/// The open text or thought.
#[derive(Debug)]
struct Open {
    item: ItemId,
    thought: bool,
    /// Parts that have ended, because they had a signature.
    signed: Vec<SignedPart>,
}

impl Texts {
    /// Appends a text, and ends its part if it has a signature; returns `true` if there was either.
    pub(super) fn take(
        &mut self,
        text: &str,
        thought: bool,
        signature: &str,
        out: &mut Output<'_>,
    ) -> bool {
        if !text.is_empty() {
            self.say(text, thought, out);
        }
        if !signature.is_empty() {
            self.count += 1;
            self.sign(thought, signature, out);
        }
        !text.is_empty() || !signature.is_empty()
    }

    fn say(&mut self, text: &str, thought: bool, out: &mut Output<'_>) {
        if self
            .open
            .as_ref()
            .is_none_or(|open| open.thought != thought)
        {
            self.close(out);
            self.count += 1;
            let item = match thought {
                true => out.open_reasoning(ReasoningSource::Provider),
                false => out.open_text(),
            };
            if !thought {
                self.last = Some(item);
            }
            self.open = Some(Open {
                item,
                thought,
                signed: Vec::new(),
            });
        }
        if let Some(open) = &self.open {
            out.push(open.item, text);
            if !open.signed.is_empty() {
                open.mark(out);
            }
        }
    }

    /// Signs the open text. A signature without one, for example after calls, is kept as a block of
    /// its own.
    fn sign(&mut self, thought: bool, signature: &str, out: &mut Output<'_>) {
        match &mut self.open {
            Some(open) if open.thought == thought => {
                open.signed.push(SignedPart {
                    end: out.text(open.item).len(),
                    signature: signature.to_owned(),
                });
                open.mark(out);
            }
            _ => {
                let mut block = Block::reasoning("");
                let signature = Value::from(signature);
                block.metadata.set_raw(THOUGHT_SIGNATURE.id(), signature);
                out.add_block(block);
            }
        }
    }

    /// Closes the open text.
    pub(super) fn close(&mut self, out: &mut Output<'_>) {
        if let Some(open) = self.open.take() {
            out.close(open.item, None);
        }
    }

    /// Returns the last text.
    pub(super) fn last(&self) -> Option<ItemId> {
        self.last
    }

    /// Returns `true` if there are more texts than any model writes.
    pub(super) fn are_too_many(&self) -> bool {
        self.count > MAX_ENTRIES
    }
}

impl Open {
    /// Writes the signatures to the block: that of the part at its end, and those before it.
    fn mark(&self, out: &mut Output<'_>) {
        let end = out.text(self.item).len();
        let (before, last) = match self.signed.split_last() {
            Some((last, before)) if last.end == end => (before, Some(last)),
            _ => (self.signed.as_slice(), None),
        };
        let Some(block) = out.block_mut(self.item) else {
            return;
        };
        match last {
            Some(last) => {
                let signature = Value::from(last.signature.as_str());
                block.metadata.set_raw(THOUGHT_SIGNATURE.id(), signature);
            }
            None => {
                block.metadata.remove(&THOUGHT_SIGNATURE);
            }
        }
        if !before.is_empty() {
            let parts = serde_json::to_value(before).unwrap_or_default();
            block.metadata.set_raw(SIGNED_PARTS.id(), parts);
        }
    }
}
