//! [`Item`]: one item of the output.

use serde_json::{Map, Value, json};

use super::{
    CallKind,
    message::{Message, Said},
    reasoning::{Reasoning, Thought},
    stream::Events,
};

/// An item of the output, as far as it is written.
pub(super) struct Item {
    index: usize,
    pub(super) id: String,
    pub(super) open: bool,
    status: &'static str,
    pub(super) content: Content,
    fields: Map<String, Value>,
}

pub(super) enum Content {
    Message(Message),
    Reasoning(Reasoning),
    Call(Call),
    /// An item whose fields are all known or set at its start.
    Whole {
        kind: String,
        fields: Map<String, Value>,
    },
}

/// A tool call.
pub(super) struct Call {
    kind: CallKind,
    call_id: String,
    name: String,
    arguments: String,
}

impl Content {
    pub(super) fn message() -> Self {
        Self::Message(Message::default())
    }

    pub(super) fn reasoning() -> Self {
        Self::Reasoning(Reasoning::default())
    }

    pub(super) fn call(kind: CallKind, call_id: &str, name: &str) -> Self {
        Self::Call(Call {
            kind,
            call_id: call_id.to_owned(),
            name: name.to_owned(),
            arguments: String::new(),
        })
    }

    pub(super) fn whole(kind: &str, fields: Value) -> Self {
        let fields = match fields {
            Value::Object(fields) => fields,
            _ => Map::new(),
        };
        let kind = kind.to_owned();
        Self::Whole { kind, fields }
    }
}

impl Item {
    pub(super) fn new(index: usize, id: String, content: Content) -> Self {
        Self {
            index,
            id,
            open: true,
            status: "in_progress",
            content,
            fields: Map::new(),
        }
    }

    /// Sets a field.
    pub(super) fn set(&mut self, name: &str, value: &Value) {
        self.fields.insert(name.to_owned(), value.clone());
    }

    pub(super) fn is_call(&self, id: &str) -> bool {
        matches!(&self.content, Content::Call(call) if call.call_id == id)
    }

    /// Returns the fields that identify the item of an event.
    pub(super) fn place(&self) -> [(&'static str, Value); 2] {
        [
            ("item_id", json!(self.id)),
            ("output_index", json!(self.index)),
        ]
    }

    pub(super) fn added(&self, events: &mut Events) {
        self.announce("response.output_item.added", events);
    }

    fn announce(&self, kind: &str, events: &mut Events) {
        let fields = [("output_index", json!(self.index)), ("item", self.json())];
        events.send(kind, fields);
    }

    pub(super) fn say(&mut self, said: Said<'_>, events: &mut Events) {
        let place = self.place();
        if let Content::Message(message) = &mut self.content {
            message.say(said, &place, events);
        }
    }

    pub(super) fn think(&mut self, thought: Thought<'_>, events: &mut Events) {
        let place = self.place();
        if let Content::Reasoning(reasoning) = &mut self.content {
            reasoning.think(thought, &place, events);
        }
    }

    pub(super) fn argue(&mut self, fragment: &str, events: &mut Events) {
        let place = self.place();
        if let Content::Call(call) = &mut self.content {
            call.arguments.push_str(fragment);
            let kind = format!("{}.delta", call.event());
            let delta = [("delta", json!(fragment))];
            events.send(&kind, place.into_iter().chain(delta));
        }
    }

    /// Closes the item, if it is open.
    pub(super) fn close(&mut self, status: &'static str, events: &mut Events) {
        if !self.open {
            return;
        }
        self.open = false;
        self.status = status;
        let place = self.place();
        match &mut self.content {
            Content::Message(message) => message.end_part(&place, events),
            Content::Reasoning(reasoning) => reasoning.end_part(&place, events),
            Content::Call(call) => {
                let kind = format!("{}.done", call.event());
                let whole = [(call.field(), json!(call.arguments))];
                events.send(&kind, place.into_iter().chain(whole));
            }
            Content::Whole { .. } => {}
        }
        self.announce("response.output_item.done", events);
    }

    /// Returns the item in its current state.
    pub(super) fn json(&self) -> Value {
        let mut fields = Map::new();
        let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
        put("id", json!(self.id));
        match &self.content {
            Content::Message(message) => {
                put("type", json!("message"));
                put("role", json!("assistant"));
                put("status", json!(self.status));
                put("content", message.json());
            }
            Content::Reasoning(reasoning) => fields.extend(reasoning.json()),
            Content::Call(call) => {
                put("type", json!(call.kind()));
                put("status", json!(self.status));
                put("call_id", json!(call.call_id));
                put("name", json!(call.name));
                put(call.field(), json!(call.arguments));
            }
            Content::Whole { kind, fields: own } => {
                put("type", json!(kind));
                put("status", json!(self.status));
                fields.extend(own.clone());
            }
        }
        if !self.open {
            fields.extend(self.fields.clone());
        }
        Value::Object(fields)
    }
}

impl Call {
    fn kind(&self) -> &'static str {
        match self.kind {
            CallKind::Function => "function_call",
            CallKind::Custom => "custom_tool_call",
        }
    }

    /// Returns the field of the arguments.
    fn field(&self) -> &'static str {
        match self.kind {
            CallKind::Function => "arguments",
            CallKind::Custom => "input",
        }
    }

    /// Returns the prefix of the types of its events.
    fn event(&self) -> String {
        format!("response.{}_{}", self.kind(), self.field())
    }
}
