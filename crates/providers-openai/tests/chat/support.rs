//! Common helpers of the tests.

use std::sync::Arc;

use geppetto_engine::{Engine, EngineError, RunContext, SeededIds};
use geppetto_events::{Event, EventSink, EventStream, MemorySink};
use geppetto_providers_openai::{ChatEngine, ChatEngineBuilder};
use geppetto_testing::ProviderServer;
use geppetto_transport::{
    HttpClient,
    memory::{MemoryTransport, Reply},
};
use geppetto_turns::{InferenceResult, Turn};
use http::{StatusCode, header::CONTENT_TYPE};

/// An engine that calls `server` without a key.
pub(crate) fn engine(server: &ProviderServer) -> ChatEngineBuilder {
    ChatEngine::builder("test-model").base_url(server.base_url())
}

/// An engine with in-memory replies, and the transport for inspection.
pub(crate) fn in_memory(
    replies: impl IntoIterator<Item = Reply>,
) -> (ChatEngine, Arc<MemoryTransport>) {
    let transport = Arc::new(MemoryTransport::new(replies));
    let engine = ChatEngine::builder("test-model")
        .base_url("http://model.test/v1")
        .http_client(HttpClient::new(Arc::clone(&transport)))
        .build()
        .unwrap();
    (engine, transport)
}

/// A streamed reply of these events.
pub(crate) fn sse(events: &[&str]) -> Reply {
    let body: String = events
        .iter()
        .map(|data| format!("data: {data}\n\n"))
        .collect();
    Reply::new(StatusCode::OK)
        .header(CONTENT_TYPE, "text/event-stream".parse().unwrap())
        .chunk(body)
}

/// One observed run.
pub(crate) struct Run {
    pub(crate) ctx: RunContext,
    pub(crate) turn: Turn,
    sink: Arc<MemorySink>,
}

impl Run {
    /// A run with the user message `text`.
    pub(crate) fn new(text: &str) -> Self {
        Self::of(Turn::builder().user(text).build())
    }

    pub(crate) fn of(turn: Turn) -> Self {
        let sink = Arc::new(MemorySink::new());
        let ids = Arc::new(SeededIds::new(1));
        let ctx = RunContext::for_stream(EventStream::fragment(), ids)
            .with_run("session", "run", "turn")
            .with_event_sinks([Arc::clone(&sink) as Arc<dyn EventSink>]);
        Self { ctx, turn, sink }
    }

    /// Runs the engine; asserts that the events are legal on any outcome.
    pub(crate) async fn with(
        &mut self,
        engine: &ChatEngine,
    ) -> Result<InferenceResult, EngineError> {
        let outcome = engine.run_inference(&self.ctx, &mut self.turn).await;
        assert_eq!(self.ctx.stream().violations(), []);
        outcome
    }

    pub(crate) fn events(&self) -> Vec<Event> {
        self.sink.events()
    }

    /// Returns the names of the events, without consecutive repetitions.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .events()
            .iter()
            .map(|event| event.type_name().to_owned())
            .collect();
        names.dedup();
        names
    }
}
