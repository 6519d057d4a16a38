//! [`Stream`]: the events of a reply, and the message that they add up to.

use serde_json::{Map, Value, json};

use super::{Ending, MessagesBody, Step};
use crate::{api::anthropic, validate::ProviderRefusal};

/// A reply, as far as it is written.
pub(super) struct Stream<'a> {
    message: Map<String, Value>,
    usage: &'a Map<String, Value>,
    content: Vec<Block>,
    bytes: Vec<u8>,
}

/// A content block.
struct Block {
    fields: Map<String, Value>,
    is_open: bool,
    /// Input of a call, in pieces.
    input: Option<String>,
}

impl Block {
    fn is(&self, kind: &str) -> bool {
        self.fields.get("type").is_some_and(|own| own == kind)
    }

    fn append(&mut self, name: &str, text: &str) {
        let before = self
            .fields
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default();
        let text = format!("{before}{text}");
        self.fields.insert(name.to_owned(), text.into());
    }
}

impl<'a> Stream<'a> {
    pub(super) fn new(message: Map<String, Value>, usage: &'a Map<String, Value>) -> Self {
        Self {
            message,
            usage,
            content: Vec::new(),
            bytes: Vec::new(),
        }
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Writes the reply; returns the whole message, or the error with which the reply ends.
    pub(super) fn play(&mut self, body: &MessagesBody) -> Result<Value, ProviderRefusal> {
        self.start();
        for step in &body.steps {
            if let Step::Error(error) = step {
                self.named("error", &anthropic::error(error));
                return Err(error.clone());
            }
            self.step(step);
        }
        self.close_all();
        let has_calls = self.content.iter().any(|block| block.is("tool_use"));
        let end = body.end(has_calls);
        if !matches!(body.ending, Ending::Missing) {
            self.send("message_delta", json!({"delta": end, "usage": self.usage}));
            self.send("message_stop", json!({}));
        }
        let mut message = self.message.clone();
        let content = self
            .content
            .iter()
            .map(|block| Value::Object(block.fields.clone()));
        message.insert("content".to_owned(), content.collect());
        message.extend(end);
        message.insert("usage".to_owned(), Value::Object(self.usage.clone()));
        Ok(Value::Object(message))
    }

    fn start(&mut self) {
        let mut message = self.message.clone();
        message.insert("content".to_owned(), json!([]));
        message.insert("stop_reason".to_owned(), Value::Null);
        message.insert("stop_sequence".to_owned(), Value::Null);
        let mut usage = self.usage.clone();
        if usage.contains_key("output_tokens") {
            usage.insert("output_tokens".to_owned(), 1.into());
        }
        message.insert("usage".to_owned(), Value::Object(usage));
        self.send("message_start", json!({"message": message}));
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Text(text) => self.write("text", "text", "text_delta", text),
            Step::Thinking(text) => self.write("thinking", "thinking", "thinking_delta", text),
            Step::Signature(text) => self.write("thinking", "signature", "signature_delta", text),
            Step::Citation(citation) => self.cite(citation),
            Step::Begin(fields) => self.begin(fields.clone(), Some(String::new())),
            Step::Arguments { id, fragment } => self.argue(id, fragment),
            Step::End(id) => {
                let at = self.call(id);
                at.into_iter().for_each(|at| self.close(at));
            }
            Step::Whole(fields) => {
                self.begin(fields.clone(), None);
                self.close(self.content.len() - 1);
            }
            Step::Event(kind, fields) => self.send(kind, Value::Object(fields.clone())),
            Step::RawEvent(data) => self.raw(data),
            Step::Error(_) => {}
        }
    }

    /// Appends to the open block of this type, or starts one.
    fn write(&mut self, kind: &str, field: &str, delta: &str, text: &str) {
        let is_open = self
            .content
            .last()
            .is_some_and(|last| last.is_open && last.is(kind));
        if !is_open {
            let mut fields = Map::new();
            fields.insert("type".to_owned(), kind.into());
            fields.insert(kind.to_owned(), "".into());
            if kind == "thinking" {
                fields.insert("signature".to_owned(), "".into());
            }
            self.begin(fields, None);
        }
        let index = self.content.len().saturating_sub(1);
        if let Some(last) = self.content.last_mut() {
            last.append(field, text);
        }
        self.delta(index, &json!({"type": delta, field: text}));
    }

    fn cite(&mut self, citation: &Value) {
        let index = self.content.len().saturating_sub(1);
        if let Some(last) = self.content.last_mut() {
            let list = last.fields.entry("citations").or_insert_with(|| json!([]));
            if let Some(list) = list.as_array_mut() {
                list.push(citation.clone());
            }
        }
        self.delta(
            index,
            &json!({"type": "citations_delta", "citation": citation}),
        );
    }

    /// Starts a block, after closing the open ones; calls stay open next to other calls.
    fn begin(&mut self, fields: Map<String, Value>, input: Option<String>) {
        let is_beside = |block: &Block| input.is_some() && block.input.is_some();
        for index in 0..self.content.len() {
            if self
                .content
                .get(index)
                .is_some_and(|block| !is_beside(block))
            {
                self.close(index);
            }
        }
        let index = self.content.len();
        self.send(
            "content_block_start",
            json!({"index": index, "content_block": fields}),
        );
        self.content.push(Block {
            fields,
            is_open: true,
            input,
        });
    }

    fn call(&self, id: &str) -> Option<usize> {
        self.content
            .iter()
            .position(|block| block.is_open && block.fields.get("id").is_some_and(|own| own == id))
    }

    fn argue(&mut self, id: &str, fragment: &str) {
        let index = self.call(id).unwrap_or(self.content.len());
        if let Some(input) = self
            .content
            .get_mut(index)
            .and_then(|block| block.input.as_mut())
        {
            input.push_str(fragment);
        }
        self.delta(
            index,
            &json!({"type": "input_json_delta", "partial_json": fragment}),
        );
    }

    fn close_all(&mut self) {
        for index in 0..self.content.len() {
            self.close(index);
        }
    }

    fn close(&mut self, index: usize) {
        let Some(block) = self.content.get_mut(index).filter(|block| block.is_open) else {
            return;
        };
        block.is_open = false;
        let is_unsigned =
            block.is("thinking") && block.fields.get("signature").is_some_and(|v| v == "");
        if let Some(input) = block.input.as_deref().filter(|input| !input.is_empty()) {
            let input = serde_json::from_str(input).unwrap_or_else(|_| json!(input));
            block.fields.insert("input".to_owned(), input);
        }
        if is_unsigned {
            let signature = format!("signed-{index}");
            block.append("signature", &signature);
            self.delta(
                index,
                &json!({"type": "signature_delta", "signature": signature}),
            );
        }
        self.send("content_block_stop", json!({"index": index}));
    }

    fn delta(&mut self, index: usize, delta: &Value) {
        self.send(
            "content_block_delta",
            json!({"index": index, "delta": delta}),
        );
    }

    fn send(&mut self, kind: &str, mut fields: Value) {
        if let Some(fields) = fields.as_object_mut() {
            fields.insert("type".to_owned(), kind.into());
        }
        self.named(kind, &fields);
    }

    fn named(&mut self, kind: &str, fields: &Value) {
        self.bytes
            .extend_from_slice(format!("event: {kind}\n").as_bytes());
        self.raw(&fields.to_string());
    }

    fn raw(&mut self, data: &str) {
        for line in data.split('\n') {
            self.bytes.extend_from_slice(b"data: ");
            self.bytes.extend_from_slice(line.as_bytes());
            self.bytes.push(b'\n');
        }
        self.bytes.push(b'\n');
    }
}
