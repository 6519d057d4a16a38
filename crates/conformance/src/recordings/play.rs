//! [`Player`]: runs one case.

use std::{sync::Arc, time::Duration};

use geppetto_engine::{Engine, EngineError, RunContext, SeededIds};
use geppetto_events::{EventSink, EventStream, MemorySink};
use geppetto_testing::{ProviderServer, Reply};
use geppetto_transport::{HttpClient, ReqwestTransport, RetryPolicy};
use geppetto_turns::Turn;
use tokio::time::timeout;

use super::{
    collect::{Case, Kind},
    compare::compare,
    cuts, files,
    observation::{Observation, check_events},
    recording::Recording,
    report::Outcome,
    wire::{self, Adapter},
};
use crate::error::Error;

/// The time limit of a case, after which it counts as hanging.
const LIMIT: Duration = Duration::from_secs(60);

/// Runs cases.
#[derive(Debug)]
pub(super) struct Player {
    seed: u64,
    http: HttpClient,
}

impl Player {
    pub(super) fn new(seed: u64) -> Result<Self, Error> {
        let transport = ReqwestTransport::new().map_err(|error| Error::Engine(error.into()))?;
        // The outcome of a recording must appear at once, even where a retry could help.
        let http = HttpClient::new(transport).with_retry_policy(RetryPolicy::never());
        Ok(Self { seed, http })
    }

    /// Runs a case.
    pub(super) async fn run(&self, case: &Case) -> Outcome {
        let checked = match case.kind {
            Kind::Turn => files::turn(&case.path),
            Kind::Events => files::events(&case.path),
            Kind::Recording => return self.recording(case).await,
        };
        checked.map_or_else(Outcome::Failed, |()| Outcome::Passed { cuts: 0 })
    }

    async fn recording(&self, case: &Case) -> Outcome {
        let recording = match Recording::read(&case.path) {
            Ok(recording) => Arc::new(recording),
            Err(problem) => return Outcome::Failed(problem),
        };
        let Some(adapter) = wire::adapter(&recording.meta.provider) else {
            return Outcome::Skipped(format!("no adapter for {}", recording.meta.provider));
        };
        if !recording.meta.cross_checked {
            return Outcome::Skipped("the recorded expectation is not cross-checked".to_owned());
        }
        match timeout(LIMIT, self.replay(&recording, adapter)).await {
            Err(_elapsed) => return Outcome::Failed(format!("not over within {LIMIT:?}")),
            Ok(Err(problem)) => return Outcome::Failed(problem),
            Ok(Ok(())) => {}
        }
        let cut = cuts::check(&recording, adapter, self.seed).await;
        cut.map_or_else(Outcome::Failed, |cuts| Outcome::Passed { cuts })
    }

    /// Serves the recorded body, lets the engine consume it, and checks the result.
    async fn replay(&self, recording: &Recording, adapter: &Adapter) -> Result<(), String> {
        let server = ProviderServer::start().await;
        let server = server.map_err(|error| format!("the loopback server: {error}"))?;
        server.enqueue(self.reply(recording));
        let engine = |stream| (adapter.engine)(self.http.clone(), server.base_url(), stream);
        let engine = engine(recording.meta.stream).map_err(|error| format!("engine: {error}"))?;

        let sink = Arc::new(MemorySink::new());
        let mut turn = recording.turn()?;
        let said = turn.blocks.len();
        let ctx = context("replay").with_event_sinks([Arc::clone(&sink) as Arc<dyn EventSink>]);
        let outcome = engine.run_inference(&ctx, &mut turn).await;

        check_events(&sink.take(), &turn, said)?;
        let seen = Observation::of(outcome, &turn, said, adapter);
        compare(recording, adapter, &seen)?;
        check_saving(&turn)?;
        check_next(recording, &server, adapter, &*engine, turn).await
    }

    /// Returns the recorded reply, split at positions derived from the case and the seed.
    fn reply(&self, recording: &Recording) -> Reply {
        let meta = &recording.meta;
        let bytes = recording.body.clone();
        // Some dozens of pieces for any size; small enough to split lines and characters.
        let largest = (bytes.len() / 40).clamp(8, 4096);
        let seed = self.seed ^ hash(&meta.id);
        let mut reply = Reply::raw(meta.status, recording.content_type(), bytes)
            .cut_into_random_chunks(seed, largest);
        if meta.stream {
            reply = reply.chunked();
        }
        for (name, value) in &meta.headers {
            reply = reply.header(name, value);
        }
        reply
    }
}

pub(super) fn context(run: &str) -> RunContext {
    let ids = Arc::new(SeededIds::new(1));
    RunContext::for_stream(EventStream::fragment(), ids).with_run("conformance", run, "turn")
}

/// Checks that the turn survives saving and loading.
pub(super) fn check_saving(turn: &Turn) -> Result<(), String> {
    let yaml = turn
        .to_yaml()
        .map_err(|error| format!("saving the turn: {error}"))?;
    let loaded = Turn::from_yaml(&yaml).map_err(|error| format!("loading the turn: {error}"))?;
    match loaded == *turn {
        true => Ok(()),
        false => Err("the turn is not the same after saving and loading".to_owned()),
    }
}

/// Checks that the conversation can continue: the recording's provider accepts the history with the
/// result of the replay.
async fn check_next(
    recording: &Recording,
    server: &ProviderServer,
    adapter: &Adapter,
    engine: &dyn Engine,
    mut turn: Turn,
) -> Result<(), String> {
    // The server's own rules are those of OpenAI; the recording may come from another provider.
    server.accept_anything();
    server.enqueue((adapter.further)());
    turn.push_user("Go on.", []);
    let next: Result<_, EngineError> = engine.run_inference(&context("next"), &mut turn).await;
    let refused = match (next, server.requests().last()) {
        (Err(error), _) => error.to_string(),
        (Ok(_), None) => "it was not sent".to_owned(),
        (Ok(_), Some(request)) => match (adapter.accepts)(recording, request.json()) {
            Ok(()) => return Ok(()),
            Err(refusal) => refusal.to_string(),
        },
    };
    Err(format!("the next request of the history: {refused}"))
}

/// FNV-1a: the same on every machine and in every release.
pub(super) fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
