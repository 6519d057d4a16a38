//! [`MessagesFold`]: folds the events of a reply.
//!
//! A stream is folded event by event; a single body is folded content block by content block, like a
//! stream whose blocks are complete at their start. This file folds events about the message as a whole;
//! `blocks` those about its content.
//!
//! Wire format: <https://platform.claude.com/docs/en/build-with-claude/streaming>, and recordings.

use geppetto_engine::Finish;
use geppetto_events::{EventKind, kind::CustomEvent};
use geppetto_provider::{
    Fault, Flow, Fold, Frame, Output,
    read::{Word, is_error_alone, is_heartbeat, is_reported, parse, parse_into, raw_value},
};
use geppetto_turns::{Extra, Incomplete, Usage};
use serde_json::{Value, value::RawValue};

mod blocks;
mod finish;
mod repeat;
mod server_tools;
mod usage;
mod wire;

#[cfg(test)]
mod tests;

use blocks::Blocks;
use repeat::Repeated;
use usage::Counted;
use wire::{Event, Message};

/// Prefix of the type of an event without a type in this crate.
const PREFIX: &str = "anthropic.";

/// State of a reply that is not yet in the [`Output`].
#[derive(Debug, Default)]
pub struct MessagesFold {
    blocks: Blocks,
    repeated: Repeated,
    id: Word,
    usage: Counted,
    reason: String,
    /// Further information for the result.
    details: Extra,
    is_over: bool,
}

impl Fold for MessagesFold {
    fn frame(&mut self, frame: Frame<'_>, out: &mut Output<'_>) -> Result<Flow, Fault> {
        if self.repeated.find(frame.data, &mut self.blocks, out) {
            return Ok(Flow::Continue);
        }
        let mut event = Event::default();
        parse_into(&mut event, frame.data).map_err(Fault::syntax)?;
        let named = match &*event.kind {
            "" if frame.name != "message" => frame.name,
            kind => kind,
        };
        match named {
            "content_block_delta" => {
                let index = event.index.or_zero();
                self.blocks.grow(index, &event.delta, frame.data, out);
                self.repeated.learn(&event, frame.data, &self.blocks);
            }
            "content_block_start" => {
                self.blocks
                    .begin(event.index.or_zero(), event.content_block, out)?;
            }
            "content_block_stop" => self.blocks.end(event.index.or_zero(), out),
            "message_start" => {
                if let Some(raw) = event.message {
                    self.message(raw, out)?;
                }
            }
            "message_delta" => self.change(&event, out),
            "message_stop" => {
                self.is_over = true;
                return Ok(Flow::End);
            }
            "message" => self.body(frame.data, out)?,
            "error" => return Err(Fault::reported(frame.data)),
            other if is_heartbeat(other) => return Ok(Flow::Heartbeat),
            "" => {
                let is_error = event.error.is_some_and(|raw| is_reported(raw.get()));
                if is_error || is_error_alone(frame.data) {
                    return Err(Fault::reported(frame.data));
                }
            }
            other => publish(other, frame.data, out),
        }
        Ok(Flow::Continue)
    }

    fn body(&mut self, body: &str, out: &mut Output<'_>) -> Result<(), Fault> {
        let message: Message<'_> = parse(body).map_err(Fault::syntax)?;
        let is_error = message.error.is_some_and(|raw| is_reported(raw.get()));
        if &*message.kind == "error" || (is_error && message.content.is_none()) {
            return Err(Fault::reported(body));
        }
        if message.content.is_none() && message.stop_reason.is_empty() {
            return Err(Fault::not_a_reply(
                "the server sent a body that is no message; check that the base URL is one of a \
                 Messages API",
            ));
        }
        self.take(&message, out)?;
        self.is_over = true;
        Ok(())
    }

    /// Called for `[DONE]`, which gateways send in place of the last event.
    fn end_marker(&mut self) {
        self.is_over = true;
    }

    fn is_complete(&self) -> bool {
        self.is_over || !self.reason.is_empty()
    }

    fn growing_fields(&self, _: Frame<'_>) -> &'static [&'static str] {
        &["delta.text", "delta.thinking", "delta.partial_json"]
    }

    fn usage(&self) -> Option<Usage> {
        self.usage.read().map(|(usage, _)| usage)
    }

    fn finish(self, broken: Option<Incomplete>, out: &mut Output<'_>) -> Finish {
        self.end(broken, out)
    }
}

impl MessagesFold {
    /// Processes the message at the start of a stream. It is empty, unless the reply continues calls of a
    /// tool of the provider: then it is complete.
    fn message(&mut self, raw: &RawValue, out: &mut Output<'_>) -> Result<(), Fault> {
        let message = parse(raw.get()).map_err(|error| Fault::malformed("a message", error))?;
        self.take(&message, out)
    }

    fn take(&mut self, message: &Message<'_>, out: &mut Output<'_>) -> Result<(), Fault> {
        self.id.first(&message.id, out);
        out.set_model(&message.model);
        for raw in message.content.iter().flatten() {
            self.blocks.whole(*raw, out)?;
        }
        self.stop(&message.stop_reason, out);
        self.usage.add(message.usage);
        let stop_sequence =
            (!message.stop_sequence.is_empty()).then(|| message.stop_sequence.to_string());
        self.detail("stop_sequence", stop_sequence.map(Value::from));
        self.detail("stop_details", message.stop_details.and_then(value));
        self.detail(
            "context_management",
            message.context_management.and_then(value),
        );
        self.detail("container", message.container.and_then(value));
        Ok(())
    }

    /// Processes the end of the message.
    fn change(&mut self, event: &Event<'_>, out: &mut Output<'_>) {
        let delta = &event.delta;
        self.stop(&delta.stop_reason, out);
        // Some servers have it in the delta, as an example of the documentation once did.
        self.usage.add(event.usage.or(delta.usage));
        let stop_sequence =
            (!delta.stop_sequence.is_empty()).then(|| delta.stop_sequence.to_string());
        self.detail("stop_sequence", stop_sequence.map(Value::from));
        self.detail("stop_details", delta.stop_details.and_then(value));
        self.detail(
            "context_management",
            event.context_management.and_then(value),
        );
        self.detail("container", delta.container.and_then(value));
    }

    fn stop(&mut self, reason: &str, out: &Output<'_>) {
        if !reason.is_empty() {
            self.reason = out.word(reason);
        }
    }

    fn detail(&mut self, name: &str, value: Option<Value>) {
        if let Some(value) = value {
            self.details.set(name, value);
        }
    }
}

/// Returns a value that is not null.
fn value(raw: &RawValue) -> Option<Value> {
    raw_value(raw.get()).filter(|value| !value.is_null())
}

/// Publishes an event without a type in this crate.
fn publish(name: &str, data: &str, out: &Output<'_>) {
    let Some(Value::Object(mut fields)) = raw_value(data) else {
        return;
    };
    fields.remove("type");
    let name = format!("{PREFIX}{}", out.word(name));
    out.publish(EventKind::Custom(CustomEvent::new(name, fields)));
}
