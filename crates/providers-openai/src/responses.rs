//! The Responses wire.
//!
//! | what | where |
//! |---|---|
//! | [`ResponsesEngine`], [`ResponsesEngineBuilder`] | the engine and its settings |
//! | [`ResponsesOptions`] | settings that only this API has |
//! | [`keys`] | what this wire keeps in turns and blocks |
//!
//! Settings come from the turn's data first (`geppetto_engine::keys`), then from the engine's
//! defaults. [`OPENAI_INFERENCE_CONFIG`](crate::keys::OPENAI_INFERENCE_CONFIG) holds an object of
//! request fields that are passed through as they stand and replace those of the same name; null leaves a field out. Settings that do
//! not exist in this API (`stop`, `seed`, `thinking_type`, `thinking_budget`), and those that the model
//! is known to refuse, are left out; one `info` event, `settings were not sent`, names them.
//!
//! Built-in tools ([`keys::SERVER_TOOLS`]) are passed through. Their progress is published as
//! [`ServerTool`](geppetto_events::kind::ServerTool) events; the items that they leave are blocks of kind
//! [`keys::ITEM_KIND`], which go back as they came. Event types that have no type of their own
//! here are published as custom events named `openai.responses.` and the API's name.
//!
//! A reasoning item goes back with its id, summary and encrypted content when the item that
//! followed it goes back too, and when the server and the model are the same. Ids, fields and items
//! that a server gave are sent to no other. Where the server says that it cannot read what is
//! encrypted, because the account is another one, the call is made once more without it, and an
//! `info` event says so.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use geppetto_engine::{Engine, EngineError, InferenceConfig, ResponseWriter, RunContext};
use geppetto_transport::{HttpClient, Request};
use geppetto_turns::{Block, Content, InferenceResult, Turn};
use serde::Deserialize;
use serde_json::{Value, json};

mod builder;
mod error;
mod fold;
pub mod keys;
mod options;
mod reply;
mod request;
mod wire;

pub use builder::ResponsesEngineBuilder;
pub use options::{Include, ResponsesOptions};

use crate::shared::{call::converse, notes::inform, reply::text, stop::Stop};
use fold::Fold;
use request::{Purpose, Sealed, Settings};

/// The `type` in the payload of a block that is a call of a custom tool.
const CUSTOM_TOOL: &str = "custom";

/// Asks a server of the Responses format. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct ResponsesEngine {
    shared: Arc<Shared>,
}

struct Shared {
    model: String,
    provider: String,
    http: HttpClient,
    /// The request but for its body.
    request: Request,
    /// The request that counts tokens, but for its body.
    count: Request,
    defaults: InferenceConfig,
    /// The host.
    server: String,
    options: ResponsesOptions,
    stream: bool,
}

impl ResponsesEngine {
    /// Starts an engine for `model`. The key, where the server wants one, is the only other thing
    /// that has no default.
    pub fn builder(model: impl Into<String>) -> ResponsesEngineBuilder {
        ResponsesEngineBuilder::new(model.into())
    }

    /// The model that is asked unless the turn names another.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.shared.model
    }

    /// The settings that only this API has.
    #[must_use]
    pub fn options(&self) -> &ResponsesOptions {
        &self.shared.options
    }

    /// Counts the tokens of the request that [`run_inference`](Engine::run_inference) would send
    /// for `turn`, by asking the server (`/responses/input_tokens`). Publishes nothing.
    ///
    /// # Errors
    ///
    /// As for an inference; of kind `MalformedResponse` when the reply holds no count.
    pub async fn count_input_tokens(
        &self,
        ctx: &RunContext,
        turn: &Turn,
    ) -> Result<u64, EngineError> {
        let shared = &self.shared;
        let settings = self.settings(turn)?;
        let body = settings.encode(turn, &shared.options, Purpose::Count, Sealed::Sent)?;
        let request = shared.count.clone().with_json(body);
        let mut stop = Stop::of(ctx);
        let response = stop.race(shared.http.open(&request)).await??;
        let redactor = response.redactor().clone();
        let body = text(response.into_body(), &mut stop).await?;
        let counted: Counted = reply::parse(&body.text, &redactor)?;
        Ok(counted.input_tokens)
    }

    fn settings(&self, turn: &Turn) -> Result<Settings, EngineError> {
        let shared = &self.shared;
        Settings::of(
            turn,
            &shared.defaults,
            &shared.model,
            shared.stream,
            &shared.server,
        )
    }
}

/// The reply to a request that counts tokens.
#[derive(Deserialize)]
struct Counted {
    input_tokens: u64,
}

#[async_trait]
impl Engine for ResponsesEngine {
    async fn run_inference(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
    ) -> Result<InferenceResult, EngineError> {
        let shared = &self.shared;
        let settings = self.settings(turn)?;
        let encode = |turn: &Turn, sealed| {
            let body = settings.encode(turn, &shared.options, Purpose::Reply, sealed)?;
            Ok::<_, EngineError>(shared.request.clone().with_json(body))
        };
        let request = encode(turn, Sealed::Sent)?;
        // For a request without what is encrypted, should the server be unable to read it.
        let asked = has_sealed(turn).then(|| turn.clone());
        let model = settings.model.as_str();
        let provider = shared.provider.as_str();
        let first = turn.blocks.len();
        let mut writer =
            ResponseWriter::start_with(ctx, turn, provider, model, &settings.inference);
        settings.unsent.announce(&writer);
        let new_fold = || Fold::new(model);
        let mut outcome = converse(&shared.http, ctx, &request, &mut writer, new_fold).await;
        let is_unreadable = !writer.has_output() && outcome.broken.as_ref().is_some_and(unreadable);
        if is_unreadable && let Some(asked) = asked {
            inform(&writer, UNREADABLE, json!({"code": INVALID_ENCRYPTED}));
            let unsealed = encode(&asked, Sealed::LeftOut)?;
            outcome = converse(&shared.http, ctx, &unsealed, &mut writer, new_fold).await;
        }
        let result = outcome.fold.end(writer, outcome.broken, outcome.request_id);
        if is_unreadable {
            forget_sealed(turn, first);
        }
        let origin = settings.origin();
        origin.mark(turn, first, is_of_server);
        result
    }
}

/// The message of the event that says that reasoning was left out.
const UNREADABLE: &str = "the server could not read earlier reasoning, which is left out";

const INVALID_ENCRYPTED: &str = "invalid_encrypted_content";

/// Whether a server could not read encrypted reasoning: it came from another account, or its key
/// has changed.
///
/// Reports: <https://github.com/openai/codex/issues/8145>,
/// <https://github.com/Wei-Shaw/sub2api/issues/3038>.
fn unreadable(error: &EngineError) -> bool {
    error.provider_code() == Some(INVALID_ENCRYPTED)
}

fn is_sealed(block: &Block) -> bool {
    matches!(&block.content, Content::Reasoning(own) if own.encrypted_content.is_some())
}

fn has_sealed(turn: &Turn) -> bool {
    turn.blocks.iter().any(|block| is_sealed(block))
}

/// Notes on the reasoning before `end` that the server could not read it.
fn forget_sealed(turn: &mut Turn, end: usize) {
    for index in 0..end {
        if turn.blocks.get(index).is_some_and(|block| is_sealed(block))
            && let Some(block) = turn.blocks.make_mut(index)
        {
            block
                .metadata
                .set_raw(keys::UNREADABLE.id(), Value::Bool(true));
        }
    }
}

/// Whether a block has what its server alone knows: an id, encrypted reasoning, an item.
fn is_of_server(block: &Block) -> bool {
    match &block.content {
        Content::LlmText(text) => text.item_id.is_some(),
        Content::ToolCall(call) => call.item_id.is_some(),
        Content::Reasoning(_) => true,
        Content::Other(other) => other.kind == keys::ITEM_KIND,
        _ => false,
    }
}

impl fmt::Debug for ResponsesEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shared = &*self.shared;
        f.debug_struct("ResponsesEngine")
            .field("model", &shared.model)
            .field("provider", &shared.provider)
            .field("request", &shared.request)
            .field("options", &shared.options)
            .field("stream", &shared.stream)
            .finish_non_exhaustive()
    }
}
