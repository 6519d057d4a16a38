//! [`ChatStream`]: the events of a run as the chunks of a stream.

use std::collections::HashMap;

use geppetto_events::{
    Event, EventKind,
    kind::{Citation, REPLACED},
};
use serde_json::{Value, json};

use super::{
    ChatFrame, ChatOptions,
    channel::{Channel, Diverged},
    chunk::{CallDelta, Delta, Head},
    end::{End, Over},
};
use crate::openai::ApiError;

mod calls;

/// Projects the events of a run to the chunks of a streamed completion.
///
/// The stream is complete when [`is_over`](Self::is_over) returns `true`; the server then sends
/// `[DONE]`, unless the last frame is an error.
///
/// Chunks cannot be taken back. If a reply is discarded and another one replaces it, the other one
/// continues the stream as long as it repeats what was sent; if it differs, the stream ends with an
/// error, because a client would otherwise take both for one message.
#[derive(Debug)]
pub struct ChatStream {
    options: ChatOptions,
    head: Head,
    end: End,
    text: Channel,
    reasoning: Channel,
    /// Bytes of each open segment that were read.
    segments: HashMap<String, Segment>,
    /// Text that may turn out not to be part of a JSON answer.
    held: String,
    /// The held text does not begin like JSON.
    is_prose: bool,
    calls: Vec<Call>,
    /// Indices of the calls, by id.
    indices: HashMap<String, usize>,
    call: Option<(String, u32)>,
    /// Calls of the client's tools at the start of the current provider call.
    calls_before: usize,
    /// The current provider call has calls of server tools.
    has_server_tools: bool,
    has_begun: bool,
    over: bool,
    failed: bool,
}

#[derive(Debug)]
struct Segment {
    kind: Kind,
    read: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Refusal,
    Reasoning,
}

/// A call of one of the client's tools.
#[derive(Debug)]
struct Call {
    /// Bytes of the arguments that were sent.
    sent: usize,
}

impl ChatStream {
    /// Creates the projection for one request.
    #[must_use]
    pub fn new(options: ChatOptions) -> Self {
        Self {
            head: Head::new(&options),
            options,
            end: End::default(),
            text: Channel::default(),
            reasoning: Channel::default(),
            segments: HashMap::new(),
            held: String::new(),
            is_prose: false,
            calls: Vec::new(),
            indices: HashMap::new(),
            call: None,
            calls_before: 0,
            has_server_tools: false,
            has_begun: false,
            over: false,
            failed: false,
        }
    }

    /// Returns `true` if nothing follows.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// Returns `true` if the stream ended with an error.
    #[must_use]
    pub fn is_failed(&self) -> bool {
        self.failed
    }

    /// Returns the ids of the calls of server tools that wait for a person, at the end of a run that
    /// did not end the stream. A further run, with decisions about them, continues it.
    pub fn waiting(&self) -> impl Iterator<Item = &str> {
        self.end.waiting()
    }

    /// Reads the next event, and returns the frames to send.
    pub fn push(&mut self, event: &Event) -> Vec<ChatFrame> {
        let mut frames = Vec::new();
        if self.over {
            return frames;
        }
        if let Err(Diverged) = self.read(event, &mut frames) {
            let message = "the reply was restarted after a part of it had been sent; \
                           send the request again";
            self.fail(
                ApiError::new(502, message).with_code("reply_restarted"),
                &mut frames,
            );
        }
        frames
    }

    /// Ends the stream with an error.
    pub fn fail_with(&mut self, error: ApiError) -> Vec<ChatFrame> {
        let mut frames = Vec::new();
        if !self.over {
            self.fail(error, &mut frames);
        }
        frames
    }

    fn fail(&mut self, error: ApiError, frames: &mut Vec<ChatFrame>) {
        (self.over, self.failed) = (true, true);
        frames.push(ChatFrame::Error { error });
    }

    fn read(&mut self, event: &Event, frames: &mut Vec<ChatFrame>) -> Result<(), Diverged> {
        let segment = event.correlation.segment_id.as_deref().unwrap_or_default();
        match &event.kind {
            EventKind::ProviderCallStarted(_) => self.begin_call(event),
            EventKind::ProviderCallFinished(call) => {
                let goes_on = call.finish_class.as_deref() == Some("paused");
                self.end_call(goes_on, frames)?;
            }
            EventKind::ProviderCallDiscarded(_) => self.discard(event)?,
            EventKind::TextSegmentStarted(start) => {
                let kind = if start.refusal {
                    Kind::Refusal
                } else {
                    Kind::Text
                };
                self.begin_segment(segment, kind);
            }
            EventKind::ReasoningSegmentStarted(_) => {
                let gap = self.reasoning.end_paragraph()?;
                self.send_reasoning(gap, frames);
                self.begin_segment(segment, Kind::Reasoning);
            }
            EventKind::TextDelta(text) => self.grow(segment, &text.delta, frames)?,
            EventKind::ReasoningDelta(text) => self.grow(segment, &text.delta, frames)?,
            EventKind::TextSegmentFinished(end) => {
                let is_replaced = end.finish_reason.as_deref() == Some(REPLACED);
                self.end_segment(segment, &end.text, is_replaced, frames)?;
            }
            EventKind::ReasoningSegmentFinished(end) => {
                let is_replaced = end.finish_reason.as_deref() == Some(REPLACED);
                self.end_segment(segment, &end.text, is_replaced, frames)?;
            }
            EventKind::ToolCallStarted(call) => {
                self.begin_tool_call(&call.tool_call_id, &call.tool_name, frames);
            }
            EventKind::ToolCallArgumentsDelta(call) => {
                self.argue(&call.tool_call_id, &call.delta, frames);
            }
            EventKind::ToolCallRequested(call) => {
                self.begin_tool_call(&call.tool_call_id, &call.tool_name, frames);
                self.complete(&call.tool_call_id, &call.input, frames);
                self.has_server_tools |= !self.options.client_tools.contains(&call.tool_name);
            }
            EventKind::Citation(citation) => self.cite(citation, frames),
            _ => {}
        }
        self.read_end(event, frames)
    }

    fn read_end(&mut self, event: &Event, frames: &mut Vec<ChatFrame>) -> Result<(), Diverged> {
        let is_client = |name: &str| self.options.client_tools.contains(name);
        match self.end.read(event, is_client) {
            None | Some(Over::Waits) => {}
            Some(Over::Error(error)) => self.fail(error, frames),
            Some(Over::Reply { stopped }) => {
                if self.text.has_surplus() || self.reasoning.has_surplus() {
                    return Err(Diverged);
                }
                self.begin(frames);
                let reason = self.end.reason(!self.calls.is_empty(), stopped);
                frames.push(self.head.finish(reason));
                frames.extend(self.head.usage(self.end.usage()));
                self.over = true;
            }
        }
        Ok(())
    }

    fn begin_call(&mut self, event: &Event) {
        self.call = key(event);
        self.text.begin_call();
        self.reasoning.begin_call();
        self.segments.clear();
        self.calls_before = self.calls.len();
        self.has_server_tools = false;
    }

    fn end_call(&mut self, goes_on: bool, frames: &mut Vec<ChatFrame>) -> Result<(), Diverged> {
        let held = std::mem::take(&mut self.held);
        if !self.has_server_tools {
            self.send_text(&held, frames)?;
        }
        self.text.end_call(goes_on);
        self.reasoning.end_call(goes_on);
        if self.options.json {
            self.text.join();
        }
        Ok(())
    }

    /// Takes back a reply as far as that is possible.
    fn discard(&mut self, event: &Event) -> Result<(), Diverged> {
        let is_current = key(event) == self.call;
        let has_calls = match is_current {
            true => self.calls.len() > self.calls_before,
            false => self.calls_before > 0,
        };
        if has_calls {
            return Err(Diverged);
        }
        self.held.clear();
        self.text.discard(is_current);
        self.reasoning.discard(is_current);
        Ok(())
    }

    fn begin_segment(&mut self, id: &str, kind: Kind) {
        self.segments
            .insert(id.to_owned(), Segment { kind, read: 0 });
    }

    fn grow(&mut self, id: &str, text: &str, frames: &mut Vec<ChatFrame>) -> Result<(), Diverged> {
        let Some(segment) = self.segments.get_mut(id) else {
            return Ok(());
        };
        segment.read += text.len();
        match segment.kind {
            Kind::Text if self.options.json => self.hold(text, frames),
            Kind::Text => self.send_text(text, frames),
            Kind::Reasoning => {
                let new = self.reasoning.push(text)?;
                self.send_reasoning(new, frames);
                Ok(())
            }
            Kind::Refusal => {
                self.end.refused = true;
                let delta = Delta {
                    refusal: Some(text.to_owned()),
                    ..Delta::default()
                };
                self.send(delta, frames);
                Ok(())
            }
        }
    }

    /// Sends the text of a JSON answer; holds back what does not look like one.
    fn hold(&mut self, text: &str, frames: &mut Vec<ChatFrame>) -> Result<(), Diverged> {
        if !self.text.is_at_start() {
            return self.send_text(text, frames);
        }
        if self.held.is_empty() {
            self.is_prose = false;
        }
        self.held.push_str(text);
        match text.trim_start().chars().next() {
            Some('{' | '[') if !self.is_prose => {
                let json = std::mem::take(&mut self.held);
                self.send_text(&json, frames)
            }
            Some(_) => {
                self.is_prose = true;
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn end_segment(
        &mut self,
        id: &str,
        text: &str,
        is_replaced: bool,
        frames: &mut Vec<ChatFrame>,
    ) -> Result<(), Diverged> {
        if !is_replaced {
            // A reader that joined late has not seen all deltas.
            let read = self.segments.get(id).map_or(0, |own| own.read);
            if let Some(rest) = text.get(read..).filter(|rest| !rest.is_empty()) {
                self.grow(id, rest, frames)?;
            }
            self.segments.remove(id);
            return Ok(());
        }
        match self.segments.remove(id).map(|own| own.kind) {
            Some(Kind::Text) if self.held.is_empty() => self.text.replace(text),
            Some(Kind::Text) => self.held.clear(),
            Some(Kind::Reasoning) => self.reasoning.replace(text),
            _ => {}
        }
        Ok(())
    }

    fn send_text(&mut self, text: &str, frames: &mut Vec<ChatFrame>) -> Result<(), Diverged> {
        let new = self.text.push(text)?;
        if !new.is_empty() {
            let delta = Delta {
                content: Some(new),
                ..Delta::default()
            };
            self.send(delta, frames);
        }
        Ok(())
    }

    fn send_reasoning(&mut self, text: String, frames: &mut Vec<ChatFrame>) {
        if !text.is_empty() {
            let delta = Delta {
                reasoning_content: Some(text),
                ..Delta::default()
            };
            self.send(delta, frames);
        }
    }

    fn send_call(&mut self, call: CallDelta, frames: &mut Vec<ChatFrame>) {
        let delta = Delta {
            tool_calls: vec![call],
            ..Delta::default()
        };
        self.send(delta, frames);
    }

    fn send(&mut self, delta: Delta, frames: &mut Vec<ChatFrame>) {
        self.begin(frames);
        frames.push(self.head.delta(delta));
    }

    /// Sends the first chunk, which has the role.
    fn begin(&mut self, frames: &mut Vec<ChatFrame>) {
        if !std::mem::replace(&mut self.has_begun, true) {
            let delta = Delta {
                role: Some("assistant"),
                content: Some(String::new()),
                ..Delta::default()
            };
            frames.push(self.head.delta(delta));
        }
    }
}

/// Returns the provider call and the attempt that an event belongs to.
fn key(event: &Event) -> Option<(String, u32)> {
    let (id, attempt) = event.correlation.call()?;
    Some((id.to_owned(), attempt))
}

/// Returns a cited source as the API describes it.
pub(super) fn annotation(citation: &Citation) -> Value {
    json!({
        "type": "url_citation",
        "url_citation": {
            "url": citation.url,
            "title": citation.title,
            "start_index": citation.start_index.unwrap_or_default(),
            "end_index": citation.end_index.unwrap_or_default(),
        },
    })
}
