//! Methods that describe a Messages reply.

use serde_json::{Map, Value, json};

use super::{Ending, MessagesBody, Step};
use crate::{reply::Reply, validate::ProviderRefusal};

impl Reply<MessagesBody> {
    fn step(mut self, step: Step) -> Self {
        self.body.steps.push(step);
        self
    }
}

/// # Content of a Messages reply
///
/// The order of the calls is the order of the events. A content block starts with its first content and
/// ends when another one starts.
impl Reply<MessagesBody> {
    /// Adds one text delta.
    pub fn text(self, delta: impl Into<String>) -> Self {
        self.step(Step::Text(delta.into()))
    }

    /// Adds text as one delta per word, each with its trailing space.
    pub fn words(self, text: &str) -> Self {
        text.split_inclusive(' ').fold(self, Self::text)
    }

    /// Adds a citation to the open text.
    pub fn citation(self, citation: Value) -> Self {
        self.step(Step::Citation(citation))
    }

    /// Adds one delta of thinking. It ends with a signature: a generated one, unless
    /// [`signature`](Self::signature) sets it.
    pub fn thinking(self, delta: impl Into<String>) -> Self {
        self.step(Step::Thinking(delta.into()))
    }

    /// Adds thinking as one delta per word.
    pub fn thinking_words(self, text: &str) -> Self {
        text.split_inclusive(' ').fold(self, Self::thinking)
    }

    /// Sets the signature of the open thinking, or of thinking that is not shown.
    pub fn signature(self, signature: impl Into<String>) -> Self {
        self.step(Step::Signature(signature.into()))
    }

    /// Adds thinking that only the server can read.
    pub fn redacted_thinking(self, data: impl Into<String>) -> Self {
        self.block(json!({"type": "redacted_thinking", "data": data.into()}))
    }

    /// Adds a complete content block of any type, such as the result of a tool of the provider.
    pub fn block(self, block: Value) -> Self {
        self.step(Step::Whole(fields(block)))
    }
}

/// # Tools of a Messages reply
impl Reply<MessagesBody> {
    /// Adds a call: its arguments (a JSON text) arrive in one event. Several calls in one reply are
    /// parallel calls.
    pub fn tool_call(
        self,
        id: impl Into<String>,
        name: impl Into<String>,
        arguments: impl Into<String>,
    ) -> Self {
        self.tool_call_in_fragments(id, name, [arguments.into()])
    }

    /// Adds a call whose arguments arrive in several fragments, one event each.
    pub fn tool_call_in_fragments<F: Into<String>>(
        self,
        id: impl Into<String>,
        name: impl Into<String>,
        fragments: impl IntoIterator<Item = F>,
    ) -> Self {
        let id = id.into();
        let begun = self.tool_call_begin(id.clone(), name);
        let written = fragments
            .into_iter()
            .fold(begun, |reply, fragment| reply.tool_arguments(&id, fragment));
        written.tool_call_end(&id)
    }

    /// Adds the start of a call. Its arguments follow with [`tool_arguments`](Self::tool_arguments),
    /// possibly interleaved with those of other started calls.
    pub fn tool_call_begin(self, id: impl Into<String>, name: impl Into<String>) -> Self {
        self.begin("tool_use", &id.into(), &name.into())
    }

    /// Adds one fragment of the arguments of a started call. A fragment for an unknown id is sent under
    /// the next free index, like a broken server would do.
    pub fn tool_arguments(self, id: &str, fragment: impl Into<String>) -> Self {
        self.step(Step::Arguments {
            id: id.to_owned(),
            fragment: fragment.into(),
        })
    }

    /// Ends a started call.
    pub fn tool_call_end(self, id: &str) -> Self {
        self.step(Step::End(id.to_owned()))
    }

    /// Adds a call of a tool of the provider, such as `web_search`. Its result is a
    /// [`block`](Self::block).
    pub fn server_tool_call(
        self,
        id: impl Into<String>,
        name: impl Into<String>,
        input: &Value,
    ) -> Self {
        let id = id.into();
        self.begin("server_tool_use", &id, &name.into())
            .tool_arguments(&id, input.to_string())
            .tool_call_end(&id)
    }

    fn begin(self, kind: &str, id: &str, name: &str) -> Self {
        let block = json!({"type": kind, "id": id, "name": name, "input": {}});
        self.step(Step::Begin(fields(block)))
    }
}

/// # The end of a Messages reply, and its envelope
impl Reply<MessagesBody> {
    /// Sets the stop reason. By default `tool_use` if tools are called, `end_turn` otherwise.
    pub fn finish(self, reason: impl Into<String>) -> Self {
        self.finish_with(reason, json!({}))
    }

    /// Sets the stop reason, and further fields of the end: `stop_sequence`, `container`.
    pub fn finish_with(mut self, reason: impl Into<String>, fields: Value) -> Self {
        self.body.ending = Ending::Reason(reason.into(), self::fields(fields));
        self
    }

    /// Sends neither a stop reason nor the last event.
    pub fn without_end(mut self) -> Self {
        self.body.ending = Ending::Missing;
        self
    }

    /// Ends here with an `error` event, and nothing follows. Unstreamed, the reply is that error. The code
    /// is the type of the error: `overloaded_error`, `api_error`.
    pub fn error_in_stream(self, code: impl Into<String>, message: impl Into<String>) -> Self {
        let code = code.into();
        let status = if code == "overloaded_error" { 529 } else { 500 };
        self.step(Step::Error(ProviderRefusal::new(status, code, message)))
    }

    /// Adds an event of this type with these fields.
    pub fn event(self, kind: impl Into<String>, fields: Map<String, Value>) -> Self {
        self.step(Step::Event(kind.into(), fields))
    }

    /// Adds a heartbeat.
    pub fn ping(self) -> Self {
        self.event("ping", Map::new())
    }

    /// Adds an event of exactly this data, without a name; omitted if the reply is unstreamed.
    pub fn raw_event(self, data: impl Into<String>) -> Self {
        self.step(Step::RawEvent(data.into()))
    }

    /// Sets the usage, in tokens: of the input without what the cache read and wrote, and of the output.
    pub fn usage(self, input: u64, output: u64) -> Self {
        self.usage_field("input_tokens", input.into())
            .usage_field("output_tokens", output.into())
    }

    /// Sets the tokens that the cache read and wrote.
    pub fn cache_tokens(self, read: u64, written: u64) -> Self {
        self.usage_field("cache_read_input_tokens", read.into())
            .usage_field("cache_creation_input_tokens", written.into())
    }

    /// Sets a field of the usage.
    pub fn usage_field(mut self, name: impl Into<String>, value: Value) -> Self {
        self.body.usage.insert(name.into(), value);
        self
    }

    /// Sets a field of the message: `id`, `model`, `container`.
    pub fn field(mut self, name: impl Into<String>, value: Value) -> Self {
        self.body.fields.insert(name.into(), value);
        self
    }
}

fn fields(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}
