//! [`Fold`]: the events of a reply into one reply.
//!
//! A stream is folded event by event; a reply that came as one body is the fold of its terminal
//! event alone. There is no second way.

use std::{borrow::Cow, collections::HashSet};

use geppetto_engine::{EngineError, ResponseWriter};
use geppetto_transport::Redactor;
use serde::de::IgnoredAny;
use serde_json::{Value, value::RawValue};

use super::{
    CUSTOM_TOOL,
    error::{FORMAT, cancelled_there},
    wire::{self, Event, Item, Response, Text},
};
use crate::shared::{
    error::{is_error_alone, is_reported, malformed, malformed_event, no_object, reported},
    limits::{MOST, too_many},
    mend::{self, Mended},
    notes::Notes,
    reasons::{Meaning, failed},
    taken::{Taken, is_heartbeat},
    words::{self, Word},
};

mod calls;
mod dispatch;
mod entry;
mod find;
mod finish;
mod message;
mod progress;
mod reasoning;
mod usage;

#[cfg(test)]
mod tests;

use calls::{CUSTOM, Call, FUNCTION};
use entry::{Entry, State};
use find::Places;
use message::{MESSAGE, Message};
use reasoning::{REASONING, Reasoning};

/// The largest event that is known again when it is repeated, in bytes. What is larger is a whole
/// item or an image, which is taken once anyway or shown again without harm.
const LONGEST_REPEATED: usize = 16 * 1024;

/// The events that let a text grow, in which a character may be cut in half.
const GROWING: [&str; 8] = [
    "response.output_text.delta",
    "response.refusal.delta",
    "response.function_call_arguments.delta",
    "response.custom_tool_call_input.delta",
    "response.reasoning_text.delta",
    "response.reasoning.delta",
    "response.reasoning_summary_text.delta",
    "response.reasoning_summary.delta",
];

/// What arrived of a reply, beside what the [`ResponseWriter`] has taken.
#[derive(Debug, Default)]
pub(super) struct Fold {
    /// The model as the request named it.
    asked: String,
    entries: Vec<Entry>,
    places: Places,
    sequence: Option<u64>,
    /// The data of the last event, unless it was large.
    last: String,
    response_id: Word,
    model: Word,
    service_tier: Word,
    /// The custom tools that the application offered, once the server has repeated the offer.
    custom_tools: Option<HashSet<String>>,
    /// The usage as sent.
    usage: Option<Box<str>>,
    status: Status,
    notes: Notes,
}

/// How far the response is, by what the server said last.
#[derive(Debug, Default, PartialEq, Eq)]
enum Status {
    #[default]
    Open,
    Completed,
    /// Stopped, with the server's reason.
    Incomplete(String),
    /// Not over yet, but no more is said here: `queued` or `in_progress` of a body.
    Pending(String),
    /// An end that is not known.
    Other(String),
}

impl Fold {
    /// A reply to a request for the model `asked`.
    pub(super) fn new(asked: &str) -> Self {
        Self {
            asked: asked.to_owned(),
            ..Self::default()
        }
    }

    /// Whether the server said that the reply is over.
    pub(super) fn is_complete(&self) -> bool {
        self.status != Status::Open
    }

    /// Counts what was replaced so that the reply could be read.
    pub(super) fn count_replaced(&mut self, count: u64) {
        self.notes.replaced(count);
    }

    /// Takes one event of a stream; `data` is all of it. `name` is what the stream calls it, for
    /// servers whose data do not say their type.
    ///
    /// # Errors
    ///
    /// The error that the event reports, or that it cannot be read.
    pub(super) fn accept(
        &mut self,
        name: &str,
        data: &str,
        writer: &mut ResponseWriter<'_>,
        redactor: &Redactor,
    ) -> Result<Taken, EngineError> {
        if name == "error" {
            return Err(reported(data, redactor));
        }
        let mended = mend::halved(data, &[]);
        if mended.is_some() {
            return self.accept_mended(name, data, mended, writer, redactor);
        }
        match read(data) {
            Ok(event) => self.take(name, event, data, writer, redactor),
            Err(error) => {
                let mended = mend::mend(data, &[]).filter(|mended| read(&mended.text).is_ok());
                if mended.is_none() {
                    return Err(malformed_event(data, FORMAT, &error, redactor));
                }
                self.accept_mended(name, data, mended, writer, redactor)
            }
        }
    }

    /// Takes an event that could not be read as it was sent. Of one that lets a field grow, halves
    /// of characters at the ends of its delta are joined with those of its neighbours.
    fn accept_mended(
        &mut self,
        name: &str,
        data: &str,
        mended: Option<Mended>,
        writer: &mut ResponseWriter<'_>,
        redactor: &Redactor,
    ) -> Result<Taken, EngineError> {
        let Some(mut mended) = mended else {
            return Ok(Taken::Said);
        };
        let kind = read(&mended.text).map(|event| event.kind.into_inner().into_owned());
        let kind = kind.unwrap_or_default();
        if GROWING.contains(&kind.as_str()) || GROWING.contains(&name) {
            mended = mend::mend(data, &["delta"]).unwrap_or(mended);
        }
        self.notes.replaced(mended.replaced);
        let event = read(&mended.text)
            .map_err(|error| malformed_event(&mended.text, FORMAT, &error, redactor))?;
        self.take(name, event, &mended.text, writer, redactor)
    }

    fn take<'a>(
        &mut self,
        name: &'a str,
        mut event: Event<'a>,
        data: &str,
        writer: &mut ResponseWriter<'_>,
        redactor: &Redactor,
    ) -> Result<Taken, EngineError> {
        if event.kind.is_empty() && name.starts_with("response.") {
            event.kind = Text::from(name);
        }
        if self.is_repeated(&event, data) {
            return Ok(Taken::Said);
        }
        match &*event.kind {
            "response.created" | "response.in_progress" | "response.queued" => {
                if let Some(raw) = event.response {
                    self.envelope(&response(raw, redactor)?, writer, redactor);
                }
            }
            "response.completed"
            | "response.incomplete"
            | "response.failed"
            | "response.cancelled"
            | "response.done" => self.terminal(&event, writer, redactor)?,
            "error" | "response.error" => return Err(reported(data, redactor)),
            kind if is_heartbeat(kind) => return Ok(Taken::Heartbeat),
            "" => {
                let is_error = event.error.is_some_and(|raw| is_reported(raw.get()));
                if is_error || is_error_alone(data) {
                    return Err(reported(data, redactor));
                }
            }
            _ => self.grow(&event, data, writer, redactor)?,
        }
        Ok(Taken::Said)
    }

    /// Takes a whole reply.
    ///
    /// # Errors
    ///
    /// The error that the response reports.
    pub(super) fn whole(
        &mut self,
        response: &Response<'_>,
        writer: &mut ResponseWriter<'_>,
        redactor: &Redactor,
    ) -> Result<(), EngineError> {
        let status = match &*response.status {
            "" => "completed",
            status => status,
        };
        self.over(response, status, writer, redactor)
    }

    /// Takes an event that ends the stream.
    fn terminal(
        &mut self,
        event: &Event<'_>,
        writer: &mut ResponseWriter<'_>,
        redactor: &Redactor,
    ) -> Result<(), EngineError> {
        let mut response = event
            .response
            .map(|raw| response(raw, redactor))
            .transpose()?
            .unwrap_or_default();
        // Some gateways put the error beside the response.
        response.error = response
            .error
            .filter(|raw| is_reported(raw.get()))
            .or(event.error);
        let named = event.kind.strip_prefix("response.").unwrap_or_default();
        // vLLM calls every end `completed`, and says in the response that it is not.
        let status = match (named, &*response.status) {
            ("completed" | "done", said @ ("incomplete" | "failed" | "cancelled")) => {
                said.to_owned()
            }
            ("done", _) => "completed".to_owned(),
            (named, _) => named.to_owned(),
        };
        self.over(&response, &status, writer, redactor)
    }

    /// Whether an event came twice in a row. Its number alone does not say so: there are servers
    /// that do not count.
    fn is_repeated(&mut self, event: &Event<'_>, data: &str) -> bool {
        let number = event.sequence_number.0.filter(|number| *number > 0);
        let repeated = number.is_some() && number == self.sequence && data == self.last;
        self.sequence = number;
        self.last.clear();
        if data.len() <= LONGEST_REPEATED {
            self.last.push_str(data);
        }
        repeated
    }

    fn envelope(
        &mut self,
        response: &Response<'_>,
        writer: &mut ResponseWriter<'_>,
        redactor: &Redactor,
    ) {
        if self.model.last(&response.model, redactor) {
            writer.set_model(self.model.as_str());
        }
        // Some gateways change the id inside one stream; the first one names the reply.
        self.response_id.first(&response.id, redactor);
        self.service_tier.last(&response.service_tier, redactor);
        let tools = wire::tools(response.tools);
        if self.custom_tools.is_none() && !tools.is_empty() {
            let custom = tools.iter().filter(|tool| &*tool.kind == CUSTOM_TOOL);
            self.custom_tools = Some(custom.map(|tool| tool.name.to_string()).collect());
        }
        if let Some(usage) = response
            .usage
            .map(RawValue::get)
            .filter(|raw| *raw != "null")
        {
            self.usage = Some(usage.into());
        }
    }

    /// Takes the last word on the response, with what was not streamed of it.
    fn over(
        &mut self,
        response: &Response<'_>,
        status: &str,
        writer: &mut ResponseWriter<'_>,
        redactor: &Redactor,
    ) -> Result<(), EngineError> {
        self.envelope(response, writer, redactor);
        let mut unread = None;
        for (position, raw) in response.output.iter().flatten().enumerate() {
            let taken = self.final_item(position as u64, raw, writer, redactor);
            unread = unread.or(taken.and_then(|()| self.check()).err());
            if self.entries.len() > MOST {
                break;
            }
        }
        let error = response.error.map_or("null", RawValue::get);
        self.status = match status {
            "failed" => return Err(reported(error, redactor)),
            _ if is_reported(error) => return Err(reported(error, redactor)),
            "cancelled" => return Err(cancelled_there()),
            "completed" => Status::Completed,
            "incomplete" => {
                Status::Incomplete(words::word(&response.incomplete_details.reason, redactor))
            }
            "queued" | "in_progress" => Status::Pending(status.to_owned()),
            other => Status::Other(words::word(other, redactor)),
        };
        match (unread, self.meaning()) {
            (Some(error), _) => Err(error),
            (None, Some(Meaning::Failed(kind))) => {
                Err(failed(kind, &response.incomplete_details.reason))
            }
            _ => Ok(()),
        }
    }

    /// Refuses a reply that is larger than any model's.
    fn check(&self) -> Result<(), EngineError> {
        if self.entries.len() > MOST {
            return Err(too_many("items"));
        }
        Ok(())
    }

    /// An item of the finished response: takes it unless it was streamed.
    fn final_item(
        &mut self,
        index: u64,
        raw: &RawValue,
        writer: &mut ResponseWriter<'_>,
        redactor: &Redactor,
    ) -> Result<(), EngineError> {
        let Some(item) = item(raw, redactor)? else {
            return Ok(());
        };
        let place = self.final_position(index, &item);
        match place.and_then(|place| self.entries.get_mut(place)) {
            Some(entry) if entry.is_done() => {}
            Some(entry) => entry.done(&item, raw, writer),
            None => self.add_done(index, &item, raw, writer),
        }
        Ok(())
    }

    fn add_done(
        &mut self,
        index: u64,
        item: &Item<'_>,
        raw: &RawValue,
        writer: &mut ResponseWriter<'_>,
    ) {
        let (count, served) = (self.entries.len(), self.is_served(item));
        let mut entry = Entry::open(index, count, item, Some(raw), served, writer);
        entry.done(item, raw, writer);
        self.add(entry);
    }

    fn added(
        &mut self,
        event: &Event<'_>,
        writer: &mut ResponseWriter<'_>,
        redactor: &Redactor,
    ) -> Result<(), EngineError> {
        let Some((raw, item)) = named_item(event, redactor)? else {
            return Ok(());
        };
        let place = self.position(event.output_index.0, &item.id, &item.kind);
        let known = place.and_then(|place| self.entries.get_mut(place));
        if let Some(entry) = known.filter(|entry| !entry.is_done() && entry.id == *item.id) {
            entry.identify(&item, writer);
            return Ok(());
        }
        let index = self.index_of(event);
        let (count, served) = (self.entries.len(), self.is_served(&item));
        let entry = Entry::open(index, count, &item, Some(raw), served, writer);
        self.add(entry);
        Ok(())
    }

    fn done(
        &mut self,
        event: &Event<'_>,
        writer: &mut ResponseWriter<'_>,
        redactor: &Redactor,
    ) -> Result<(), EngineError> {
        let Some((raw, item)) = named_item(event, redactor)? else {
            return Ok(());
        };
        let place = self.position(event.output_index.0, &item.id, &item.kind);
        match place.and_then(|place| Some((place, self.entries.get_mut(place)?))) {
            Some((place, entry)) if !entry.is_done() => {
                entry.done(&item, raw, writer);
                self.learn(place);
            }
            Some((_, entry)) if entry.id == *item.id => {}
            _ => self.add_done(self.index_of(event), &item, raw, writer),
        }
        Ok(())
    }

    fn message<'w>(
        &mut self,
        event: &Event<'_>,
        writer: &mut ResponseWriter<'w>,
        then: impl FnOnce(&mut Message, &mut ResponseWriter<'w>),
    ) {
        if let Some(State::Message(message)) = self.state(event, MESSAGE, writer) {
            then(message, writer);
        }
    }

    fn reasoning<'w>(
        &mut self,
        event: &Event<'_>,
        writer: &mut ResponseWriter<'w>,
        then: impl FnOnce(&mut Reasoning, &mut ResponseWriter<'w>),
    ) {
        if let Some(State::Reasoning(reasoning)) = self.state(event, REASONING, writer) {
            then(reasoning, writer);
        }
    }

    fn call<'w>(
        &mut self,
        event: &Event<'_>,
        kind: &str,
        writer: &mut ResponseWriter<'w>,
        then: impl FnOnce(&mut Call, &mut ResponseWriter<'w>),
    ) {
        if let Some(State::Call(call)) = self.state(event, kind, writer) {
            then(call, writer);
        }
    }

    /// The item of type `kind` that an event is of; one that was not announced begins here.
    fn state(
        &mut self,
        event: &Event<'_>,
        kind: &str,
        writer: &mut ResponseWriter<'_>,
    ) -> Option<&mut State> {
        let found = self.position(event.output_index.0, &event.item_id, kind);
        let place = found.unwrap_or_else(|| {
            let item = Item {
                kind: Text::from(kind),
                id: Text::from(&*event.item_id),
                ..Item::default()
            };
            let (index, count) = (self.index_of(event), self.entries.len());
            let entry = Entry::open(index, count, &item, None, false, writer);
            self.add(entry)
        });
        self.entries.get_mut(place).map(|entry| &mut entry.state)
    }

    /// Whether a call is of a tool that the server has run itself: a custom tool that nobody
    /// offered (xAI's search on X). Where the server does not repeat the offer, no call is.
    fn is_served(&self, item: &Item<'_>) -> bool {
        let offered = |tools: &HashSet<String>| tools.contains(&*item.name);
        &*item.kind == CUSTOM
            && !item.name.is_empty()
            && self
                .custom_tools
                .as_ref()
                .is_some_and(|tools| !offered(tools))
    }
}

fn response<'a>(raw: &'a RawValue, redactor: &Redactor) -> Result<Response<'a>, EngineError> {
    let read = serde_json::from_str(raw.get());
    read.map_err(|error| malformed("a response", FORMAT, &error, redactor))
}

/// Reads an event.
fn read(data: &str) -> Result<Event<'_>, serde_json::Error> {
    // A list would be read as the fields of an event, one by one.
    if data.starts_with('[') {
        return Err(no_object());
    }
    serde_json::from_str(data)
}

fn named_item<'a>(
    event: &Event<'a>,
    redactor: &Redactor,
) -> Result<Option<(&'a RawValue, Item<'a>)>, EngineError> {
    let Some(raw) = event.item else {
        return Ok(None);
    };
    Ok(item(raw, redactor)?.map(|item| (raw, item)))
}

/// Reads an item; `None` where null stands for one.
///
/// # Errors
///
/// It is no object, or nested too deep to be kept: what a server sends is never left out.
fn item<'a>(raw: &'a RawValue, redactor: &Redactor) -> Result<Option<Item<'a>>, EngineError> {
    const WHAT: &str = "an item";
    let text = raw.get();
    if text == "null" {
        return Ok(None);
    }
    if !text.starts_with('{') {
        return Err(malformed(WHAT, FORMAT, &no_object(), redactor));
    }
    let read = serde_json::from_str(text);
    let mut item: Item<'a> = read.map_err(|error| malformed(WHAT, FORMAT, &error, redactor))?;
    let is_known = matches!(&*item.kind, MESSAGE | REASONING | FUNCTION | CUSTOM);
    if !is_known && let Err(error) = serde_json::from_str::<Value>(text) {
        // Numbers that nobody has room for are mended when it is kept.
        if mend::value(text).is_none() {
            return Err(malformed(WHAT, FORMAT, &error, redactor));
        }
    }
    if [item.content, item.summary].into_iter().any(has_too_many) {
        return Err(too_many("parts of an item"));
    }
    for id in [&mut item.id, &mut item.call_id] {
        let kept = words::id(id, redactor).into_owned();
        if *kept != **id {
            *id = Text::from(Cow::Owned(kept));
        }
    }
    Ok(Some(item))
}

/// Whether a raw list has more entries than any model writes. Counting takes no memory.
fn has_too_many(raw: Option<&RawValue>) -> bool {
    // An entry takes two bytes at least.
    let raw = raw.map(RawValue::get).filter(|raw| raw.len() > 2 * MOST);
    let entries = raw.and_then(|raw| serde_json::from_str::<Vec<IgnoredAny>>(raw).ok());
    entries.is_some_and(|entries| entries.len() > MOST)
}
