//! [`Fold`]: the events of a reply into one reply.
//!
//! A stream is folded event by event; a reply that came as one body is the fold of its terminal
//! event alone. There is no second way.

use geppetto_engine::{EngineError, ResponseWriter};
use geppetto_transport::Redactor;
use serde_json::value::RawValue;

use super::{
    CUSTOM_TOOL,
    error::{FORMAT, cancelled_there},
    wire::{self, Event, Item, Response, Text},
};
use crate::shared::{
    error::{is_error_alone, is_reported, malformed, no_object, reported},
    taken::{Taken, is_heartbeat},
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

use calls::{CUSTOM, Call};
use entry::{Entry, State};
use message::{MESSAGE, Message};
use reasoning::{REASONING, Reasoning};

/// The largest event that is known again when it is repeated, in bytes. What is larger is a whole
/// item or an image, which is taken once anyway or shown again without harm.
const LONGEST_REPEATED: usize = 16 * 1024;

/// What arrived of a reply, beside what the [`ResponseWriter`] has taken.
#[derive(Debug, Default)]
pub(super) struct Fold {
    /// The model as the request named it.
    asked: String,
    entries: Vec<Entry>,
    sequence: Option<u64>,
    /// The data of the last event, unless it was large.
    last: String,
    response_id: String,
    service_tier: String,
    /// The custom tools that the application offered, once the server has repeated the offer.
    custom_tools: Option<Vec<String>>,
    /// The usage as sent.
    usage: Option<Box<str>>,
    status: Status,
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
        // A list would be read as the fields of an event, one by one.
        let read = match data.starts_with('[') {
            true => Err(no_object()),
            false => serde_json::from_str(data),
        };
        let mut event: Event<'_> =
            read.map_err(|error| malformed("an event", FORMAT, &error, redactor))?;
        if event.kind.is_empty() && name.starts_with("response.") {
            event.kind = Text::from(name);
        }
        if self.is_repeated(&event, data) {
            return Ok(Taken::Said);
        }
        match &*event.kind {
            "response.created" | "response.in_progress" | "response.queued" => {
                if let Some(raw) = event.response {
                    self.envelope(&response(raw, redactor)?, writer);
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
                if let Some(raw) = event.error.filter(|raw| is_reported(raw.get())) {
                    return Err(reported(raw.get(), redactor));
                }
                if is_error_alone(data) {
                    return Err(reported(data, redactor));
                }
            }
            _ => self.grow(&event, data, writer),
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

    fn envelope(&mut self, response: &Response<'_>, writer: &mut ResponseWriter<'_>) {
        writer.set_model(&response.model);
        // Some gateways change the id inside one stream; the first one names the reply.
        if self.response_id.is_empty() {
            (*response.id).clone_into(&mut self.response_id);
        }
        if !response.service_tier.is_empty() {
            (*response.service_tier).clone_into(&mut self.service_tier);
        }
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
        self.envelope(response, writer);
        for (position, raw) in response.output.iter().flatten().enumerate() {
            self.final_item(position as u64, raw, writer);
        }
        let error = response.error.map_or("null", RawValue::get);
        self.status = match status {
            "failed" => return Err(reported(error, redactor)),
            _ if is_reported(error) => return Err(reported(error, redactor)),
            "cancelled" => return Err(cancelled_there()),
            "completed" => Status::Completed,
            "incomplete" => Status::Incomplete(response.incomplete_details.reason.to_string()),
            "queued" | "in_progress" => Status::Pending(status.to_owned()),
            other => Status::Other(other.to_owned()),
        };
        Ok(())
    }

    /// An item of the finished response: takes it unless it was streamed.
    fn final_item(&mut self, index: u64, raw: &RawValue, writer: &mut ResponseWriter<'_>) {
        let Some(item) = item(raw) else {
            return;
        };
        let place = self.final_position(index, &item);
        match place.and_then(|place| self.entries.get_mut(place)) {
            Some(entry) if entry.is_done() => {}
            Some(entry) => entry.done(&item, raw, writer),
            None => self.add_done(index, &item, raw, writer),
        }
    }

    fn add_done(
        &mut self,
        index: u64,
        item: &Item<'_>,
        raw: &RawValue,
        writer: &mut ResponseWriter<'_>,
    ) {
        let mut entry = Entry::open(index, item, Some(raw), self.is_served(item), writer);
        entry.done(item, raw, writer);
        self.entries.push(entry);
    }

    fn added(&mut self, event: &Event<'_>, writer: &mut ResponseWriter<'_>) {
        let Some((raw, item)) = event.item.and_then(|raw| Some((raw, item(raw)?))) else {
            return;
        };
        let place = self.position(event.output_index.0, &item.id, &item.kind);
        let known = place.and_then(|place| self.entries.get_mut(place));
        if let Some(entry) = known.filter(|entry| !entry.is_done() && entry.id == *item.id) {
            entry.identify(&item, writer);
            return;
        }
        let index = self.index_of(event);
        let entry = Entry::open(index, &item, Some(raw), self.is_served(&item), writer);
        self.entries.push(entry);
    }

    fn done(&mut self, event: &Event<'_>, writer: &mut ResponseWriter<'_>) {
        let Some((raw, item)) = event.item.and_then(|raw| Some((raw, item(raw)?))) else {
            return;
        };
        let place = self.position(event.output_index.0, &item.id, &item.kind);
        match place.and_then(|place| self.entries.get_mut(place)) {
            Some(entry) if !entry.is_done() => entry.done(&item, raw, writer),
            Some(entry) if entry.id == *item.id => {}
            _ => self.add_done(self.index_of(event), &item, raw, writer),
        }
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
            let entry = Entry::open(self.index_of(event), &item, None, false, writer);
            self.entries.push(entry);
            self.entries.len() - 1
        });
        self.entries.get_mut(place).map(|entry| &mut entry.state)
    }

    /// Whether a call is of a tool that the server has run itself: a custom tool that nobody
    /// offered (xAI's search on X). Where the server does not repeat the offer, no call is.
    fn is_served(&self, item: &Item<'_>) -> bool {
        let offered = |tools: &Vec<String>| tools.iter().any(|name| *name == *item.name);
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

/// An item; none where it is not an object.
fn item(raw: &RawValue) -> Option<Item<'_>> {
    let is_object = raw.get().starts_with('{');
    is_object.then(|| serde_json::from_str(raw.get()).unwrap_or_default())
}
