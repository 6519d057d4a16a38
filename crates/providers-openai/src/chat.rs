//! The Chat Completions wire.
//!
//! | what | where |
//! |---|---|
//! | [`ChatEngine`], [`ChatEngineBuilder`] | the engine and its settings |
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

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use geppetto_engine::{Engine, EngineError, InferenceConfig, ResponseWriter, RunContext};
use geppetto_transport::{HttpClient, Request};
use geppetto_turns::{Content, InferenceResult, Turn};

mod builder;
mod dialect;
mod error;
mod fold;
pub mod keys;
mod reply;
mod request;
mod wire;

pub use builder::ChatEngineBuilder;
pub(crate) use dialect::authority;
pub use dialect::{
    CallIdForm, Dialect, EmptyContent, KeyHeader, MaxTokensField, OutputFormat, ReasoningField,
    ReasoningReplay, SystemRole,
};

use crate::shared::{
    call::converse,
    origin::{Origin, extra_content},
};
use fold::Fold;

/// The `type` of a call of a custom tool, on the wire and on its block.
const CUSTOM_TOOL: &str = "custom";

/// The typed pieces of reasoning, on the wire and in the payload of their block.
const REASONING_DETAILS: &str = "reasoning_details";

/// Asks a server of the Chat Completions format. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct ChatEngine {
    shared: Arc<Shared>,
}

struct Shared {
    model: String,
    provider: String,
    http: HttpClient,
    /// The request but for its body.
    request: Request,
    defaults: InferenceConfig,
    dialect: Dialect,
    /// The name of the dialect, or the host where it has none.
    server: String,
    stream: bool,
}

impl ChatEngine {
    /// Starts an engine for `model`. The key, where the server wants one, is the only other thing
    /// that has no default.
    pub fn builder(model: impl Into<String>) -> ChatEngineBuilder {
        ChatEngineBuilder::new(model.into())
    }

    /// The model that is asked unless the turn names another.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.shared.model
    }

    /// The dialect of the requests.
    #[must_use]
    pub fn dialect(&self) -> &Dialect {
        &self.shared.dialect
    }
}

#[async_trait]
impl Engine for ChatEngine {
    async fn run_inference(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
    ) -> Result<InferenceResult, EngineError> {
        let shared = &self.shared;
        let settings = request::settings(
            turn,
            &shared.defaults,
            &shared.model,
            shared.stream,
            &shared.dialect,
        )?;
        let body = request::encode(&settings, turn, &shared.dialect, &shared.server)?;
        let origin = Origin::new(&shared.server, &settings.model);
        let first = turn.blocks.len();
        let request = shared.request.clone().with_json(body);
        let mut writer = ResponseWriter::start_with(
            ctx,
            turn,
            shared.provider.as_str(),
            settings.model.as_str(),
            &settings.inference,
        );
        settings.unsent.announce(&writer);
        let count = settings.extra.get("n").and_then(serde_json::Value::as_u64);
        let alternatives = count.is_some_and(|count| count > 1);
        let new_fold = || Fold::stream().with_alternatives(alternatives);
        let outcome = converse(&shared.http, ctx, &request, &mut writer, new_fold).await;
        let result = outcome.fold.end(writer, outcome.broken, outcome.request_id);
        origin.mark(turn, first, |block| {
            matches!(block.content, Content::Reasoning(_)) || extra_content(block).is_some()
        });
        result
    }
}

impl fmt::Debug for ChatEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shared = &*self.shared;
        f.debug_struct("ChatEngine")
            .field("model", &shared.model)
            .field("provider", &shared.provider)
            .field("request", &shared.request)
            .field("dialect", &shared.dialect)
            .field("stream", &shared.stream)
            .finish_non_exhaustive()
    }
}
