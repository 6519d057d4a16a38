//! A chat reply as one `chat.completion` object.

use serde_json::{Map, Value, json};

use super::{ChatBody, Delta, Envelope};
use crate::reply::Rendered;

/// Renders the object, or the error that the stream would contain.
pub(super) fn render(body: &ChatBody, envelope: &Envelope) -> Rendered {
    let error = body.deltas.iter().find_map(|delta| match delta {
        Delta::Error(error) => Some(error),
        _ => None,
    });
    let value = error.cloned().unwrap_or_else(|| completion(body, envelope));
    Rendered {
        bytes: value.to_string().into(),
        content_type: "application/json".to_owned(),
        events: false,
        status: error.map(|_| 500),
    }
}

fn completion(body: &ChatBody, envelope: &Envelope) -> Value {
    let folded = Folded::of(body);
    let mut message = Map::new();
    message.insert("role".to_owned(), "assistant".into());
    message.insert("content".to_owned(), folded.text.into());
    message.insert("refusal".to_owned(), folded.refusal.into());
    if let Some(reasoning) = &folded.reasoning {
        body.dialect.write(reasoning, &mut message);
    }
    if !folded.calls.is_empty() {
        let calls = folded.calls.into_iter().map(Call::into_json).collect();
        message.insert("tool_calls".to_owned(), Value::Array(calls));
    }
    let mut completion = envelope.object(
        "chat.completion",
        &json!([{
            "index": 0,
            "message": message,
            "logprobs": null,
            "finish_reason": body.finish_reason(),
        }]),
    );
    if let (Some(usage), Value::Object(fields)) = (&body.usage, &mut completion) {
        fields.insert("usage".to_owned(), usage.clone().into());
    }
    completion
}

/// Concatenated deltas of a reply.
#[derive(Default)]
struct Folded {
    text: Option<String>,
    reasoning: Option<String>,
    refusal: Option<String>,
    calls: Vec<Call>,
}

struct Call {
    id: String,
    name: String,
    arguments: String,
}

impl Folded {
    fn of(body: &ChatBody) -> Self {
        let mut folded = Self::default();
        for delta in &body.deltas {
            folded.add(delta);
        }
        folded
    }

    fn add(&mut self, delta: &Delta) {
        let append = |to: &mut Option<String>, text: &str| {
            to.get_or_insert_default().push_str(text);
        };
        match delta {
            Delta::Text(text) => append(&mut self.text, text),
            Delta::Reasoning(text) => append(&mut self.reasoning, text),
            Delta::Refusal(text) => append(&mut self.refusal, text),
            Delta::ToolCallBegin { id, name, .. } => self.calls.push(Call {
                id: id.clone(),
                name: name.clone(),
                arguments: String::new(),
            }),
            Delta::ToolArguments { index, fragment } => {
                if let Some(call) = self.calls.get_mut(*index) {
                    call.arguments.push_str(fragment);
                }
            }
            Delta::Error(_) | Delta::RawEvent(_) => {}
        }
    }
}

impl Call {
    fn into_json(self) -> Value {
        json!({
            "id": self.id,
            "type": "function",
            "function": {"name": self.name, "arguments": self.arguments},
        })
    }
}
