//! [`Item`]: a text, reasoning or tool call of a reply.

use std::sync::Arc;

use geppetto_events::{
    Correlation, EventKind,
    kind::{
        REPLACED, ReasoningDelta, ReasoningFinished, ReasoningSource, ReasoningStarted, TextDelta,
        TextFinished, TextStarted, ToolCallArgumentsDelta, ToolCallRequested, ToolCallStarted,
    },
};
use geppetto_turns::{Args, Block, Content, Incomplete, ToolCall};

use super::{ItemId, slot::Slot};
use crate::ToolCatalog;

pub(super) enum ItemKind {
    Text {
        refusal: bool,
    },
    Reasoning {
        source: ReasoningSource,
        /// Index of the item whose block has the text.
        part_of: Option<u64>,
    },
    ToolCall {
        id: String,
        name: String,
        /// Knows the arguments that events must not show.
        secrets: Option<Arc<dyn ToolCatalog>>,
    },
    /// A block that arrived complete.
    Whole,
}

pub(super) struct Item {
    kind: ItemKind,
    pub(super) block: Block,
    pub(super) correlation: Arc<Correlation>,
    text: String,
    /// Number of deltas.
    deltas: u64,
    state: State,
    pub(super) slot: Option<Slot>,
    pub(super) keeps: Keeps,
}

/// Place where the text of an item is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keeps {
    /// In its own block.
    Block,
    /// In the block of another item.
    PartOf(ItemId),
    /// Nowhere: another item replaces it.
    Nothing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Closed,
    Broken,
}

impl Item {
    pub(super) fn open(kind: ItemKind, index: usize, call: &Correlation) -> Self {
        let mut own = call.clone();
        let call_id = call.provider_call_id.as_deref().unwrap_or_default();
        let attempt = match call.attempt {
            None | Some(1) => String::new(),
            Some(n) => format!(":attempt:{n}"),
        };
        let (name, block) = match &kind {
            ItemKind::Text { refusal: false } | ItemKind::Whole => ("text", Block::llm_text("")),
            ItemKind::Text { refusal: true } => ("refusal", Block::refusal("")),
            ItemKind::Reasoning { .. } => ("reasoning", Block::reasoning("")),
            ItemKind::ToolCall { id, name, .. } => {
                own.tool_call_id = Some(id.clone());
                let call = ToolCall::new(id.clone(), name.clone(), Args::default());
                ("tool", Block::tool_call(call))
            }
        };
        own.segment_id = Some(format!("{call_id}{attempt}:{index}:{name}"));
        Self {
            kind,
            block,
            correlation: Arc::new(own),
            text: String::new(),
            deltas: 0,
            state: State::Open,
            slot: None,
            keeps: Keeps::Block,
        }
    }

    pub(super) fn whole(block: Block, call: &Arc<Correlation>) -> Self {
        Self {
            kind: ItemKind::Whole,
            block,
            correlation: Arc::clone(call),
            text: String::new(),
            deltas: 0,
            state: State::Closed,
            slot: None,
            keeps: Keeps::Block,
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.state == State::Open
    }

    pub(super) fn is_text(&self) -> bool {
        matches!(self.kind, ItemKind::Text { .. })
    }

    /// Returns `true` if the item becomes a block.
    pub(super) fn has_block(&self) -> bool {
        let is_kept = matches!(self.kind, ItemKind::Whole | ItemKind::ToolCall { .. });
        self.keeps == Keeps::Block && (is_kept || !self.text.is_empty())
    }

    pub(super) fn is_tool_call(&self) -> bool {
        matches!(self.kind, ItemKind::ToolCall { .. })
    }

    pub(super) fn is_requested_call(&self) -> bool {
        self.is_tool_call() && self.state == State::Closed
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn opened(&self) -> EventKind {
        match &self.kind {
            ItemKind::Text { .. } | ItemKind::Whole => {
                let refusal = matches!(self.kind, ItemKind::Text { refusal: true });
                let event = TextStarted::new("assistant").with_refusal(refusal);
                EventKind::TextSegmentStarted(event)
            }
            ItemKind::Reasoning { source, part_of } => {
                let mut event = ReasoningStarted::new(source.clone());
                event.part_of = *part_of;
                EventKind::ReasoningSegmentStarted(event)
            }
            ItemKind::ToolCall { id, name, .. } => {
                EventKind::ToolCallStarted(ToolCallStarted::new(id.as_str(), name.as_str()))
            }
        }
    }

    /// Returns the event for the delta, if it may be shown.
    pub(super) fn grow(&mut self, delta: &str) -> Option<EventKind> {
        let offset = self.text.len() as u64;
        self.text.push_str(delta);
        self.deltas += 1;
        Some(match &self.kind {
            ItemKind::ToolCall {
                secrets: Some(_), ..
            } => return None,
            ItemKind::Text { .. } | ItemKind::Whole => {
                EventKind::TextDelta(TextDelta::new(delta, offset, self.deltas))
            }
            ItemKind::Reasoning { source, .. } => EventKind::ReasoningDelta(ReasoningDelta::new(
                delta,
                offset,
                self.deltas,
                source.clone(),
            )),
            ItemKind::ToolCall { id, .. } => EventKind::ToolCallArgumentsDelta(
                ToolCallArgumentsDelta::new(id.as_str(), delta, offset, self.deltas),
            ),
        })
    }

    /// Replaces the text.
    pub(super) fn replace(&mut self, text: &str) {
        text.clone_into(&mut self.text);
    }

    /// Marks the item as incomplete after all.
    pub(super) fn reopen(&mut self) {
        self.state = State::Open;
    }

    pub(super) fn close(&mut self, reason: Option<&str>) -> Option<EventKind> {
        self.state = State::Closed;
        self.is_shown()
            .then(|| self.closed(reason.map(str::to_owned)))
    }

    /// Returns `true` if the item accepts further deltas.
    pub(super) fn grows(&self) -> bool {
        self.is_open() && self.is_shown()
    }

    /// Returns `true` if the item has its own events.
    fn is_shown(&self) -> bool {
        !matches!(self.kind, ItemKind::Whole)
    }

    /// Ends the item before it is complete. A partial tool call is never requested.
    pub(super) fn break_off(&mut self, why: Incomplete) -> Option<EventKind> {
        self.state = State::Broken;
        self.block.mark_incomplete(why);
        let closes = self.is_shown() && !self.is_tool_call();
        closes.then(|| self.closed(Some(why.to_string())))
    }

    /// Ends the item because another one replaces it.
    pub(super) fn replaced(&mut self) -> Option<EventKind> {
        self.break_off(Incomplete::Truncated)?;
        Some(self.closed(Some(REPLACED.to_owned())))
    }

    /// Revokes a closed tool call, after its events.
    pub(super) fn revoke(&mut self, why: Incomplete) {
        if self.is_requested_call() {
            self.state = State::Broken;
            self.block.mark_incomplete(why);
        }
    }

    /// Returns the kind of an item that replaces this one; `None` for items that cannot be
    /// replaced.
    pub(super) fn kind_of_successor(&self) -> Option<ItemKind> {
        match &self.kind {
            ItemKind::Text { refusal } => Some(ItemKind::Text { refusal: *refusal }),
            ItemKind::Reasoning { source, part_of } => Some(ItemKind::Reasoning {
                source: source.clone(),
                part_of: *part_of,
            }),
            ItemKind::ToolCall { .. } | ItemKind::Whole => None,
        }
    }

    /// Returns the id that identifies the item in events and in the turn; `None` for a block
    /// without its own events.
    pub(super) fn segment(&self) -> Option<String> {
        match &self.kind {
            ItemKind::Whole => None,
            ItemKind::ToolCall { id, .. } => Some(id.clone()),
            _ => self.correlation.segment_id.clone(),
        }
    }

    /// Takes the text of a part; `None` if the item is not one.
    pub(super) fn take_part(&mut self) -> Option<(ReasoningSource, String)> {
        let text = std::mem::take(&mut self.text);
        match &self.kind {
            ItemKind::Reasoning { source, .. } if !text.is_empty() => Some((source.clone(), text)),
            _ => None,
        }
    }

    fn closed(&self, reason: Option<String>) -> EventKind {
        let text = self.text.as_str();
        match &self.kind {
            ItemKind::Text { .. } | ItemKind::Whole => {
                EventKind::TextSegmentFinished(TextFinished::new(text, reason))
            }
            ItemKind::Reasoning { source, .. } => EventKind::ReasoningSegmentFinished(
                ReasoningFinished::new(text, reason, source.clone()),
            ),
            ItemKind::ToolCall { id, name, secrets } => {
                let input = secrets.as_ref().map_or_else(
                    || text.to_owned(),
                    |tools| tools.mask_arguments(name, &Args::from(text)),
                );
                EventKind::ToolCallRequested(ToolCallRequested::new(&**id, &**name, input))
            }
        }
    }

    /// Returns the block; `None` if there is nothing to keep.
    pub(super) fn into_block(self) -> Option<Block> {
        let Self {
            kind,
            mut block,
            text,
            keeps,
            state,
            ..
        } = self;
        if keeps != Keeps::Block {
            return None;
        }
        if matches!(kind, ItemKind::Whole) {
            return Some(block);
        }
        match &mut block.content {
            Content::LlmText(content) => {
                if text.is_empty() {
                    return None;
                }
                content.text = text;
            }
            Content::Reasoning(content) => {
                let kept = content.encrypted_content.is_some()
                    || content.item_id.is_some()
                    || !content.summary.is_empty()
                    || !content.extra.is_empty();
                if text.is_empty() && !kept {
                    return None;
                }
                // For a summary, the parts are kept; the text is for reasoning that is shown.
                if content.summary.is_empty() {
                    content.text = text;
                }
            }
            Content::ToolCall(content) => {
                if let ItemKind::ToolCall {
                    name,
                    secrets: Some(tools),
                    ..
                } = &kind
                {
                    let args = Args::from(text.as_str());
                    // As in the events, where an incomplete call shows nothing.
                    let shown = (state != State::Broken).then(|| tools.mask_arguments(name, &args));
                    content.shown = Some(shown.unwrap_or_default());
                }
                content.args = text.into();
            }
            _ => {}
        }
        Some(block)
    }
}
