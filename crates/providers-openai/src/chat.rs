//! The Chat Completions wire.
//!
//! | item | purpose |
//! |---|---|
//! | [`ChatEngine`], [`ChatEngineBuilder`] | the engine and its settings |
//! | [`ChatOptions`] | settings specific to this wire |
//! | [`Dialect`] | differences between the requests to servers, as data |
//! | [`keys`] | block metadata of this wire |
//!
//! Settings in the data of the turn (`geppetto_engine::keys`) take precedence over the engine's
//! defaults. [`OPENAI_INFERENCE_CONFIG`](crate::keys::OPENAI_INFERENCE_CONFIG) is an object of
//! request fields that are passed through unchanged and replace those of the same name (`n`,
//! `logprobs`, `service_tier`, ...); null omits a field.
//!
//! `reasoning_summary` and `thinking_budget` have no field on this wire and are not sent;
//! `thinking_type` is sent if the dialect supports it. Settings that the server or the model is
//! known to refuse (temperature of a reasoning model, ...) are not sent either. One `info` event,
//! `settings were not sent`, names the omitted settings with the reasons.
//!
//! The format of a reply is detected from its data, not configured: reasoning in
//! `reasoning_content`, `reasoning`, `reasoning_details` or parts of the content; tool calls with
//! or without index and id, in pieces or complete; usage anywhere; and more.
//!
//! Several choices form one reply, with the text of one and the calls of all, because some servers
//! respond in this way. If several were requested (`n` in the passed-through fields), the first one
//! is the reply, and the others are kept in the details of the result under `other_choices`.
//!
//! Unreadable data (halves of surrogate pairs, invalid UTF-8, numbers out of range) is replaced,
//! counted in the details of the result under `replaced_characters` and `unreadable_usage`, and
//! reported by one `info` event. Halves of a character that a server split between two deltas are
//! joined.
//!
//! A finish reason that means a failure of the server (`network_error`, `abort`, ...) is an error;
//! an unknown one has the class `unknown` and is reported by an `info` event. A reply may contain
//! at most 10,000 tool calls, 10,000 pieces of reasoning and 1,024 choices.

use geppetto_engine::EngineError;
use geppetto_provider::{
    Inference, Remedy, Server, Settings, Settled, Wire, WireEngine, WireEngineBuilder, WireRequest,
    request::media_remedy, rules::Origin,
};
use geppetto_turns::{Content, DataKey, Turn};
use serde_json::{Value, json};

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
    SchemaForm, SystemRole,
};
pub use fold::ChatFold;
pub use geppetto_provider::{
    KeyHeader,
    rules::{CallIdForm, NameForm},
};
pub use options::ChatOptions;

use crate::{account, refused};
use extra::extra_content;

/// Value of `type` for a call of a custom tool, on the wire and on its block.
const CUSTOM_TOOL: &str = "custom";

/// Field of the typed pieces of reasoning, on the wire and in the payload of their block.
const REASONING_DETAILS: &str = "reasoning_details";

/// Field of a message, and of a reasoning block's extra data, that contains Claude's thinking with its signatures.
const THINKING_BLOCKS: &str = "thinking_blocks";

const PATH: &str = "/chat/completions";

/// Calls a server in the Chat Completions format. Cheap to clone; clones share connections.
pub type ChatEngine = WireEngine<Chat>;

/// Configures a [`ChatEngine`].
pub type ChatEngineBuilder = WireEngineBuilder<Chat>;

/// The Chat Completions wire.
#[derive(Debug)]
pub struct Chat {
    options: ChatOptions,
    dialect: Dialect,
    /// Name of the dialect, or the host if it has none.
    server: String,
}

impl Chat {
    /// Returns the dialect of the requests: that of the options, or that of the server.
    #[must_use]
    pub fn dialect(&self) -> &Dialect {
        &self.dialect
    }
}

/// Code of Groq for a call of the model that it could not parse or that does not fit the tool's schema.
const TOOL_USE_FAILED: &str = "tool_use_failed";

/// Reason why reasoning of the history is omitted.
const UNREADABLE: &str = "the server could not read it";

/// Message of the event that announces the repetition.
const MALFORMED_CALL: &str =
    "the server could not parse the model's tool call, which is requested once more";

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
        request::leave_out(settings, &self.dialect, &self.options);
        self.options.add_to(settings);
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
        ChatFold::stream()
            .with_alternatives(count.is_some_and(|count| count > 1))
            .with_reasoning_in_tags(self.dialect.reasoning_in_tags)
    }

    /// Omits a setting or images that the server refuses, or asks once more after a call of the model
    /// that the server could not parse.
    ///
    /// Reports: <https://github.com/pydantic/pydantic-ai/issues/4350>,
    /// <https://github.com/EvoScientist/EvoScientist/pull/266>,
    /// <https://github.com/HunorLaczko/ha-groq-cloud-api/issues/20>.
    fn remedy(&self, call: &Inference<'_>, error: &EngineError) -> Option<Remedy> {
        if error.provider_code() == Some(TOOL_USE_FAILED) {
            let data = json!({"code": TOOL_USE_FAILED});
            return Some(Remedy::new(MALFORMED_CALL, data));
        }
        if let Some(remedy) = media_remedy(call, error) {
            return Some(remedy);
        }
        let settings = call.settings();
        let is_sent = |setting: &str| {
            let is_there = match setting {
                refused::SYSTEM => has_instructions(call.turn()),
                refused::SIGNED => has_signed(call.turn()),
                _ => true,
            };
            is_there && request::can_leave_out(settings, &self.dialect, setting)
        };
        // A gateway forwards reasoning to a server that has items.
        if refused::is_about_items(error) && is_sent(refused::REASONING) {
            return Some(Remedy::without(refused::REASONING, UNREADABLE));
        }
        let effort = settings.inference.reasoning_effort.as_deref();
        refused::remedy(error, effort, is_sent)
    }

    fn settle(&self, call: &Settled<'_>, turn: &mut Turn) {
        let origin = Origin::new(&self.server, &call.settings.model);
        origin.mark(turn, call.first, |block| {
            matches!(block.content, Content::Reasoning(_)) || extra_content(block).is_some()
        });
    }
}

/// Returns `true` if a turn has signed thinking.
fn has_signed(turn: &Turn) -> bool {
    let mut blocks = turn.blocks.iter();
    blocks.any(|block| match &block.content {
        Content::Reasoning(own) => own.extra.get(THINKING_BLOCKS).is_some(),
        _ => false,
    })
}

/// Returns `true` if a turn has instructions.
fn has_instructions(turn: &Turn) -> bool {
    let mut blocks = turn.blocks.iter();
    blocks.any(|block| matches!(block.content, Content::System(_)))
}
