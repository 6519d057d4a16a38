//! [`Fold`]: the events of a reply into one reply.
//!
//! A stream is folded event by event; a reply that came as one body is the fold of its terminal
//! event alone. There is no second way.

use geppetto_engine::{EngineError, ResponseWriter};
use geppetto_transport::Redactor;
use serde_json::value::RawValue;

use super::{
    error,
    wire::{Event, Item, Part, Response, Text, text_of},
};

mod calls;
mod entry;
mod finish;
mod message;
mod progress;
mod reasoning;
mod usage;

#[cfg(test)]
mod tests;

use calls::{CUSTOM, Call, FUNCTION};
use entry::{Entry, State};
use message::{MESSAGE, Message};
use reasoning::{REASONING, Reasoning};

/// What arrived of a reply, beside what the [`ResponseWriter`] has taken.
#[derive(Debug, Default)]
pub(super) struct Fold {
    /// The model as the request named it.
    asked: String,
    entries: Vec<Entry>,
    sequence: Option<u64>,
    response_id: String,
    service_tier: String,
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

    /// Takes one event of a stream; `data` is all of it.
    ///
    /// # Errors
    ///
    /// The error that the event reports, or that it cannot be read.
    pub(super) fn accept(
        &mut self,
        data: &str,
        writer: &mut ResponseWriter<'_>,
        redactor: &Redactor,
    ) -> Result<(), EngineError> {
        let event: Event<'_> =
            serde_json::from_str(data).map_err(|error| error::malformed("an event", error))?;
        if self.is_repeated(&event) {
            return Ok(());
        }
        match &*event.kind {
            "response.created" | "response.in_progress" | "response.queued" => {
                if let Some(raw) = event.response {
                    self.envelope(&response(raw)?, writer);
                }
            }
            "response.completed"
            | "response.incomplete"
            | "response.failed"
            | "response.cancelled" => {
                let response = response(event.response.unwrap_or(RawValue::NULL))?;
                let status = event.kind.strip_prefix("response.").unwrap_or_default();
                return self.over(&response, status, writer, redactor);
            }
            "error" | "response.error" => return Err(error::reported(data, redactor)),
            "keepalive" | "ping" | "response.keepalive" | "response.heartbeat" => {}
            "" => {
                if let Some(raw) = event.error.filter(|raw| error::is_reported(raw.get())) {
                    return Err(error::reported(raw.get(), redactor));
                }
            }
            _ => self.grow(&event, data, writer),
        }
        Ok(())
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

    /// Whether an event came twice in a row: sequence numbers count up.
    fn is_repeated(&mut self, event: &Event<'_>) -> bool {
        let number = event.sequence_number.0.filter(|number| *number > 0);
        let repeated = number.is_some() && number == self.sequence;
        self.sequence = number;
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
            "failed" => return Err(error::reported(error, redactor)),
            _ if error::is_reported(error) => return Err(error::reported(error, redactor)),
            "cancelled" => return Err(error::cancelled_there()),
            "completed" => Status::Completed,
            "incomplete" => Status::Incomplete(response.incomplete_details.reason.to_string()),
            "queued" | "in_progress" => Status::Pending(status.to_owned()),
            other => Status::Other(other.to_owned()),
        };
        Ok(())
    }

    /// An item of the finished response: takes it unless it was streamed.
    fn final_item(&mut self, index: u64, raw: &RawValue, writer: &mut ResponseWriter<'_>) {
        let item = item(raw);
        let place = self.position(Some(index), "", &item.kind);
        let place = place.or_else(|| {
            let id = Some(&*item.id).filter(|id| !id.is_empty())?;
            self.position(None, id, &item.kind)
        });
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
        let mut entry = Entry::open(index, item, Some(raw), writer);
        entry.done(item, raw, writer);
        self.entries.push(entry);
    }

    /// Takes an event of an item.
    fn grow(&mut self, event: &Event<'_>, data: &str, writer: &mut ResponseWriter<'_>) {
        let delta = &*event.delta;
        match &*event.kind {
            "response.output_item.added" => self.added(event, writer),
            "response.output_item.done" => self.done(event, writer),
            "response.content_part.done" => self.part_done(event, writer),
            "response.output_text.delta" => self.message(event, writer, |message, writer| {
                message.say(event, false, delta, writer);
                message.add_logprobs(event);
            }),
            "response.output_text.done" => self.message(event, writer, |message, writer| {
                message.complete(event.content_index.or_zero(), false, &event.text, writer);
            }),
            "response.output_text.annotation.added" => {
                let index = event.output_index.0;
                self.message(event, writer, |message, writer| {
                    message.annotate(event, index, writer);
                });
            }
            "response.refusal.delta" => self.message(event, writer, |message, writer| {
                message.say(event, true, delta, writer);
            }),
            "response.refusal.done" => self.message(event, writer, |message, writer| {
                message.complete(event.content_index.or_zero(), true, &event.refusal, writer);
            }),
            "response.function_call_arguments.delta" => {
                self.call(event, FUNCTION, writer, |call, writer| {
                    call.push(delta, writer)
                });
            }
            "response.function_call_arguments.done" => {
                let whole = text_of(event.arguments);
                self.call(event, FUNCTION, writer, |call, writer| {
                    call.complete(&whole, writer)
                });
            }
            "response.custom_tool_call_input.delta" => {
                self.call(event, CUSTOM, writer, |call, writer| {
                    call.push(delta, writer)
                });
            }
            "response.custom_tool_call_input.done" => {
                let whole = &event.input;
                self.call(event, CUSTOM, writer, |call, writer| {
                    call.complete(whole, writer)
                });
            }
            // Parts begin with their first piece.
            "response.content_part.added"
            | "response.reasoning_part.added"
            | "response.reasoning_summary_part.added" => {}
            _ => self.reason_or_progress(event, data, writer),
        }
    }

    fn reason_or_progress(
        &mut self,
        event: &Event<'_>,
        data: &str,
        writer: &mut ResponseWriter<'_>,
    ) {
        let (summary, content) = (event.summary_index.or_zero(), event.content_index.or_zero());
        match &*event.kind {
            "response.reasoning_summary_text.delta" | "response.reasoning_summary.delta" => {
                self.reasoning(event, writer, |reasoning, writer| {
                    reasoning.say(true, summary, &event.delta, writer);
                });
            }
            "response.reasoning_summary_text.done" | "response.reasoning_summary.done" => {
                self.reasoning(event, writer, |reasoning, writer| {
                    reasoning.complete(true, summary, &event.text, writer);
                });
            }
            "response.reasoning_summary_part.done" => {
                let part = part(event);
                self.reasoning(event, writer, |reasoning, writer| {
                    reasoning.complete(true, summary, &part.text, writer);
                });
            }
            "response.reasoning_text.delta" | "response.reasoning.delta" => {
                self.reasoning(event, writer, |reasoning, writer| {
                    reasoning.say(false, content, &event.delta, writer);
                });
            }
            "response.reasoning_text.done" | "response.reasoning.done" => {
                self.reasoning(event, writer, |reasoning, writer| {
                    reasoning.complete(false, content, &event.text, writer);
                });
            }
            "response.reasoning_part.done" => self.part_done(event, writer),
            _ => {
                let entry = self.named(event);
                progress::publish(event, data, entry, writer);
            }
        }
    }

    fn added(&mut self, event: &Event<'_>, writer: &mut ResponseWriter<'_>) {
        let Some(raw) = event.item else {
            return;
        };
        let item = item(raw);
        let place = self.position(event.output_index.0, &item.id, &item.kind);
        let known = place.and_then(|place| self.entries.get(place));
        if known.is_some_and(|entry| !entry.is_done() && entry.id == *item.id) {
            return;
        }
        let index = self.index_of(event);
        let entry = Entry::open(index, &item, Some(raw), writer);
        self.entries.push(entry);
    }

    fn done(&mut self, event: &Event<'_>, writer: &mut ResponseWriter<'_>) {
        let Some(raw) = event.item else {
            return;
        };
        let item = item(raw);
        let place = self.position(event.output_index.0, &item.id, &item.kind);
        match place.and_then(|place| self.entries.get_mut(place)) {
            Some(entry) if !entry.is_done() => entry.done(&item, raw, writer),
            Some(entry) if entry.id == *item.id => {}
            _ => self.add_done(self.index_of(event), &item, raw, writer),
        }
    }

    fn part_done(&mut self, event: &Event<'_>, writer: &mut ResponseWriter<'_>) {
        let part = part(event);
        let index = event.content_index.or_zero();
        match &*part.kind {
            "reasoning_text" => self.reasoning(event, writer, |reasoning, writer| {
                reasoning.complete(false, index, &part.text, writer);
            }),
            "summary_text" => self.reasoning(event, writer, |reasoning, writer| {
                reasoning.complete(true, event.summary_index.or_zero(), &part.text, writer);
            }),
            "output_text" | "text" | "refusal" => {
                let output_index = event.output_index.0;
                self.message(event, writer, |message, writer| {
                    message.take_part(index, output_index, &part, writer);
                });
            }
            _ => {}
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
            let entry = Entry::open(self.index_of(event), &item, None, writer);
            self.entries.push(entry);
            self.entries.len() - 1
        });
        self.entries.get_mut(place).map(|entry| &mut entry.state)
    }

    /// Where the item of type `kind` at an index is, the newest if there are several; without an
    /// index the one with the id, and without both the last one. Ids come second because some
    /// gateways change them inside one stream.
    fn position(&self, index: Option<u64>, id: &str, kind: &str) -> Option<usize> {
        self.entries.iter().rposition(|entry| {
            entry.kind == kind
                && match index {
                    Some(index) => entry.index == index,
                    None => id.is_empty() || entry.id == id,
                }
        })
    }

    /// The index of a new item.
    fn index_of(&self, event: &Event<'_>) -> u64 {
        event.output_index.0.unwrap_or(self.entries.len() as u64)
    }

    /// The item that an event names, whatever its type.
    fn named(&mut self, event: &Event<'_>) -> Option<&mut Entry> {
        let (index, id) = (event.output_index.0, &*event.item_id);
        self.entries.iter_mut().rev().find(|entry| match index {
            Some(index) => entry.index == index,
            None => entry.id == id,
        })
    }
}

fn response(raw: &RawValue) -> Result<Response<'_>, EngineError> {
    serde_json::from_str(raw.get()).map_err(|error| error::malformed("a response", error))
}

fn item(raw: &RawValue) -> Item<'_> {
    serde_json::from_str(raw.get()).unwrap_or_default()
}

fn part<'a>(event: &Event<'a>) -> Part<'a> {
    event
        .part
        .and_then(|raw| serde_json::from_str(raw.get()).ok())
        .unwrap_or_default()
}
