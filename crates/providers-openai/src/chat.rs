//! The Chat Completions wire.
//!
//! | what | where |
//! |---|---|
//! | [`ChatEngine`], [`ChatEngineBuilder`] | the engine and its settings |
//! | [`Dialect`] | in what requests differ from server to server, as data |
//! | [`keys`] | what this wire keeps on blocks |
//!
//! Settings come from the turn's data first (`geppetto_engine::keys`), then from the engine's
//! defaults. `keys::OPENAI_INFERENCE_CONFIG` holds an object of request fields that are passed
//! through as they stand and replace those of the same name (`n`, `logprobs`, `service_tier`, ...);
//! null leaves a field out.
//!
//! `reasoning_summary` and `thinking_budget` have no field on this wire and are not sent;
//! `thinking_type` is where the dialect has it.
//!
//! What replies may look like is in the data, not in settings: reasoning in `reasoning_content`,
//! `reasoning`, `reasoning_details` or parts of the content; tool calls with or without index and
//! id, in pieces or whole; usage anywhere; and more. Of several choices the first is the reply; the
//! others are kept in the result's details under `other_choices`.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use geppetto_engine::{Engine, EngineError, InferenceConfig, ResponseWriter, RunContext};
use geppetto_transport::{HttpClient, Request};
use geppetto_turns::{InferenceResult, Turn};

mod builder;
mod dialect;
mod error;
mod fold;
pub mod keys;
mod reply;
mod request;
mod wire;

pub use builder::ChatEngineBuilder;
pub use dialect::{
    Dialect, KeyHeader, MaxTokensField, ReasoningField, ReasoningReplay, SystemRole,
};

use crate::{
    again::{announce, repeats},
    stop::Stop,
};
use fold::Fold;
use request::Settings;

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
    stream: bool,
}

/// How the attempts at one call ended.
struct Outcome {
    fold: Fold,
    broken: Option<EngineError>,
    request_id: Option<String>,
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

    /// Sends the request until a reply is there, and reads it. An attempt that breaks before it
    /// has put anything out is repeated like one that was refused.
    async fn converse(
        &self,
        ctx: &RunContext,
        request: &Request,
        writer: &mut ResponseWriter<'_>,
    ) -> Outcome {
        let http = &self.shared.http;
        let mut stop = Stop::of(ctx);
        let mut retry = http.start_retry();
        loop {
            let opening = http.open_with(request, &mut retry, |failed| announce(writer, &failed));
            let opened = stop.race(opening).await.and_then(|opened| opened);
            let response = match opened {
                Ok(response) => response,
                Err(error) => return Outcome::failed(error),
            };
            let request_id = response.request_id().map(str::to_owned);
            let (fold, broken) = reply::read(response, &mut stop, writer).await;
            let broken = broken.or_else(|| fold.missing_end());
            if !writer.has_output()
                && let Some(error) = &broken
                && !error.is_cancelled()
                && repeats(&mut retry, error, writer, &mut stop).await
            {
                continue;
            }
            return Outcome {
                fold,
                broken,
                request_id,
            };
        }
    }
}

impl Outcome {
    /// No reply began.
    fn failed(error: EngineError) -> Self {
        Self {
            fold: Fold::stream(),
            request_id: error.request_id().map(str::to_owned),
            broken: Some(error),
        }
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
        let settings = Settings::of(turn, &shared.defaults, &shared.model, shared.stream)?;
        let body = settings.encode(turn, &shared.dialect)?;
        let request = shared.request.clone().with_json(body);
        let mut writer = ResponseWriter::start_with(
            ctx,
            turn,
            shared.provider.as_str(),
            settings.model.as_str(),
            &settings.inference,
        );
        let outcome = self.converse(ctx, &request, &mut writer).await;
        outcome.fold.end(writer, outcome.broken, outcome.request_id)
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
