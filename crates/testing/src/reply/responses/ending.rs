//! Methods that describe the end of a Responses reply, and its envelope.

use serde_json::{Map, Value, json};

use super::{Ending, ResponsesBody, Step};
use crate::{reply::Reply, validate::ProviderRefusal};

/// # The end of a Responses reply
///
/// By default the reply ends with `response.completed`.
impl Reply<ResponsesBody> {
    /// Ends with `response.incomplete` for this reason: `max_output_tokens` or `content_filter`.
    /// The open item is incomplete.
    pub fn incomplete(mut self, reason: impl Into<String>) -> Self {
        self.body.ending = Ending::Incomplete(reason.into());
        self
    }

    /// Ends with `response.failed`. The open item stays open. Unstreamed, the reply is a response
    /// with the status `failed`.
    pub fn failed(mut self, code: impl Into<String>, message: impl Into<String>) -> Self {
        self.body.ending = Ending::Failed {
            code: code.into(),
            message: message.into(),
        };
        self
    }

    /// Ends here with an `error` event, and nothing follows. Unstreamed, the reply is that error
    /// with status 500.
    pub fn error_in_stream(mut self, code: impl Into<String>, message: impl Into<String>) -> Self {
        let error = ProviderRefusal::new(500, code, message);
        self.body.steps.push(Step::Error(error));
        self
    }

    /// Sends no terminal event: all items are complete, but the end is missing. Unstreamed, the
    /// status is `in_progress`.
    pub fn without_end(mut self) -> Self {
        self.body.ending = Ending::Missing;
        self
    }

    /// Sets the usage, in tokens: of the entire input, and of the entire output. Cached and
    /// reasoning tokens are zero unless set.
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

    /// Sets the number of input tokens read from the provider's cache.
    pub fn cached_tokens(self, count: u64) -> Self {
        self.usage_field("input_tokens_details", json!({"cached_tokens": count}))
    }

    /// Sets the number of reasoning tokens in the output.
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
    /// Sets the model named in the reply. By default the model named in the request.
    pub fn model(mut self, model: impl Into<String>) -> Self {
        self.body.model = Some(model.into());
        self
    }

    /// Sets the id of the response, from which the ids of its items are derived. By default they
    /// are derived from the number of items in the request (`resp_3`, `msg_3_0`), so that they are
    /// unique in a conversation and reproducible.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.body.id = Some(id.into());
        self
    }

    /// Sends only `data:` lines, without the `event:` lines that repeat the type, like some
    /// gateways.
    pub fn without_event_names(mut self) -> Self {
        self.body.without_names = true;
        self
    }
}
