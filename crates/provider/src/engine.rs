//! [`WireEngine`]: an engine for any wire.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use geppetto_engine::{Engine, EngineError, InferenceConfig, ResponseWriter, RunContext};
use geppetto_transport::{ApiKey, HttpClient, Request, TokenSource};
use geppetto_turns::{InferenceResult, Price, Turn};
use serde_json::json;

use crate::{
    CountTokens, Inference, Output, Settings, Wire, WireEngineBuilder,
    connection::Endpoint,
    harness::{self, Call, Outcome},
    settings::Defaults,
    wire::Settled,
};
pub(crate) use learned::Learned;
use learned::Lesson;
use tokens::Tokens;

mod learned;
pub(crate) mod limit;
mod tokens;

/// List prices of models, by name.
pub(crate) type Prices = Arc<dyn Fn(&str) -> Option<Price> + Send + Sync>;

/// Maximum number of remedies per call.
const MOST_REMEDIES: usize = 5;

/// Calls a server in the format of a [`Wire`]. Cheap to clone; clones share connections.
///
/// Implements all of a provider call except for the format: settings, retries before output,
/// cancellation and deadline, time limits, redaction, and the end of the reply.
pub struct WireEngine<W> {
    shared: Arc<Shared<W>>,
}

pub(crate) struct Shared<W> {
    pub(crate) wire: W,
    pub(crate) model: String,
    pub(crate) provider: String,
    pub(crate) http: HttpClient,
    pub(crate) endpoint: Endpoint,
    pub(crate) tokens: Option<Arc<dyn TokenSource>>,
    pub(crate) defaults: InferenceConfig,
    pub(crate) added: Defaults,
    pub(crate) prices: Option<Prices>,
    pub(crate) stream: bool,
    pub(crate) learned: Learned,
}

impl<W: Wire> WireEngine<W> {
    /// Returns a builder for an engine with this model. Only the API key, if the server requires
    /// one, has no default either.
    pub fn builder(model: impl Into<String>) -> WireEngineBuilder<W> {
        WireEngineBuilder::new(model.into())
    }

    pub(crate) fn new(shared: Shared<W>) -> Self {
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Returns the model that is called unless the turn names another one.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.shared.model
    }

    /// Returns the name of the provider in results and events.
    #[must_use]
    pub fn provider(&self) -> &str {
        &self.shared.provider
    }

    /// Returns the wire.
    #[must_use]
    pub fn wire(&self) -> &W {
        &self.shared.wire
    }

    /// Returns the settings of a turn, with the engine's defaults. Those that the server has refused in a call
    /// of this engine with equal settings are omitted ([`Settings::unsent`]).
    ///
    /// # Errors
    ///
    /// An error of kind `Configuration` that names the setting if one cannot be read or is invalid.
    pub fn settings(&self, turn: &Turn) -> Result<Settings, EngineError> {
        let shared = &*self.shared;
        let mut settings = Settings::of::<W>(turn, &shared.defaults, &shared.model, shared.stream)?;
        shared.added.add_to(&mut settings, turn)?;
        shared.wire.adapt(&mut settings, turn)?;
        shared.learned.apply(&mut settings);
        Ok(settings)
    }

    /// Sends the request and reads the reply.
    async fn ask(
        &self,
        call: &Call<'_>,
        request: &Request,
        out: &mut Output<'_>,
        settings: &Settings,
        is_remedied: bool,
    ) -> Outcome<W::Fold> {
        let fold = |turn: &Turn| {
            let call = Inference::new(turn, settings).with_remedy(is_remedied);
            self.shared.wire.fold(&call)
        };
        harness::converse(call, request, out, fold).await
    }

    /// Repeats a refused call in other forms, as long as the wire has a remedy. The second value is
    /// `true` if the last one was a remedy of the wire's own.
    async fn with_remedies(
        &self,
        call: &mut Call<'_>,
        settings: &mut Settings,
        tokens: &Tokens<'_>,
        mut outcome: Outcome<W::Fold>,
        out: &mut Output<'_>,
    ) -> Result<(Outcome<W::Fold>, bool), EngineError> {
        let mut is_remedied = false;
        let mut lesson = Lesson::of(settings);
        for _ in 0..MOST_REMEDIES {
            let error = outcome.broken.as_ref().filter(|_| !out.has_output());
            let remedy = error.and_then(|error| {
                let asked = Inference::new(out.asked(), settings).with_remedy(is_remedied);
                limit::remedy(error, &settings.inference)
                    .or_else(|| self.shared.wire.remedy(&asked, error))
            });
            let Some(remedy) = remedy else { break };
            match (remedy.left_out, remedy.limit) {
                (Some((setting, _)), _) if settings.unsent.has(setting) => break,
                (Some((setting, why)), _) => {
                    settings.unsent.add(setting, why);
                    lesson
                        .left_out
                        .extend(remedy.is_lasting.then_some((setting, why)));
                }
                (None, Some(limit)) => {
                    limit::apply(limit, &mut settings.inference);
                    lesson.limit = Some(limit).filter(|_| remedy.is_lasting);
                }
                (None, None) if is_remedied => break,
                (None, None) => is_remedied = true,
            }
            if let Some(stream) = settings.unsent.form() {
                (settings.stream, call.is_stream) = (stream, stream);
            }
            out.inform(remedy.message, remedy.data);
            call.count(&*outcome.fold, out);
            let other = Inference::new(out.asked(), settings).with_remedy(is_remedied);
            let request = self.request(&other, tokens.current())?;
            outcome = self.ask(call, &request, out, settings, is_remedied).await;
        }
        if outcome.broken.is_none() || out.has_output() {
            self.shared.learned.remember(settings, lesson);
        }
        Ok((outcome, is_remedied))
    }

    fn request(
        &self,
        call: &Inference<'_>,
        token: Option<&ApiKey>,
    ) -> Result<Request, EngineError> {
        let request = self.shared.wire.request(call)?;
        let is_stream = call.settings.stream;
        let endpoint = &self.shared.endpoint;
        endpoint.reply(request, is_stream, W::FRAMES, token)
    }

    /// Asks for the token of a call, if there is a source.
    async fn tokens(&self, ctx: &RunContext) -> Result<Tokens<'_>, EngineError> {
        match self.shared.tokens.as_deref() {
            // Boxed, like the other rare steps.
            Some(source) => Box::pin(Tokens::of(source, ctx)).await,
            None => Ok(Tokens::default()),
        }
    }

    /// Repeats a call whose token was refused with another one, once.
    async fn with_another_token(
        &self,
        call: &Call<'_>,
        settings: &Settings,
        tokens: &mut Tokens<'_>,
        refused: Outcome<W::Fold>,
        out: &mut Output<'_>,
    ) -> Outcome<W::Fold> {
        let failed = |refused: Outcome<W::Fold>, error| Outcome {
            broken: Some(error),
            ..refused
        };
        match tokens.renew(call.ctx).await {
            Ok(true) => {}
            Ok(false) => return refused,
            Err(error) => return failed(refused, error),
        }
        let inference = Inference::new(out.asked(), settings);
        let request = match self.request(&inference, tokens.current()) {
            Ok(request) => request,
            Err(error) => return failed(refused, error),
        };
        out.inform(RENEWED, json!({"status": 401}));
        self.ask(call, &request, out, settings, false).await
    }
}

/// Message of the event that announces the repeat after a refused token.
const RENEWED: &str = "the server refused the token, asking again with another one";

#[async_trait]
impl<W: Wire> Engine for WireEngine<W> {
    async fn run_inference(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
    ) -> Result<InferenceResult, EngineError> {
        let shared = &*self.shared;
        let mut settings = self.settings(turn)?;
        let mut tokens = self.tokens(ctx).await?;
        let request = self.request(&Inference::new(turn, &settings), tokens.current())?;
        let first = turn.blocks.len();
        let (provider, model) = (shared.provider.as_str(), settings.model.clone());
        let writer = ResponseWriter::start_with(ctx, turn, provider, &model, &settings.inference);
        settings.unsent.announce(&writer);
        let mut out = Output::new(writer).with_names(settings.names.clone());
        let mut call = Call {
            http: &shared.http,
            ctx,
            frames: W::FRAMES,
            is_stream: settings.stream,
            format: W::FORMAT,
            price: shared.prices.as_ref().and_then(|price| price(&model)),
        };
        let mut outcome = self.ask(&call, &request, &mut out, &settings, false).await;
        let is_refused = |error: &EngineError| tokens.are_refused_by(error);
        if outcome.broken.as_ref().is_some_and(is_refused) && !out.has_output() {
            outcome =
                Box::pin(self.with_another_token(&call, &settings, &mut tokens, outcome, &mut out))
                    .await;
        }
        let mut is_remedied = false;
        if outcome.broken.is_some() && !out.has_output() {
            // Boxed: few calls need it.
            let remedied = self.with_remedies(&mut call, &mut settings, &tokens, outcome, &mut out);
            (outcome, is_remedied) = Box::pin(remedied).await?;
        }
        let result = outcome.end(out, call.price.as_ref());
        let settled = Settled {
            settings: &settings,
            first,
            is_remedied,
        };
        shared.wire.settle(&settled, turn);
        result
    }
}

impl<W: CountTokens> WireEngine<W> {
    /// Counts the tokens of the request that [`run_inference`](Engine::run_inference) would send
    /// for `turn`, with a request to the server. Publishes no events.
    ///
    /// # Errors
    ///
    /// The errors of an inference; an error of kind `MalformedResponse` if the reply contains no
    /// count.
    pub async fn count_input_tokens(
        &self,
        ctx: &RunContext,
        turn: &Turn,
    ) -> Result<u64, EngineError> {
        let shared = &*self.shared;
        let settings = self.settings(turn)?;
        let counting = shared
            .wire
            .count_request(&Inference::new(turn, &settings))?;
        let mut tokens = self.tokens(ctx).await?;
        let ask = async |token: Option<&ApiKey>| {
            let request = shared.endpoint.body(counting.clone(), token)?;
            harness::ask_once(&shared.http, ctx, &request, W::FORMAT, W::counted).await
        };
        match ask(tokens.current()).await {
            Err(error) if tokens.are_refused_by(&error) => {
                if tokens.renew(ctx).await? {
                    return ask(tokens.current()).await;
                }
                Err(error)
            }
            counted => counted,
        }
    }
}

impl<W> Clone for WireEngine<W> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<W: Wire> fmt::Debug for WireEngine<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shared = &*self.shared;
        f.debug_struct("WireEngine")
            .field("wire", &shared.wire)
            .field("model", &shared.model)
            .field("provider", &shared.provider)
            .field("endpoint", &shared.endpoint)
            .field("stream", &shared.stream)
            .finish_non_exhaustive()
    }
}
