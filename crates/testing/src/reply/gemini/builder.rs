//! Methods that describe a generateContent reply.

use serde_json::{Value, json};

use super::{Chunk, Finish, GeminiBody};
use crate::{reply::Reply, validate::ProviderRefusal};

/// # Content of a generateContent reply
///
/// Each part is one event of the stream, in the order of the calls.
impl Reply<GeminiBody> {
    /// Adds a part in the API's format.
    pub fn part(mut self, part: Value) -> Self {
        self.body.chunks.push(Chunk::Part(part));
        self
    }

    /// Adds one piece of text.
    pub fn text(self, text: impl Into<String>) -> Self {
        self.part(json!({"text": text.into()}))
    }

    /// Adds text as one event per word, each with its trailing space.
    pub fn words(self, text: &str) -> Self {
        text.split_inclusive(' ').fold(self, Self::text)
    }

    /// Adds one piece of a thought.
    pub fn thought(self, text: impl Into<String>) -> Self {
        self.part(json!({"text": text.into(), "thought": true}))
    }

    /// Adds a thought as one event per word.
    pub fn thought_words(self, text: &str) -> Self {
        text.split_inclusive(' ').fold(self, Self::thought)
    }

    /// Adds a function call without an id. Several calls in one reply are parallel calls.
    pub fn function_call(self, name: impl Into<String>, args: &Value) -> Self {
        self.part(json!({"functionCall": {"name": name.into(), "args": args}}))
    }

    /// Adds a function call with an id.
    pub fn function_call_with_id(
        self,
        id: impl Into<String>,
        name: impl Into<String>,
        args: &Value,
    ) -> Self {
        let call = json!({"id": id.into(), "name": name.into(), "args": args});
        self.part(json!({"functionCall": call}))
    }

    /// Signs the last part: its thought signature, in base64.
    pub fn signed(mut self, signature: impl Into<String>) -> Self {
        if let Some(Chunk::Part(part)) = self.body.chunks.last_mut() {
            part["thoughtSignature"] = signature.into().into();
        }
        self
    }

    /// Adds an error within the stream, in the provider's format; the content ends there. Unstreamed,
    /// the reply is that error.
    pub fn error_in_stream(mut self, status: u16, message: impl Into<String>) -> Self {
        let refusal = ProviderRefusal::new(status, "", message);
        self.body.chunks.push(Chunk::Error(refusal));
        self
    }

    /// Adds an event of exactly this data; omitted if the reply is unstreamed.
    pub fn raw_event(mut self, data: impl Into<String>) -> Self {
        self.body.chunks.push(Chunk::RawEvent(data.into()));
        self
    }
}

/// # The end of a generateContent reply, and its envelope
impl Reply<GeminiBody> {
    /// Sets the finish reason. `STOP` by default.
    pub fn finish(self, reason: impl Into<String>) -> Self {
        self.finish_because(reason, "")
    }

    /// Sets the finish reason and its explanation (`finishMessage`).
    pub fn finish_because(mut self, reason: impl Into<String>, message: impl Into<String>) -> Self {
        self.body.finish = Finish::Reason(reason.into(), message.into());
        self
    }

    /// Sends no finish reason at all.
    pub fn without_finish(mut self) -> Self {
        self.body.finish = Finish::Missing;
        self
    }

    /// Sends no candidates: the prompt is blocked for this reason (`promptFeedback`).
    pub fn blocked(mut self, reason: impl Into<String>, message: impl Into<String>) -> Self {
        let feedback = json!({"blockReason": reason.into(), "blockReasonMessage": message.into()});
        self.body.feedback = Some(feedback);
        self
    }

    /// Sets the usage, in tokens: of the entire prompt, and of the output without the thoughts.
    pub fn usage(self, prompt: u64, candidates: u64) -> Self {
        self.usage_field("promptTokenCount", prompt)
            .usage_field("candidatesTokenCount", candidates)
    }

    /// Sets a field of the usage, such as `thoughtsTokenCount` or `cachedContentTokenCount`. The
    /// total is the sum of prompt, output and thoughts.
    pub fn usage_field(mut self, name: impl Into<String>, count: u64) -> Self {
        let usage = &mut self.body.usage;
        usage.insert(name.into(), count.into());
        let counts = [
            "promptTokenCount",
            "candidatesTokenCount",
            "thoughtsTokenCount",
        ];
        let counts = counts.iter().filter_map(|name| usage.get(*name)?.as_u64());
        let total: u64 = counts.sum();
        usage.insert("totalTokenCount".to_owned(), total.into());
        self
    }

    /// Sets the model named in the reply. By default the model named in the request.
    pub fn model(mut self, model: impl Into<String>) -> Self {
        self.body.model = Some(model.into());
        self
    }
}
