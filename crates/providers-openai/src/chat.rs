//! The Chat Completions wire.
//!
//! | what | where |
//! |---|---|
//! | [`ChatEngine`], [`ChatEngineBuilder`] | the engine and its settings |
//! | [`ChatOptions`] | settings that only this wire has |
//! | [`Dialect`] | in what requests differ from server to server, as data |
//! | [`keys`] | what this wire keeps on blocks |
//!
//! Settings come from the turn's data first (`geppetto_engine::keys`), then from the engine's
//! defaults. [`OPENAI_INFERENCE_CONFIG`](crate::keys::OPENAI_INFERENCE_CONFIG) holds an object of
//! request fields that are passed through as they stand and replace those of the same name (`n`,
//! `logprobs`, `service_tier`, ...); null leaves a field out.
//!
//! `reasoning_summary` and `thinking_budget` have no field on this wire and are not sent;
//! `thinking_type` is where the dialect has it. Settings that the server or the model is known to
//! refuse (temperature of a reasoning model, ...) are not sent either. Whatever is left out is named
//! with the reason in one `info` event, `settings were not sent`.
//!
//! What replies may look like is in the data, not in settings: reasoning in `reasoning_content`,
//! `reasoning`, `reasoning_details` or parts of the content; tool calls with or without index and
//! id, in pieces or whole; usage anywhere; and more.
//!
//! Several choices are one reply, the text of one and the calls of all, because some servers answer
//! so. Where several were asked for (`n` in the passed-through fields), the first is the reply, and
//! the others are kept in the result's details under `other_choices`.
//!
//! What cannot be read as it was sent (halves of surrogate pairs, invalid UTF-8, numbers out of
//! range) is replaced, counted in the result's details under `replaced_characters` and
//! `unreadable_usage`, and announced once by an `info` event. Halves of a character that a server cut
//! between two deltas are joined.
//!
//! A finish reason that says that the server failed (`network_error`, `abort`, ...) is an error; one
//! that nobody knows is of class `unknown` and announced by an `info` event. No reply may hold more
//! than 10,000 tool calls, or pieces of reasoning, or 1,024 choices.

use geppetto_engine::EngineError;
use geppetto_provider::{
    Inference, Server, Settings, Settled, Wire, WireEngine, WireEngineBuilder, WireRequest,
    rules::Origin,
};
use geppetto_turns::{Content, DataKey, Turn};
use serde_json::Value;

mod dialect;
mod extra;
mod fold;
pub mod keys;
mod options;
mod request;
mod wire;

#[cfg(test)]
mod tests;

pub use dialect::{
    Dialect, EmptyContent, MaxTokensField, OutputFormat, ReasoningField, ReasoningReplay,
    SystemRole,
};
pub use fold::ChatFold;
pub use geppetto_provider::{KeyHeader, rules::CallIdForm};
pub use options::ChatOptions;

use crate::account;
use extra::extra_content;

/// The `type` of a call of a custom tool, on the wire and on its block.
const CUSTOM_TOOL: &str = "custom";

/// The typed pieces of reasoning, on the wire and in the payload of their block.
const REASONING_DETAILS: &str = "reasoning_details";

const PATH: &str = "/chat/completions";

/// Asks a server of the Chat Completions format. Cheap to clone; clones share connections.
pub type ChatEngine = WireEngine<Chat>;

/// Settings of a [`ChatEngine`].
pub type ChatEngineBuilder = WireEngineBuilder<Chat>;

/// The Chat Completions wire.
#[derive(Debug)]
pub struct Chat {
    options: ChatOptions,
    dialect: Dialect,
    /// The name of the dialect, or the host where it has none.
    server: String,
}

impl Chat {
    /// The dialect of the requests: the one of the options, or the one of the server.
    #[must_use]
    pub fn dialect(&self) -> &Dialect {
        &self.dialect
    }
}

impl Wire for Chat {
    type Options = ChatOptions;
    type Fold = ChatFold;

    const PROVIDER: &'static str = "openai";
    const BASE_URL: &'static str = account::BASE_URL;
    const PATH: &'static str = PATH;
    const FORMAT: &'static str = "a chat completion";
    const PASSED_THROUGH: Option<DataKey<Value>> = Some(crate::keys::OPENAI_INFERENCE_CONFIG);
    const RESERVED: &'static [&'static str] = &["messages", "model", "stream"];

    fn new(options: ChatOptions, server: &Server) -> Result<Self, EngineError> {
        account::check_key(server)?;
        let dialect = options.dialect.clone();
        let dialect = dialect.unwrap_or_else(|| Dialect::for_base_url(server.base_url()));
        let name = if dialect.name.is_empty() {
            server.authority()
        } else {
            &dialect.name
        };
        Ok(Self {
            server: name.to_owned(),
            options,
            dialect,
        })
    }

    fn key_header(&self) -> KeyHeader {
        self.dialect.key.clone()
    }

    fn adapt(&self, settings: &mut Settings, _: &Turn) -> Result<(), EngineError> {
        request::leave_out(settings, &self.dialect);
        Ok(())
    }

    fn request(&self, call: &Inference<'_>) -> Result<WireRequest, EngineError> {
        let body = request::encode(call.settings(), call.turn(), &self.dialect, &self.server)?;
        let request = WireRequest::new(PATH, body);
        account::headers(
            request,
            self.options.organization.as_deref(),
            self.options.project.as_deref(),
        )
    }

    fn fold(&self, call: &Inference<'_>) -> ChatFold {
        let count = call.settings().extra.get("n").and_then(Value::as_u64);
        ChatFold::stream().with_alternatives(count.is_some_and(|count| count > 1))
    }

    fn settle(&self, call: &Settled<'_>, turn: &mut Turn) {
        let origin = Origin::new(&self.server, &call.settings.model);
        origin.mark(turn, call.first, |block| {
            matches!(block.content, Content::Reasoning(_)) || extra_content(block).is_some()
        });
    }
}
