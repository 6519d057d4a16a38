//! What the tests have in common.

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

/// An engine that asks `server` and needs no key.
pub(crate) fn engine(server: &ProviderServer) -> ChatEngineBuilder {
    ChatEngine::builder("test-model").base_url(server.base_url())
}

/// An engine that is answered from memory, and the transport to look at.
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

/// One run, watched.
pub(crate) struct Run {
    pub(crate) ctx: RunContext,
    pub(crate) turn: Turn,
    sink: Arc<MemorySink>,
}

impl Run {
    /// A run whose user says `text`.
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

    /// Runs the engine; the events are legal whatever comes of it.
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

    /// The names of the events, neighbours that are the same counted once.
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
