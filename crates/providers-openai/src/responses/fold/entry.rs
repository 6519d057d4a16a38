//! [`Entry`]: one item of a response's output.

use geppetto_engine::Slot;
use geppetto_provider::Output;
use geppetto_turns::{Block, Content, Incomplete};
use serde_json::{Map, Value, value::RawValue};

use super::{
    calls::{CUSTOM, Call, FUNCTION},
    message::{MESSAGE, Message},
    other::{Other, object},
    read,
    reasoning::{REASONING, Reasoning},
};
use crate::responses::{
    keys,
    wire::{Item, Part, parts, text_of},
};

/// Fields of an item with a dedicated field in its block.
const PLACED: [&str; 11] = [
    "type",
    "id",
    "status",
    "role",
    "content",
    "summary",
    "encrypted_content",
    "call_id",
    "name",
    "arguments",
    "input",
];

/// Status of an item that the server ended before it was complete.
pub(super) const INCOMPLETE: &str = "incomplete";

/// An item of a response's output.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) index: u64,
    pub(super) id: String,
    /// Id of a tool call, by which some servers name the item.
    pub(super) call_id: String,
    /// Type of the item.
    pub(super) kind: String,
    status: String,
    /// `true` if the server sent the complete item.
    done: bool,
    /// Fields of the complete item without another place.
    fields: Map<String, Value>,
    /// The item as it was added, if it already had content.
    first: Option<Box<str>>,
    /// `true` if the end of a built-in tool was announced.
    pub(super) announced: bool,
    pub(super) state: State,
}

#[derive(Debug)]
pub(super) enum State {
    Message(Message),
    Reasoning(Reasoning),
    Call(Call),
    Other(Other),
}

impl Entry {
    /// Opens an item, as far as it is known. `count` is the number of items before it, `served` is
    /// `true` if the server runs the call itself.
    pub(super) fn open(
        index: u64,
        count: usize,
        item: &Item<'_>,
        raw: Option<&RawValue>,
        served: bool,
        out: &mut Output<'_>,
    ) -> Self {
        let slot = Slot::at(index).entry(count as u64);
        let state = match &*item.kind {
            MESSAGE => State::Message(Message::new(slot)),
            REASONING => State::Reasoning(Reasoning::open(&item.id, slot, out)),
            kind @ (FUNCTION | CUSTOM) if !served => {
                let mut call = Call::new(kind == CUSTOM, slot);
                call.identify(item, out);
                State::Call(call)
            }
            _ => State::Other(Other::open(raw, slot, out)),
        };
        Self {
            index,
            id: item.id.to_string(),
            call_id: item.call_id.to_string(),
            kind: item.kind.to_string(),
            status: item.status.to_string(),
            done: false,
            fields: Map::new(),
            first: raw
                .filter(|_| says_something(item))
                .map(|raw| raw.get().into()),
            announced: false,
            state,
        }
    }

    /// Sets id and name of a call whose arguments arrived first.
    pub(super) fn identify(&mut self, item: &Item<'_>, out: &mut Output<'_>) {
        if self.call_id.is_empty() {
            (*item.call_id).clone_into(&mut self.call_id);
        }
        if let State::Call(call) = &mut self.state {
            call.identify(item, out);
        }
    }

    /// Returns `true` if the ids of an item are those of this one.
    pub(super) fn is(&self, item: &Item<'_>) -> bool {
        let is_same_call = self.call_id == *item.call_id;
        self.id == *item.id && (is_same_call || self.call_id.is_empty() || item.call_id.is_empty())
    }

    /// Processes an item that was complete when it was added, if nothing followed.
    pub(super) fn recall(&mut self, out: &mut Output<'_>) {
        let is_silent = !self.done
            && match &self.state {
                State::Message(message) => message.is_empty(),
                State::Call(call) => call.is_empty(),
                State::Reasoning(_) | State::Other(_) => false,
            };
        let first = self.first.take().filter(|_| is_silent);
        let raw = first.and_then(|first| RawValue::from_string(first.into()).ok());
        if let Some(raw) = raw
            && let Ok(Some(item)) = read::item(&raw, out)
        {
            self.done(&item, &raw, out);
        }
    }

    pub(super) fn is_done(&self) -> bool {
        self.done
    }

    /// Returns `true` if the finished response may have more than the complete item: the arguments of a call
    /// that has none.
    pub(super) fn is_completed_later(&self) -> bool {
        matches!(&self.state, State::Call(call) if call.lacks_arguments())
    }

    /// Processes the encrypted part of a complete item, which some servers send in the finished response only
    /// (<https://github.com/earendil-works/pi/issues/6409>).
    pub(super) fn seal(&mut self, item: &Item<'_>, out: &mut Output<'_>) {
        if let State::Reasoning(reasoning) = &mut self.state {
            reasoning.seal(item, out);
        }
    }

    /// Returns `true` if the item is kept as it was sent.
    pub(super) fn is_kept(&self) -> bool {
        matches!(self.state, State::Other(_))
    }

    /// Returns `true` if this is a tool call that the application has to answer.
    pub(super) fn is_pending_call(&self, out: &Output<'_>) -> bool {
        matches!(&self.state, State::Call(call) if call.is_requested(out))
    }

    /// Returns `true` if the model refused here.
    pub(super) fn is_refusal(&self) -> bool {
        matches!(&self.state, State::Message(message) if message.is_refusal())
    }

    /// Processes the complete item, including parts that were not streamed.
    pub(super) fn done(&mut self, item: &Item<'_>, raw: &RawValue, out: &mut Output<'_>) {
        self.done = true;
        if !item.id.is_empty() {
            (*item.id).clone_into(&mut self.id);
        }
        if self.call_id.is_empty() {
            (*item.call_id).clone_into(&mut self.call_id);
        }
        (*item.status).clone_into(&mut self.status);
        match &mut self.state {
            State::Message(message) => message.done(item, self.index, out),
            State::Reasoning(reasoning) => reasoning.done(item, out),
            State::Call(call) => call.done(item, out),
            State::Other(other) => {
                other.done(item, raw, &mut self.announced, out);
                return;
            }
        }
        let fields = object(raw);
        let further =
            |(name, value): &(String, Value)| !PLACED.contains(&name.as_str()) && !value.is_null();
        self.fields = fields.into_iter().filter(further).collect();
    }

    /// Returns `true` if the server ended the item as incomplete.
    pub(super) fn is_incomplete(&self) -> bool {
        self.done && self.status == INCOMPLETE
    }

    /// Removes the item from the reply. A tool call stays, marked incomplete, and a block without
    /// events as it is.
    pub(super) fn withdraw(&mut self, out: &mut Output<'_>) {
        match &mut self.state {
            State::Message(message) => message.withdraw(out),
            State::Reasoning(reasoning) => reasoning.withdraw(out),
            State::Call(call) => call.revoke(out),
            State::Other(_) => {}
        }
    }

    /// Returns the reason why the item is incomplete, if it is.
    fn missing(&self, broken: Option<Incomplete>) -> Option<Incomplete> {
        match broken {
            Some(why) if !self.done => Some(why),
            _ if self.status == INCOMPLETE => Some(Incomplete::Truncated),
            _ => None,
        }
    }

    /// Revokes a tool call, complete or not.
    pub(super) fn revoke(&mut self, out: &mut Output<'_>) {
        if let State::Call(call) = &mut self.state {
            call.revoke(out);
        }
    }

    /// Returns the number of unreadable characters.
    pub(super) fn lost(&self) -> u64 {
        match &self.state {
            State::Call(call) => call.lost(),
            State::Message(_) | State::Reasoning(_) | State::Other(_) => 0,
        }
    }

    /// Completes the blocks at the end of the reply. `broken` is the mark of incomplete ones.
    pub(super) fn settle(
        &mut self,
        response_id: &str,
        model: &str,
        broken: Option<Incomplete>,
        out: &mut Output<'_>,
    ) {
        let missing = self.missing(broken);
        let mut blocks = Vec::new();
        match &mut self.state {
            State::Message(message) => message.settle(&mut blocks, out),
            State::Reasoning(reasoning) => blocks.push(reasoning.settle(out)),
            State::Call(call) => blocks.extend(call.settle(missing, out)),
            State::Other(other) => blocks.push(other.block()),
        }
        // A truncated text is complete as far as it goes, unless the reply itself broke off, in
        // which case the output marks it.
        let marked = missing.filter(|_| !matches!(self.state, State::Message(_)));
        for id in &blocks {
            if let Some(block) = out.block_mut(*id) {
                self.label(block, response_id, model);
                if let Some(why) = marked {
                    block.mark_incomplete(why);
                }
            }
        }
        if let State::Call(call) = &mut self.state {
            call.settle_further(out);
        }
    }

    fn label(&self, block: &mut Block, response_id: &str, model: &str) {
        let id = (!self.id.is_empty()).then(|| self.id.clone());
        match &mut block.content {
            Content::LlmText(text) => text.item_id = id,
            Content::ToolCall(call) => call.item_id = id,
            Content::Reasoning(reasoning) => {
                reasoning.item_id = id;
                block.metadata.set_raw(keys::MODEL.id(), model.into());
            }
            _ => {}
        }
        let texts = [
            (keys::RESPONSE_ID.id(), response_id),
            (keys::ITEM_TYPE.id(), &self.kind),
            (keys::STATUS.id(), &self.status),
        ];
        for (key, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
            block.metadata.set_raw(key, text.into());
        }
        let index = keys::OUTPUT_INDEX.id();
        block.metadata.set_raw(index, self.index.into());
        if !self.fields.is_empty() {
            let fields = Value::Object(self.fields.clone());
            block.metadata.set_raw(keys::ITEM_FIELDS.id(), fields);
        }
    }
}

/// Returns `true` if an added item already has content; usually it grows from nothing.
fn says_something(item: &Item<'_>) -> bool {
    let has_text = |part: &Part<'_>| !part.text.is_empty() || !part.refusal.is_empty();
    !item.input.is_empty()
        || !text_of(item.arguments).is_empty()
        || parts(item.content).iter().any(has_text)
}

/// Indices under which the parts of a complete item were streamed. An index is a position, unless
/// the server continued counting from another item (Bedrock does); then the order decides.
#[derive(Debug)]
pub(super) struct Streamed {
    indices: Vec<u64>,
    are_positions: bool,
}

impl Streamed {
    /// Creates it from `indices` in ascending order, for an item of `count` parts.
    pub(super) fn new(indices: Vec<u64>, count: usize) -> Self {
        Self {
            are_positions: indices.iter().all(|index| *index < count as u64),
            indices,
        }
    }

    /// Returns the index of the part at `position`.
    pub(super) fn index(&self, position: usize) -> u64 {
        match self.indices.get(position) {
            Some(index) if !self.are_positions => *index,
            _ => position as u64,
        }
    }
}
