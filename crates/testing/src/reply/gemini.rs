//! [`GeminiBody`]: a reply of Google's generateContent API, sent as a stream or as a single body.
//!
//! Wire format: <https://ai.google.dev/api/generate-content>.

mod builder;

use serde_json::{Map, Value, json};

use super::Rendered;
use crate::{api::Api, server::ReceivedRequest, validate::ProviderRefusal};

/// Content of a generateContent reply: see the methods of `Reply<GeminiBody>`.
#[derive(Debug, Clone, Default)]
pub struct GeminiBody {
    chunks: Vec<Chunk>,
    finish: Finish,
    usage: Map<String, Value>,
    model: Option<String>,
    feedback: Option<Value>,
}

#[derive(Debug, Clone)]
enum Chunk {
    Part(Value),
    Error(ProviderRefusal),
    RawEvent(String),
}

#[derive(Debug, Clone, Default)]
enum Finish {
    #[default]
    Stop,
    Reason(String, String),
    Missing,
}

impl GeminiBody {
    pub(super) fn render(&self, request: &ReceivedRequest) -> Rendered {
        match request.wants_stream() {
            // Without this parameter a stream is a list of its chunks.
            true if request.query().contains("alt=sse") => {
                let events = self.events(request).into_iter();
                Rendered::events(events.map(|data| event(&data)).collect::<String>().into())
            }
            true => Rendered::json(&self.chunks(request).into()),
            false => self.whole(request),
        }
    }

    /// Returns the data of the events.
    fn events(&self, request: &ReceivedRequest) -> Vec<String> {
        let mut events = Vec::new();
        for chunk in &self.chunks {
            match chunk {
                Chunk::Part(part) => {
                    let candidate = candidate(std::slice::from_ref(part));
                    events.push(self.envelope(request, Some(candidate)).to_string());
                }
                Chunk::RawEvent(data) => events.push(data.clone()),
                Chunk::Error(refusal) => {
                    events.push((Api::or_chat(request.path()).error)(refusal).to_string());
                    return events;
                }
            }
        }
        self.end(request, &mut events);
        events
    }

    /// Ends the last chunk, or adds one.
    fn end(&self, request: &ReceivedRequest, events: &mut Vec<String>) {
        let mut last = match &self.feedback {
            Some(feedback) => json!({"promptFeedback": feedback}),
            None => {
                let mut last = candidate(&[json!({"text": ""})]);
                self.finish(&mut last);
                self.envelope(request, Some(last))
            }
        };
        self.count(&mut last);
        events.push(last.to_string());
    }

    fn chunks(&self, request: &ReceivedRequest) -> Vec<Value> {
        let events = self.events(request).into_iter();
        events
            .filter_map(|data| serde_json::from_str(&data).ok())
            .collect()
    }

    fn whole(&self, request: &ReceivedRequest) -> Rendered {
        let error = self.chunks.iter().find_map(|chunk| match chunk {
            Chunk::Error(refusal) => Some(refusal),
            _ => None,
        });
        if let Some(refusal) = error {
            let mut rendered = Rendered::json(&(Api::or_chat(request.path()).error)(refusal));
            rendered.status = Some(refusal.status);
            return rendered;
        }
        let mut parts: Vec<Value> = Vec::new();
        for chunk in &self.chunks {
            match chunk {
                Chunk::Part(part) => join(&mut parts, part),
                Chunk::Error(_) | Chunk::RawEvent(_) => {}
            }
        }
        let mut body = match &self.feedback {
            Some(feedback) => json!({"promptFeedback": feedback}),
            None => {
                let mut whole = candidate(&parts);
                self.finish(&mut whole);
                self.envelope(request, Some(whole))
            }
        };
        self.count(&mut body);
        Rendered::json(&body)
    }

    /// Adds the usage to the last chunk.
    fn count(&self, chunk: &mut Value) {
        if let Some(chunk) = chunk.as_object_mut().filter(|_| !self.usage.is_empty()) {
            chunk.insert("usageMetadata".to_owned(), self.usage.clone().into());
        }
    }

    fn envelope(&self, request: &ReceivedRequest, candidate: Option<Value>) -> Value {
        let model = self.model.as_deref().or(request.model());
        json!({
            "candidates": candidate.into_iter().collect::<Vec<_>>(),
            "modelVersion": model.unwrap_or("scripted"),
            "responseId": "resp-scripted",
        })
    }

    fn finish(&self, candidate: &mut Value) {
        let (reason, message) = match &self.finish {
            Finish::Stop => ("STOP", ""),
            Finish::Reason(reason, message) => (reason.as_str(), message.as_str()),
            Finish::Missing => return,
        };
        candidate["finishReason"] = reason.into();
        if !message.is_empty() {
            candidate["finishMessage"] = message.into();
        }
    }
}

fn candidate(parts: &[Value]) -> Value {
    json!({"content": {"role": "model", "parts": parts}, "index": 0})
}

/// Adds a part to those of a single body, in which consecutive texts are one part.
fn join(parts: &mut Vec<Value>, part: &Value) {
    if let (Some(last), Some(text)) = (parts.last_mut(), part["text"].as_str())
        && let Some(before) = last["text"].as_str()
        && last.get("thoughtSignature").is_none()
        && last["thought"] == part["thought"]
    {
        let joined = format!("{before}{text}");
        last["text"] = joined.into();
        if let Some(signature) = part.get("thoughtSignature") {
            last["thoughtSignature"] = signature.clone();
        }
        return;
    }
    parts.push(part.clone());
}

/// Returns an event; lines end with CR and LF, like in Google's streams.
fn event(data: &str) -> String {
    let lines: String = data
        .lines()
        .map(|line| format!("data: {line}\r\n"))
        .collect();
    format!("{lines}\r\n")
}
