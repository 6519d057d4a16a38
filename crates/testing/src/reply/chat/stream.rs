//! A chat reply as an event stream of `chat.completion.chunk` objects.

use serde_json::{Map, Value, json};

use super::{ChatBody, Delta, Envelope};

/// Renders the events; the last one is `[DONE]`, unless an error ended the stream.
pub(super) fn render(body: &ChatBody, envelope: &Envelope, usage_chunk: bool) -> Vec<u8> {
    let mut stream = Stream {
        out: Vec::new(),
        envelope,
        null_usage: usage_chunk && body.usage.is_some(),
    };
    let delta = json!({"role": "assistant", "content": "", "refusal": null});
    stream.chunk(&delta, None);
    for delta in &body.deltas {
        match delta {
            Delta::Error(error) => {
                stream.event(&error.to_string());
                return stream.out;
            }
            Delta::RawEvent(data) => stream.event(data),
            other => stream.chunk(&chunk_delta(body, other), None),
        }
    }
    if let Some(reason) = body.finish_reason() {
        stream.chunk(&json!({}), Some(reason));
    }
    if let (Some(usage), true) = (&body.usage, usage_chunk) {
        stream.usage(usage);
    }
    stream.event("[DONE]");
    stream.out
}

fn chunk_delta(body: &ChatBody, delta: &Delta) -> Value {
    match delta {
        Delta::Text(text) => json!({"content": text}),
        Delta::Reasoning(text) => {
            let mut fields = Map::new();
            body.dialect.write(text, &mut fields);
            Value::Object(fields)
        }
        Delta::Refusal(text) => json!({"refusal": text}),
        Delta::ToolCallBegin { index, id, name } => json!({"tool_calls": [{
            "index": index, "id": id, "type": "function",
            "function": {"name": name, "arguments": ""},
        }]}),
        Delta::ToolArguments { index, fragment } => json!({"tool_calls": [{
            "index": index, "function": {"arguments": fragment},
        }]}),
        Delta::Error(_) | Delta::RawEvent(_) => json!({}),
    }
}

struct Stream<'a> {
    out: Vec<u8>,
    envelope: &'a Envelope,
    /// `true` if chunks contain `"usage": null`, as they do if the last one contains the usage.
    null_usage: bool,
}

impl Stream<'_> {
    fn chunk(&mut self, delta: &Value, finish_reason: Option<&str>) {
        let mut chunk = self.envelope.object(
            "chat.completion.chunk",
            &json!([{
                "index": 0, "delta": delta, "logprobs": null, "finish_reason": finish_reason,
            }]),
        );
        if self.null_usage
            && let Value::Object(fields) = &mut chunk
        {
            fields.insert("usage".to_owned(), Value::Null);
        }
        self.event(&chunk.to_string());
    }

    fn usage(&mut self, usage: &Map<String, Value>) {
        let mut chunk = self.envelope.object("chat.completion.chunk", &json!([]));
        if let Value::Object(fields) = &mut chunk {
            fields.insert("usage".to_owned(), usage.clone().into());
        }
        self.event(&chunk.to_string());
    }

    fn event(&mut self, data: &str) {
        for line in data.split('\n') {
            self.out.extend_from_slice(b"data: ");
            self.out.extend_from_slice(line.as_bytes());
            self.out.push(b'\n');
        }
        self.out.push(b'\n');
    }
}
