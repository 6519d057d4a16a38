//! [`Calls`]: tool calls put together from their pieces.
//!
//! Which call a piece belongs to is told in several ways: by index, by id, by name, or by nothing
//! but its place. A call is announced once its id and its name are known, and after those that were
//! begun before it, so that the order of the calls is the order in which the model began them.

use geppetto_engine::{ItemId, ResponseWriter};
use geppetto_turns::Content;
use serde_json::{Map, Value, value::RawValue};

use crate::chat::{
    CUSTOM_TOOL,
    origin::EXTRA_CONTENT,
    wire::{CallDelta, FunctionDelta},
};

#[cfg(test)]
mod tests;

/// Arguments without any.
const NOTHING: &str = "{}";

/// The tool calls of one reply, in the order in which they were begun.
#[derive(Debug, Default)]
pub(super) struct Calls {
    calls: Vec<Call>,
    /// How many calls were announced; they are the first ones.
    announced: usize,
    /// Whether a piece was added since the last [`Calls::publish`].
    news: bool,
    /// The number of the event, so that two pieces of one event without an index are two calls.
    event: u64,
}

#[derive(Debug, Default)]
pub(super) struct Call {
    index: Option<u64>,
    id: String,
    pub(super) name: String,
    pub(super) args: String,
    custom: bool,
    /// The last event with a piece of this call.
    event: u64,
    item: Option<ItemId>,
    /// How much of the arguments was published, in bytes.
    sent: usize,
    /// What the server keeps beside the call, until it is on its block.
    extra: Option<Box<str>>,
}

/// A piece, whatever form it came in.
struct CallPiece<'a> {
    index: Option<u64>,
    id: &'a str,
    name: &'a str,
    args: String,
    custom: bool,
    /// Whether the arguments came as an object, which is whole.
    object: bool,
    extra: Option<&'a RawValue>,
}

impl Calls {
    /// Whether anything was added that is not published yet.
    pub(super) fn has_news(&self) -> bool {
        self.news
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Call> {
        self.calls.iter()
    }

    /// Takes the pieces of one event. Where the reply came whole, each is a call.
    pub(super) fn take(&mut self, pieces: &[CallDelta<'_>], whole: bool) {
        self.event += 1;
        for (position, piece) in pieces.iter().enumerate() {
            let piece = CallPiece::new(piece);
            let is_empty = piece.id.is_empty() && piece.name.is_empty() && piece.args.is_empty();
            if is_empty && piece.extra.is_none() {
                continue;
            }
            let known = match whole {
                true => None,
                false if pieces.len() > 1 && piece.is_bare() => {
                    self.by_place(pieces.len() - position)
                }
                false => self.find(&piece),
            };
            self.add(known, &piece);
        }
    }

    /// Takes a piece of the only call, in the format before tools. Snowflake sends an empty one
    /// with every message.
    pub(super) fn take_legacy(&mut self, piece: &FunctionDelta<'_>) {
        let (args, object) = arguments(piece.arguments);
        if piece.name.is_empty() && args.is_empty() {
            return;
        }
        self.event += 1;
        let known = (!self.calls.is_empty()).then(|| self.calls.len() - 1);
        let piece = CallPiece {
            index: None,
            id: "",
            name: &piece.name,
            args,
            custom: false,
            object,
            extra: None,
        };
        self.add(known, &piece);
    }

    /// The call that a piece goes on with; `None` where it begins one.
    fn find(&self, piece: &CallPiece<'_>) -> Option<usize> {
        if let Some(index) = piece.index
            && let Some(at) = self.calls.iter().rposition(|c| c.index == Some(index))
        {
            let call = self.calls.get(at)?;
            return (!call.is_followed_by(piece)).then_some(at);
        }
        if piece.index.is_some() {
            return None;
        }
        if !piece.id.is_empty()
            && let Some(at) = self.calls.iter().rposition(|call| call.id == piece.id)
        {
            return Some(at);
        }
        let last = self.calls.last()?;
        let goes_on = last.event != self.event
            && (piece.id.is_empty() || last.id.is_empty())
            && (piece.name.is_empty() || last.name.is_empty() || last.is_repeated_in(piece));
        goes_on.then(|| self.calls.len() - 1)
    }

    /// The call that a piece goes on with which names none, of several in one event: the last
    /// pieces of an event go on with the last calls. `rest` counts the pieces from this one on.
    fn by_place(&self, rest: usize) -> Option<usize> {
        (!self.calls.is_empty()).then(|| self.calls.len().saturating_sub(rest))
    }

    fn add(&mut self, known: Option<usize>, piece: &CallPiece<'_>) {
        self.news = true;
        let at = known.unwrap_or_else(|| {
            self.calls.push(Call {
                index: piece.index,
                custom: piece.custom,
                ..Call::default()
            });
            self.calls.len() - 1
        });
        if let Some(call) = self.calls.get_mut(at) {
            call.grow(piece, self.event);
        }
    }

    /// Announces the calls that can be, and what they have grown by.
    pub(super) fn publish(&mut self, writer: &mut ResponseWriter<'_>) {
        self.news = false;
        while self.calls.get(self.announced).is_some_and(Call::is_known) {
            self.announce_next(writer);
        }
        for call in self.calls.iter_mut().take(self.announced) {
            call.publish(writer);
        }
    }

    /// Announces the rest, as far as it is known: nothing more comes.
    pub(super) fn publish_all(&mut self, writer: &mut ResponseWriter<'_>) {
        while self.announced < self.calls.len() {
            self.announce_next(writer);
        }
        for call in &mut self.calls {
            call.keep_extra(writer);
            call.publish_rest(writer);
        }
    }

    fn announce_next(&mut self, writer: &mut ResponseWriter<'_>) {
        let Some(call) = self.calls.get_mut(self.announced) else {
            return;
        };
        self.announced += 1;
        let id = writer.open_tool_call(call.id.as_str(), call.name.as_str());
        call.item = Some(id);
        if call.custom
            && let Some(block) = writer.block_mut(id)
            && let Content::ToolCall(content) = &mut block.content
        {
            content.extra.set("type", CUSTOM_TOOL);
        }
        call.publish(writer);
    }

    /// The announced calls that cannot be made: those without a name, and, where the model was
    /// stopped, those whose arguments that cut.
    pub(super) fn broken(&self, by_limit: bool) -> impl Iterator<Item = ItemId> {
        let broken = move |call: &&Call| {
            call.name.is_empty() || (by_limit && !call.custom && !is_object(&call.args))
        };
        self.calls
            .iter()
            .filter(broken)
            .filter_map(|call| call.item)
    }

    /// Whether there is a call that can be made.
    pub(super) fn any_whole(&self, by_limit: bool) -> bool {
        self.broken(by_limit).count() < self.calls.len()
    }
}

impl Call {
    fn is_known(&self) -> bool {
        !self.id.is_empty() && !self.name.is_empty()
    }

    /// Whether a piece with this call's index begins another call nevertheless: some servers give
    /// every call the same index.
    fn is_followed_by(&self, piece: &CallPiece<'_>) -> bool {
        let another = !piece.id.is_empty() && !self.id.is_empty() && piece.id != self.id;
        // A piece that names no tool goes on, also under a new id: some servers make one up for
        // every event.
        another && !piece.name.is_empty() && (piece.name != self.name || is_object(&self.args))
    }

    /// Whether a piece without index repeats this call's name and goes on with its arguments.
    fn is_repeated_in(&self, piece: &CallPiece<'_>) -> bool {
        piece.name == self.name && !is_object(&self.args)
    }

    fn grow(&mut self, piece: &CallPiece<'_>, event: u64) {
        self.event = event;
        if let Some(extra) = piece.extra {
            self.extra = Some(extra.get().into());
        }
        // The first id and the first name count: they may be repeated in every piece.
        if self.id.is_empty() {
            piece.id.clone_into(&mut self.id);
        }
        if self.name.is_empty() {
            piece.name.clone_into(&mut self.name);
        }
        if piece.object && self.args == piece.args {
            return;
        }
        // Some gateways begin with an empty object, and send the arguments after it.
        if self.args == NOTHING && piece.args.starts_with('{') {
            self.args.clear();
        }
        self.args.push_str(&piece.args);
    }

    /// Publishes what the arguments have grown by. An empty object may be taken back: it waits.
    fn publish(&mut self, writer: &mut ResponseWriter<'_>) {
        self.keep_extra(writer);
        if self.args != NOTHING {
            self.publish_rest(writer);
        }
    }

    /// Puts what the server keeps beside the call on its block.
    fn keep_extra(&mut self, writer: &mut ResponseWriter<'_>) {
        if let Some(id) = self.item
            && let Some(raw) = self.extra.take()
            && let Ok(value) = serde_json::from_str::<Value>(&raw)
            && let Some(block) = writer.block_mut(id)
            && let Content::ToolCall(content) = &mut block.content
        {
            content.extra.set(EXTRA_CONTENT, value);
        }
    }

    fn publish_rest(&mut self, writer: &mut ResponseWriter<'_>) {
        if let (Some(id), Some(news)) = (self.item, self.args.get(self.sent..))
            && !news.is_empty()
        {
            writer.push(id, news);
            self.sent = self.args.len();
        }
    }
}

impl<'a> CallPiece<'a> {
    /// Whether it names no call at all.
    fn is_bare(&self) -> bool {
        self.index.is_none() && self.id.is_empty() && self.name.is_empty()
    }

    fn new(delta: &'a CallDelta<'_>) -> Self {
        // Snowflake sends an empty custom call beside every function.
        let custom = delta
            .custom
            .as_ref()
            .filter(|custom| !custom.name.is_empty() || !custom.input.is_empty());
        let (name, (args, object), custom) = match (custom, &delta.function) {
            (Some(custom), _) => (&*custom.name, (custom.input.to_string(), false), true),
            (None, Some(function)) => (&*function.name, arguments(function.arguments), false),
            (None, None) => ("", (String::new(), false), false),
        };
        Self {
            index: delta.index.0,
            id: &delta.id,
            name,
            args,
            custom,
            object,
            extra: delta.extra_content,
        }
    }
}

/// The arguments as text, and whether they came as an object instead of one.
fn arguments(raw: Option<&RawValue>) -> (String, bool) {
    let Some(raw) = raw.map(RawValue::get) else {
        return (String::new(), false);
    };
    match raw.as_bytes().first() {
        Some(b'"') => (serde_json::from_str(raw).unwrap_or_default(), false),
        _ => (raw.to_owned(), true),
    }
}

/// Whether a text is a whole JSON object: no piece can follow it.
fn is_object(args: &str) -> bool {
    args.trim_end().ends_with('}') && serde_json::from_str::<Map<String, Value>>(args).is_ok()
}
