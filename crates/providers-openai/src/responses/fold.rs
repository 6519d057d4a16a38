//! [`ResponsesFold`]: folds the events of a reply.
//!
//! A stream is folded event by event; a single body is the fold of its terminal event. There is no
//! second implementation. This file folds events about the response as a whole, `items` those about
//! its items; each kind of item has a file.

use std::collections::HashSet;

use geppetto_engine::{ErrorKind, Finish};
use geppetto_provider::{
    Fault, Flow, Fold, Frame, Output,
    read::{MAX_ENTRIES, Repeat, Word, is_error_alone, is_heartbeat, is_reported},
    rules::Meaning,
};
use geppetto_turns::{Incomplete, Usage};
use serde_json::value::RawValue;

use super::{
    CUSTOM_TOOL, parse,
    wire::{self, Event, Response, Text},
};

mod calls;
mod dispatch;
mod entry;
mod finish;
mod items;
mod message;
mod other;
mod places;
mod progress;
mod read;
mod reasoning;
mod repeat;
mod usage;

#[cfg(test)]
mod tests;

use entry::Entry;
use places::Places;

/// Maximum size of an event whose repetition is detected, in bytes. Larger ones are complete items
/// or images, which are processed once anyway or displayed again without harm.
const LONGEST_REPEATED: usize = 16 * 1024;

/// Events that extend a text, in which a character may be split.
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

/// State of a reply that is not yet in the [`Output`].
#[derive(Debug, Default)]
pub struct ResponsesFold {
    /// The model as named in the request.
    asked: String,
    entries: Vec<Entry>,
    places: Places,
    sequence: Option<u64>,
    repeat: Repeat,
    /// Message and part of the last text delta.
    spoken: Option<(usize, u64)>,
    /// Data of the last event, unless it was large.
    last: String,
    response_id: Word,
    service_tier: Word,
    /// Custom tools offered by the application, once the server has repeated the offer.
    custom_tools: Option<HashSet<String>>,
    /// Usage, as sent.
    usage: Option<Box<str>>,
    status: Status,
}

/// Status of the response, by the server's last event.
#[derive(Debug, Default, PartialEq, Eq)]
enum Status {
    #[default]
    Open,
    /// Failed, without a reason so far. Azure sends it in the next event
    /// (<https://github.com/maximhq/bifrost/issues/6419>).
    Failed,
    Completed,
    /// Incomplete, with the server's reason.
    Incomplete(String),
    /// Not finished, but no more will be sent here: `queued` or `in_progress` of a body.
    Pending(String),
    /// An unknown status.
    Other(String),
}

impl Fold for ResponsesFold {
    fn frame(&mut self, frame: Frame<'_>, out: &mut Output<'_>) -> Result<Flow, Fault> {
        if self.say_again(frame.data, out) {
            return Ok(Flow::Continue);
        }
        let mut event = read::event(frame.data).map_err(Fault::syntax)?;
        if event.kind.is_empty() && frame.name.starts_with("response.") {
            event.kind = Text::from(frame.name);
        }
        let flow = self.take(&event, frame.data, out)?;
        self.learn_text(&event, frame.data);
        Ok(if self.is_complete() { Flow::End } else { flow })
    }

    fn body(&mut self, body: &str, out: &mut Output<'_>) -> Result<(), Fault> {
        let response: Response<'_> = parse(body)?;
        let reports = response.error.is_some_and(|raw| is_reported(raw.get()));
        if response.output.is_none() && response.status.is_empty() {
            if reports || &*response.object == "error" {
                return Err(Fault::reported(body));
            }
            return Err(Fault::not_a_reply(
                "the server sent a body that is no response; check that the base URL is one of a \
                 Responses API",
            ));
        }
        let status = match &*response.status {
            "" => "completed",
            status => status,
        };
        self.over(&response, status, out)
    }

    fn is_complete(&self) -> bool {
        !matches!(self.status, Status::Open | Status::Failed)
    }

    fn failure(&self) -> Option<Fault> {
        (self.status == Status::Failed).then(|| Fault::reported("null"))
    }

    fn growing_fields(&self, frame: Frame<'_>) -> &'static [&'static str] {
        let event = read::event(frame.data).unwrap_or_default();
        if GROWING.contains(&&*event.kind) || GROWING.contains(&frame.name) {
            &["delta"]
        } else {
            &[]
        }
    }

    fn usage(&self) -> Option<Usage> {
        let (usage, _) = usage::parse(self.usage.as_deref()?)?;
        Some(usage)
    }

    fn finish(self, broken: Option<Incomplete>, out: &mut Output<'_>) -> Finish {
        self.end(broken, out)
    }
}

impl ResponsesFold {
    /// Creates the fold of a reply to a request for the model `asked`.
    pub(super) fn new(asked: &str) -> Self {
        Self {
            asked: asked.to_owned(),
            ..Self::default()
        }
    }

    fn take(&mut self, event: &Event<'_>, data: &str, out: &mut Output<'_>) -> Result<Flow, Fault> {
        if self.is_repeated(event.sequence_number.0, data) {
            return Ok(Flow::Continue);
        }
        match &*event.kind {
            "response.created" | "response.in_progress" | "response.queued" => {
                if let Some(raw) = event.response {
                    self.envelope(&read::response(raw)?, out);
                }
            }
            "response.completed"
            | "response.incomplete"
            | "response.failed"
            | "response.cancelled"
            | "response.done" => self.terminal(event, out)?,
            "error" | "response.error" => return Err(Fault::reported(data)),
            kind if is_heartbeat(kind) => return Ok(Flow::Heartbeat),
            "" => {
                let is_error = event.error.is_some_and(|raw| is_reported(raw.get()));
                if is_error || is_error_alone(data) {
                    return Err(Fault::reported(data));
                }
            }
            _ => self.grow(event, data, out)?,
        }
        Ok(Flow::Continue)
    }

    /// Processes an event that ends the stream.
    fn terminal(&mut self, event: &Event<'_>, out: &mut Output<'_>) -> Result<(), Fault> {
        let mut response = event
            .response
            .map(read::response)
            .transpose()?
            .unwrap_or_default();
        // Some gateways send the error next to the response.
        response.error = response
            .error
            .filter(|raw| is_reported(raw.get()))
            .or(event.error);
        let named = event.kind.strip_prefix("response.").unwrap_or_default();
        // vLLM names every end `completed`, and reports the actual status in the response.
        let status = match (named, &*response.status) {
            ("completed" | "done", said @ ("incomplete" | "failed" | "cancelled")) => {
                said.to_owned()
            }
            ("done", _) => "completed".to_owned(),
            (named, _) => named.to_owned(),
        };
        self.over(&response, &status, out)
    }

    /// Returns `true` if an event is repeated. Its number alone is not sufficient: some servers do
    /// not count.
    fn is_repeated(&mut self, number: Option<u64>, data: &str) -> bool {
        let number = number.filter(|number| *number > 0);
        let repeated = number.is_some() && number == self.sequence && data == self.last;
        self.sequence = number;
        self.last.clear();
        if data.len() <= LONGEST_REPEATED {
            self.last.push_str(data);
        }
        repeated
    }

    fn envelope(&mut self, response: &Response<'_>, out: &mut Output<'_>) {
        out.set_model(&response.model);
        // Some gateways change the id within a stream; the first one identifies the reply.
        self.response_id.first(&response.id, out);
        self.service_tier.last(&response.service_tier, out);
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

    /// Processes the final response, including parts that were not streamed.
    fn over(
        &mut self,
        response: &Response<'_>,
        status: &str,
        out: &mut Output<'_>,
    ) -> Result<(), Fault> {
        self.envelope(response, out);
        let mut unread = None;
        let mut places = HashSet::new();
        for (position, raw) in response.output.iter().flatten().enumerate() {
            let taken = self.final_item(position as u64, raw, out);
            let taken = taken.map(|place| places.extend(place));
            unread = unread.or(taken.and_then(|()| self.check()).err());
            if self.entries.len() > MAX_ENTRIES {
                break;
            }
        }
        if status == "completed" {
            self.withdraw_others(&places, out);
        }
        let error = response.error.map_or("null", RawValue::get);
        self.status = match status {
            _ if is_reported(error) => return Err(Fault::reported(error)),
            "failed" => Status::Failed,
            "cancelled" => {
                return Err(Fault::new(
                    ErrorKind::Server,
                    "the response was cancelled at the server; ask again",
                ));
            }
            "completed" => Status::Completed,
            "incomplete" => Status::Incomplete(out.word(&response.incomplete_details.reason)),
            "queued" | "in_progress" => Status::Pending(status.to_owned()),
            other => Status::Other(out.word(other)),
        };
        match (unread, self.meaning()) {
            (Some(error), _) => Err(error),
            (None, Some(Meaning::Failed(kind))) => {
                Err(Fault::failed(kind, &response.incomplete_details.reason))
            }
            _ => Ok(()),
        }
    }

    /// Rejects a reply that is larger than that of any model.
    fn check(&self) -> Result<(), Fault> {
        if self.entries.len() > MAX_ENTRIES {
            return Err(Fault::too_many("items"));
        }
        Ok(())
    }
}
