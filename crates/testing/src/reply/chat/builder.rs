//! Methods that describe a chat reply.

use serde_json::{Map, Value, json};

use super::{ChatBody, Delta, Finish, ReasoningDialect};
use crate::{reply::Reply, validate::ProviderRefusal};

/// # Content of a chat reply
///
/// Each delta is one event of the stream, in the order of the calls.
impl Reply<ChatBody> {
    fn delta(mut self, delta: Delta) -> Self {
        self.body.deltas.push(delta);
        self
    }

    /// Adds one text delta.
    pub fn text(self, delta: impl Into<String>) -> Self {
        self.delta(Delta::Text(delta.into()))
    }

    /// Adds text as one delta per word, each with its trailing space.
    pub fn words(self, text: &str) -> Self {
        text.split_inclusive(' ').fold(self, Self::text)
    }

    /// Adds one reasoning delta, in the field set by
    /// [`reasoning_dialect`](Self::reasoning_dialect).
    pub fn reasoning(self, delta: impl Into<String>) -> Self {
        self.delta(Delta::Reasoning(delta.into()))
    }

    /// Adds reasoning as one delta per word.
    pub fn reasoning_words(self, text: &str) -> Self {
        text.split_inclusive(' ').fold(self, Self::reasoning)
    }

    /// Sets the field of the reasoning text. `reasoning_content` by default.
    pub fn reasoning_dialect(mut self, dialect: ReasoningDialect) -> Self {
        self.body.dialect = dialect;
        self
    }

    /// Adds one refusal delta.
    pub fn refusal(self, delta: impl Into<String>) -> Self {
        self.delta(Delta::Refusal(delta.into()))
    }

    /// Adds a tool call: one event with its id and name, one with all arguments (a JSON text).
    /// Several calls in one reply are parallel calls.
    pub fn tool_call(
        self,
        id: impl Into<String>,
        name: impl Into<String>,
        arguments: impl Into<String>,
    ) -> Self {
        let id = id.into();
        self.tool_call_begin(id.clone(), name)
            .tool_arguments(&id, arguments)
    }

    /// Adds a tool call whose arguments arrive in several fragments, one event each.
    pub fn tool_call_in_fragments<F: Into<String>>(
        self,
        id: impl Into<String>,
        name: impl Into<String>,
        fragments: impl IntoIterator<Item = F>,
    ) -> Self {
        let id = id.into();
        fragments
            .into_iter()
            .fold(self.tool_call_begin(id.clone(), name), |reply, fragment| {
                reply.tool_arguments(&id, fragment)
            })
    }

    /// Adds the start of a tool call, without arguments; they follow with
    /// [`tool_arguments`](Self::tool_arguments), possibly interleaved with those of other calls.
    pub fn tool_call_begin(self, id: impl Into<String>, name: impl Into<String>) -> Self {
        let index = self.body.tool_call_count();
        self.delta(Delta::ToolCallBegin {
            index,
            id: id.into(),
            name: name.into(),
        })
    }

    /// Adds one fragment of the arguments of a started call. A fragment for an unknown id is sent
    /// under the next free index, like a broken server would do.
    pub fn tool_arguments(self, id: &str, fragment: impl Into<String>) -> Self {
        let index = self.body.tool_call_index(id);
        let index = index.unwrap_or_else(|| self.body.tool_call_count());
        self.delta(Delta::ToolArguments {
            index,
            fragment: fragment.into(),
        })
    }

    /// Adds an error within the stream, in the provider's format; the content ends there, and
    /// neither a finish reason nor `[DONE]` follows. Unstreamed, the reply is that error with
    /// status 500.
    pub fn error_in_stream(self, code: impl Into<String>, message: impl Into<String>) -> Self {
        let error = ProviderRefusal::new(500, code, message).to_json();
        self.delta(Delta::Error(error))
    }

    /// Adds an event of exactly this data between the deltas (each of its lines becomes a `data:`
    /// line); omitted if the reply is unstreamed.
    pub fn raw_event(self, data: impl Into<String>) -> Self {
        self.delta(Delta::RawEvent(data.into()))
    }
}

/// # The end of a chat reply, and its envelope
impl Reply<ChatBody> {
    /// Sets the finish reason. By default `tool_calls` if there are any, `stop` otherwise.
    pub fn finish(mut self, reason: impl Into<String>) -> Self {
        self.body.finish = Finish::Reason(reason.into());
        self
    }

    /// Sends no finish reason at all.
    pub fn without_finish(mut self) -> Self {
        self.body.finish = Finish::Missing;
        self
    }

    /// Sets the usage, in tokens: of the entire prompt, and of the entire output. It is streamed
    /// only if the request asks for it (`stream_options.include_usage`), like OpenAI does.
    pub fn usage(self, prompt: u64, completion: u64) -> Self {
        self.usage_field("prompt_tokens", prompt.into())
            .usage_field("completion_tokens", completion.into())
            .usage_field("total_tokens", prompt.saturating_add(completion).into())
    }

    /// Sets the number of prompt tokens read from the provider's cache.
    pub fn cached_tokens(self, count: u64) -> Self {
        self.usage_field("prompt_tokens_details", json!({"cached_tokens": count}))
    }

    /// Sets the number of reasoning tokens in the output.
    pub fn reasoning_tokens(self, count: u64) -> Self {
        self.usage_field(
            "completion_tokens_details",
            json!({"reasoning_tokens": count}),
        )
    }

    fn usage_field(mut self, name: impl Into<String>, value: Value) -> Self {
        let usage = self.body.usage.get_or_insert_with(Map::new);
        usage.insert(name.into(), value);
        self
    }

    /// Sets the model named in the reply. By default the model named in the request.
    pub fn model(mut self, model: impl Into<String>) -> Self {
        self.body.model = Some(model.into());
        self
    }

    /// Sets the id of the reply. `chatcmpl-scripted` by default.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.body.id = Some(id.into());
        self
    }
}
