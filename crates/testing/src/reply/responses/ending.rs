//! The methods that describe how a reply of the Responses API ends, and its envelope.

use serde_json::{Map, Value, json};

use super::{Ending, ResponsesBody, Step};
use crate::{reply::Reply, validate::ProviderRefusal};

/// # The end of a Responses reply
///
/// Without any of these it is `response.completed`.
impl Reply<ResponsesBody> {
    /// Ends with `response.incomplete` for this reason: `max_output_tokens` or `content_filter`.
    /// The item that is being written is incomplete.
    pub fn incomplete(mut self, reason: impl Into<String>) -> Self {
        self.body.ending = Ending::Incomplete(reason.into());
        self
    }

    /// Ends with `response.failed`. The item that is being written stays open. Sent whole, the
    /// reply is a response whose status is `failed`.
    pub fn failed(mut self, code: impl Into<String>, message: impl Into<String>) -> Self {
        self.body.ending = Ending::Failed {
            code: code.into(),
            message: message.into(),
        };
        self
    }

    /// Ends here with an `error` event, and nothing follows it. Sent whole, the reply is that
    /// error with status 500.
    pub fn error_in_stream(mut self, code: impl Into<String>, message: impl Into<String>) -> Self {
        let error = ProviderRefusal::new(500, code, message);
        self.body.steps.push(Step::Error(error));
        self
    }

    /// Sends no terminal event: all items are whole, and the end is missing. Sent whole, the
    /// status is `in_progress`.
    pub fn without_end(mut self) -> Self {
        self.body.ending = Ending::Missing;
        self
    }

    /// Sets the usage, in tokens: of the whole input, and of everything generated. None of it was
    /// cached and none was reasoning, unless set.
    pub fn usage(mut self, input: u64, output: u64) -> Self {
        let usage = self.body.usage.get_or_insert_with(Map::new);
        for (details, of) in [
            ("input_tokens_details", "cached_tokens"),
            ("output_tokens_details", "reasoning_tokens"),
        ] {
            usage.entry(details).or_insert_with(|| json!({of: 0}));
        }
        self.usage_field("input_tokens", input.into())
            .usage_field("output_tokens", output.into())
            .usage_field("total_tokens", input.saturating_add(output).into())
    }

    /// Sets how many tokens of the input came from the provider's cache.
    pub fn cached_tokens(self, count: u64) -> Self {
        self.usage_field("input_tokens_details", json!({"cached_tokens": count}))
    }

    /// Sets how many of the generated tokens were reasoning.
    pub fn reasoning_tokens(self, count: u64) -> Self {
        self.usage_field("output_tokens_details", json!({"reasoning_tokens": count}))
    }

    fn usage_field(mut self, name: impl Into<String>, value: Value) -> Self {
        let usage = self.body.usage.get_or_insert_with(Map::new);
        usage.insert(name.into(), value);
        self
    }
}

/// # The envelope of a Responses reply
impl Reply<ResponsesBody> {
    /// Sets the model that the reply names. Without it: the one that the request names.
    pub fn model(mut self, model: impl Into<String>) -> Self {
        self.body.model = Some(model.into());
        self
    }

    /// Sets the id of the response, from which those of its items follow. Without it they are
    /// made of the number of items in the request (`resp_3`, `msg_3_0`), so that they are unique
    /// in a conversation and repeat when it is repeated.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.body.id = Some(id.into());
        self
    }

    /// Sends `data:` lines alone, without the `event:` lines that repeat their type, as some
    /// gateways do.
    pub fn without_event_names(mut self) -> Self {
        self.body.without_names = true;
        self
    }
}
