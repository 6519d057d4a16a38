//! [`ChatBody`]: the events of a run as one completion.

use std::collections::HashSet;

use geppetto_events::{Event, EventKind, kind::REPLACED};
use serde_json::{Map, Value, json};

use super::{
    ChatOptions,
    chunk::Head,
    end::{End, Over},
    stream::annotation,
};
use crate::openai::ApiError;

/// Projects the events of a run to a completion that is sent as a whole.
#[derive(Debug)]
pub struct ChatBody {
    options: ChatOptions,
    head: Head,
    end: End,
    parts: Vec<Part>,
    annotations: Vec<Value>,
    /// Number of the current provider call, and its id and attempt.
    call: (usize, Option<(String, u32)>),
    /// Numbers of the calls whose text ends a paragraph.
    ended: HashSet<usize>,
    over: Option<Result<bool, ApiError>>,
}

/// A segment or a tool call.
#[derive(Debug)]
struct Part {
    call: usize,
    key: Option<(String, u32)>,
    segment: String,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Text(String),
    Refusal(String),
    Reasoning(String),
    /// A call of one of the client's tools.
    Call {
        id: String,
        name: String,
        arguments: String,
    },
    /// A call of a server tool.
    ServerTool,
}

impl Content {
    fn text_mut(&mut self) -> Option<&mut String> {
        match self {
            Self::Text(text) | Self::Refusal(text) | Self::Reasoning(text) => Some(text),
            _ => None,
        }
    }
}

impl ChatBody {
    /// Creates the projection for one request.
    #[must_use]
    pub fn new(options: ChatOptions) -> Self {
        Self {
            head: Head::new(&options),
            options,
            end: End::default(),
            parts: Vec::new(),
            annotations: Vec::new(),
            call: (0, None),
            ended: HashSet::new(),
            over: None,
        }
    }

    /// Returns `true` if nothing follows.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.over.is_some()
    }

    /// Returns the ids of the calls of server tools that wait for a person; see
    /// [`ChatStream::waiting`](super::ChatStream::waiting).
    pub fn waiting(&self) -> impl Iterator<Item = &str> {
        self.end.waiting()
    }

    /// Reads the next event.
    pub fn push(&mut self, event: &Event) {
        let segment = event.correlation.segment_id.as_deref().unwrap_or_default();
        match &event.kind {
            EventKind::ProviderCallStarted(_) => {
                self.call = (self.call.0 + 1, key(event));
            }
            EventKind::ProviderCallFinished(call)
                if call.finish_class.as_deref() != Some("paused") =>
            {
                self.ended.insert(self.call.0);
            }
            EventKind::ProviderCallDiscarded(_) => {
                let discarded = key(event);
                self.parts.retain(|own| own.key != discarded);
            }
            EventKind::TextSegmentStarted(start) => {
                let content = match start.refusal {
                    true => Content::Refusal(String::new()),
                    false => Content::Text(String::new()),
                };
                self.add(segment, content);
            }
            EventKind::ReasoningSegmentStarted(_) => {
                self.add(segment, Content::Reasoning(String::new()));
            }
            EventKind::TextDelta(text) => self.grow(segment, &text.delta),
            EventKind::ReasoningDelta(text) => self.grow(segment, &text.delta),
            EventKind::TextSegmentFinished(end) => {
                self.finish(segment, &end.text, end.finish_reason.as_deref());
            }
            EventKind::ReasoningSegmentFinished(end) => {
                self.finish(segment, &end.text, end.finish_reason.as_deref());
            }
            EventKind::ToolCallRequested(call) => {
                let is_client = self.options.client_tools.contains(&call.tool_name);
                let content = match is_client {
                    true => Content::Call {
                        id: call.tool_call_id.clone(),
                        name: call.tool_name.clone(),
                        arguments: call.input.clone(),
                    },
                    false => Content::ServerTool,
                };
                self.add(segment, content);
            }
            EventKind::Citation(citation) => self.annotations.push(annotation(citation)),
            _ => {}
        }
        let is_client = |name: &str| self.options.client_tools.contains(name);
        match self.end.read(event, is_client) {
            None | Some(Over::Waits) => {}
            Some(Over::Error(error)) => self.over = Some(Err(error)),
            Some(Over::Reply { stopped }) => self.over = Some(Ok(stopped)),
        }
    }

    fn add(&mut self, segment: &str, content: Content) {
        let (call, key) = self.call.clone();
        self.parts.push(Part {
            call,
            key,
            segment: segment.to_owned(),
            content,
        });
    }

    fn part(&mut self, segment: &str) -> Option<&mut Part> {
        let mut parts = self.parts.iter_mut().rev();
        parts.find(|own| own.segment == segment)
    }

    fn grow(&mut self, segment: &str, delta: &str) {
        if let Some(text) = self.part(segment).and_then(|own| own.content.text_mut()) {
            text.push_str(delta);
        }
    }

    fn finish(&mut self, segment: &str, text: &str, reason: Option<&str>) {
        if reason == Some(REPLACED) {
            self.parts.retain(|own| own.segment != segment);
        } else if let Some(own) = self.part(segment).and_then(|own| own.content.text_mut()) {
            text.clone_into(own);
        }
    }

    /// Returns the completion.
    ///
    /// # Errors
    ///
    /// The error of a run that failed or was cancelled, or that is not over.
    pub fn finish_body(self) -> Result<Value, ApiError> {
        let stopped = match &self.over {
            Some(Ok(stopped)) => *stopped,
            Some(Err(error)) => return Err(error.clone()),
            None => return Err(ApiError::new(500, "the run has no end")),
        };
        let (message, refused, has_calls) = self.message();
        let mut end = self.end;
        end.refused |= refused;
        let choice = json!({
            "index": 0,
            "message": message,
            "logprobs": null,
            "finish_reason": end.reason(has_calls, stopped),
        });
        Ok(self.head.body(&choice, end.usage()))
    }

    /// Returns the message, whether the model refused, and whether it has tool calls.
    fn message(&self) -> (Value, bool, bool) {
        let mut content = Joined::default();
        let (mut refusal, mut calls) = (String::new(), Vec::new());
        let mut reasoning = String::new();
        let remarks = self.remarks();
        for part in &self.parts {
            match &part.content {
                Content::Text(text) if !remarks.contains(&part.call) => {
                    let ends = self.ended.contains(&content.call);
                    content.push(part.call, text, ends && !self.options.json);
                }
                Content::Refusal(text) => refusal.push_str(text),
                Content::Reasoning(text) => {
                    if !reasoning.is_empty() && !text.is_empty() {
                        reasoning.push_str("\n\n");
                    }
                    reasoning.push_str(text);
                }
                Content::Call {
                    id,
                    name,
                    arguments,
                } => calls.push(json!({
                    "id": id,
                    "type": "function",
                    "function": {"name": name, "arguments": arguments},
                })),
                Content::Text(_) | Content::ServerTool => {}
            }
        }
        if self.options.one_call {
            calls.truncate(1);
        }
        let text = |text: &str| match text.is_empty() {
            true => Value::Null,
            false => text.into(),
        };
        let mut message = Map::new();
        message.insert("role".to_owned(), "assistant".into());
        // Clients read the text of a message without calls.
        let is_null = content.text.is_empty() && !(calls.is_empty() && refusal.is_empty());
        let said = if is_null {
            Value::Null
        } else {
            content.text.into()
        };
        message.insert("content".to_owned(), said);
        message.insert("refusal".to_owned(), text(&refusal));
        message.insert("annotations".to_owned(), self.annotations.clone().into());
        if !reasoning.is_empty() {
            message.insert("reasoning_content".to_owned(), reasoning.into());
        }
        let has_calls = !calls.is_empty();
        if has_calls {
            message.insert("tool_calls".to_owned(), calls.into());
        }
        (message.into(), !refusal.is_empty(), has_calls)
    }

    /// Returns the provider calls whose text is not part of a JSON answer: those with calls of server
    /// tools.
    fn remarks(&self) -> HashSet<usize> {
        let parts = self.parts.iter().filter(|_| self.options.json);
        let parts = parts.filter(|own| matches!(own.content, Content::ServerTool));
        parts.map(|own| own.call).collect()
    }
}

/// Texts of several provider calls.
#[derive(Default)]
struct Joined {
    text: String,
    call: usize,
}

impl Joined {
    fn push(&mut self, call: usize, text: &str, ends_paragraph: bool) {
        if text.is_empty() {
            return;
        }
        if self.call != call && !self.text.is_empty() && ends_paragraph {
            self.text.push_str("\n\n");
        }
        self.call = call;
        self.text.push_str(text);
    }
}

fn key(event: &Event) -> Option<(String, u32)> {
    let (id, attempt) = event.correlation.call()?;
    Some((id.to_owned(), attempt))
}
