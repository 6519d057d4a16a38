//! [`ResponseStream`]: the events of a run as the events of a response.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use geppetto_events::{Event, EventKind, kind::ReasoningSource};
use geppetto_turns::Usage;
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    ResponseOptions,
    item::{CallKey, Content, Item},
    part::PartKind,
};
use crate::openai::{ApiError, usage};

mod defaults;
mod segments;

/// An event of a response.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
#[non_exhaustive]
pub struct ResponseFrame {
    /// Type of the event, which its data repeats.
    #[serde(skip)]
    pub name: &'static str,
    /// Sequence number, starting at 0.
    #[serde(skip)]
    pub number: u64,
    /// Number of events that this one represents: greater than 1 for merged deltas, of which
    /// `number` is the last.
    #[serde(skip)]
    pub merged: u64,
    /// The data.
    pub data: Value,
}

/// Projects the events of a run to the events of a response.
///
/// The sequence numbers are the same whenever the same run is read, also if deltas were merged, so
/// that a client can resume after any of them.
///
/// The items of a reply that was discarded end as `incomplete`, and are not part of the final output.
#[derive(Debug)]
pub struct ResponseStream {
    pub(super) options: ResponseOptions,
    pub(super) items: Vec<Item>,
    /// Index of the item of each open segment, and the bytes that were read; no item before the
    /// first text.
    segments: HashMap<String, Segment>,
    /// Items of reasoning with several parts, by the number of the parts.
    groups: BTreeMap<u64, usize>,
    /// Items of calls, by call id.
    pub(super) calls: HashMap<String, usize>,
    pub(super) frames: Vec<ResponseFrame>,
    call: CallKey,
    next: u64,
    class: String,
    has_refused: bool,
    usage: Option<Usage>,
    /// Calls of server tools that wait for a person.
    pub(super) waiting: BTreeSet<String>,
    status: &'static str,
    error: Option<ApiError>,
    incomplete: Option<&'static str>,
}

#[derive(Debug)]
struct Segment {
    kind: PartKind,
    group: Option<u64>,
    item: Option<usize>,
    read: usize,
}

impl ResponseStream {
    /// Creates the projection for one request.
    #[must_use]
    pub fn new(options: ResponseOptions) -> Self {
        Self {
            options,
            items: Vec::new(),
            segments: HashMap::new(),
            groups: BTreeMap::new(),
            calls: HashMap::new(),
            frames: Vec::new(),
            call: None,
            next: 0,
            class: String::new(),
            has_refused: false,
            usage: None,
            waiting: BTreeSet::new(),
            status: "queued",
            error: None,
            incomplete: None,
        }
    }

    /// Returns `true` if nothing follows.
    #[must_use]
    pub fn is_over(&self) -> bool {
        !matches!(self.status, "queued" | "in_progress")
    }

    /// Returns the error of a response that failed.
    #[must_use]
    pub fn error(&self) -> Option<&ApiError> {
        self.error.as_ref()
    }

    /// Returns the ids of the calls of server tools that wait for a person, at the end of a run that
    /// did not end the response. A further run, with decisions about them, continues it.
    pub fn waiting(&self) -> impl Iterator<Item = &str> {
        self.waiting.iter().map(String::as_str)
    }

    /// Reads the next event, and returns those of the response.
    pub fn push(&mut self, event: &Event) -> Vec<ResponseFrame> {
        if !self.is_over() {
            self.read(event);
        }
        std::mem::take(&mut self.frames)
    }

    /// Ends the response with an error.
    pub fn fail_with(&mut self, error: ApiError) -> Vec<ResponseFrame> {
        if !self.is_over() {
            self.begin();
            self.fail(error);
        }
        std::mem::take(&mut self.frames)
    }

    fn read(&mut self, event: &Event) {
        let segment = event.correlation.segment_id.as_deref().unwrap_or_default();
        let merged = event.merged.max(1);
        self.begin();
        match &event.kind {
            EventKind::RunStarted(_) => self.waiting.clear(),
            EventKind::ProviderCallStarted(_) => self.call = key(event),
            EventKind::ProviderCallFinished(call) => {
                self.class = call.finish_class.clone().unwrap_or_default();
                self.end_groups();
                self.segments.clear();
            }
            EventKind::ProviderCallDiscarded(_) => self.discard(&key(event)),
            EventKind::TextSegmentStarted(start) => {
                let kind = match start.refusal {
                    true => PartKind::Refusal,
                    false => PartKind::Text,
                };
                self.begin_segment(segment, kind, None);
            }
            EventKind::ReasoningSegmentStarted(start) => {
                let kind = match start.source {
                    ReasoningSource::Summary => PartKind::Summary,
                    _ => PartKind::Reasoning,
                };
                self.begin_segment(segment, kind, start.part_of);
            }
            EventKind::TextDelta(text) => self.grow(segment, &text.delta, merged),
            EventKind::ReasoningDelta(text) => self.grow(segment, &text.delta, merged),
            EventKind::TextSegmentFinished(end) => {
                self.end_segment(segment, &end.text, end.finish_reason.as_deref());
            }
            EventKind::ReasoningSegmentFinished(end) => {
                self.end_segment(segment, &end.text, end.finish_reason.as_deref());
            }
            EventKind::Citation(citation) => self.cite(citation),
            EventKind::RunFinished(end) => {
                self.add(end.usage.as_deref());
                self.complete(false);
            }
            EventKind::RunStopped(end) => {
                self.add(end.usage.as_deref());
                self.stop(&end.reason);
            }
            EventKind::RunFailed(failed) => {
                self.add(failed.usage.as_deref());
                self.fail(ApiError::of_run(failed));
            }
            _ => self.read_tools(event, merged),
        }
    }

    fn begin(&mut self) {
        if self.status == "queued" {
            self.status = "in_progress";
            for name in ["response.created", "response.in_progress"] {
                let response = self.response();
                self.send(name, json!({"response": response}));
            }
        }
    }

    fn add(&mut self, usage: Option<&Usage>) {
        if let Some(usage) = usage {
            *self.usage.get_or_insert_default() += usage;
        }
    }

    /// Adds an event of the response.
    pub(super) fn send(&mut self, name: &'static str, data: Value) {
        self.send_merged(name, data, 1);
    }

    pub(super) fn send_merged(&mut self, name: &'static str, mut data: Value, merged: u64) {
        let number = self.next.saturating_add(merged).saturating_sub(1);
        self.next = number.saturating_add(1);
        if let Some(fields) = data.as_object_mut() {
            fields.insert("type".to_owned(), name.into());
            fields.insert("sequence_number".to_owned(), number.into());
        }
        self.frames.push(ResponseFrame {
            name,
            number,
            merged,
            data,
        });
    }

    /// Starts an item; returns its index.
    pub(super) fn open(&mut self, content: Content) -> usize {
        self.close_all(|own| own.is_broken);
        let index = self.items.len();
        let id = self.options.id.strip_prefix("resp_");
        let id = format!(
            "{}_{}_{index}",
            content.prefix(),
            id.unwrap_or(&self.options.id)
        );
        let item = Item {
            index,
            id,
            call: self.call.clone(),
            status: "in_progress",
            is_dropped: false,
            is_broken: false,
            content,
        };
        let added = json!({"output_index": index, "item": item.json()});
        self.items.push(item);
        self.send("response.output_item.added", added);
        index
    }

    /// Ends an item.
    pub(super) fn close(&mut self, index: usize, status: &'static str) {
        // The texts of an item that is withdrawn are not final.
        if self.items.get(index).is_some_and(|own| !own.is_dropped) {
            self.end_parts(index);
        }
        let Some(item) = self.items.get_mut(index).filter(|own| own.is_open()) else {
            return;
        };
        item.status = status;
        let done = json!({"output_index": index, "item": item.json()});
        self.send("response.output_item.done", done);
    }

    /// Ends open items as incomplete.
    fn close_all(&mut self, ends: impl Fn(&Item) -> bool) {
        let open = self.items.iter().filter(|own| own.is_open() && ends(own));
        let open: Vec<usize> = open.map(|own| own.index).collect();
        for index in open {
            self.close(index, "incomplete");
        }
    }

    pub(super) fn is_open(&self, index: usize) -> bool {
        self.items.get(index).is_some_and(Item::is_open)
    }

    /// Returns the place of an item, for its events.
    pub(super) fn place(&self, index: usize) -> Value {
        let id = self.items.get(index).map(|own| own.id.as_str());
        json!({"item_id": id, "output_index": index})
    }

    fn discard(&mut self, call: &CallKey) {
        let discarded = self.items.iter_mut().filter(|own| own.call == *call);
        let indices: Vec<usize> = discarded
            .map(|own| {
                own.is_dropped = true;
                own.index
            })
            .collect();
        // A later reply may use the ids of these calls.
        let items = &self.items;
        self.calls
            .retain(|_, index| items.get(*index).is_some_and(|own| !own.is_dropped));
        for index in indices {
            self.close(index, "incomplete");
        }
    }

    fn stop(&mut self, reason: &str) {
        if reason.starts_with("cancelled") {
            self.end("cancelled", "response.incomplete");
            return;
        }
        if !self.waiting.is_empty() {
            return;
        }
        self.complete(!reason.starts_with("waiting"));
    }

    /// Ends a complete reply, or one that was stopped at a limit.
    fn complete(&mut self, stopped: bool) {
        self.incomplete = match self.class.as_str() {
            "max_tokens" | "context_window" => Some("max_output_tokens"),
            "refused" if !self.has_refused => Some("content_filter"),
            _ if stopped => Some("max_output_tokens"),
            _ => None,
        };
        match self.incomplete {
            Some(_) => self.end("incomplete", "response.incomplete"),
            None => self.end("completed", "response.completed"),
        }
    }

    fn fail(&mut self, error: ApiError) {
        self.error = Some(error);
        self.end("failed", "response.failed");
    }

    fn end(&mut self, status: &'static str, name: &'static str) {
        self.close_all(|_| true);
        self.status = status;
        let response = self.response();
        self.send(name, json!({"response": response}));
    }

    /// Returns the response in its current state.
    #[must_use]
    pub fn response(&self) -> Value {
        let options = &self.options;
        let output = self.items.iter().filter(|own| !own.is_dropped);
        let output: Vec<Value> = output.map(Item::json).collect();
        let error = self.error.as_ref().map(|error| {
            let code = match error.code.as_deref() {
                Some("rate_limit_exceeded") => "rate_limit_exceeded",
                _ => "server_error",
            };
            json!({"code": code, "message": error.message})
        });
        let mut response = defaults::fields();
        response.extend(options.request.clone());
        let incomplete = self.incomplete.map(|reason| json!({"reason": reason}));
        for (name, value) in [
            ("id", json!(options.id)),
            ("object", json!("response")),
            ("created_at", json!(options.created)),
            ("status", json!(self.status)),
            ("model", json!(options.model)),
            ("output", json!(output)),
            ("error", json!(error)),
            ("incomplete_details", json!(incomplete)),
            (
                "usage",
                json!(self.usage.as_ref().and_then(usage::of_response)),
            ),
        ] {
            response.insert(name.to_owned(), value);
        }
        Value::Object(response)
    }
}

/// Returns the provider call and the attempt that an event belongs to.
fn key(event: &Event) -> CallKey {
    let (id, attempt) = event.correlation.call()?;
    Some((id.to_owned(), attempt))
}
