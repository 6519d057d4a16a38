//! Common helpers of the tests.

use std::sync::Arc;

use geppetto_engine::{Engine, EngineError, RunContext, SeededIds};
use geppetto_events::EventStream;
use geppetto_providers_openai::{ResponsesEngine, ResponsesEngineBuilder};
use geppetto_testing::ProviderServer;
use geppetto_transport::{HttpClient, ReqwestTransport, RetryPolicy};
use geppetto_turns::{InferenceResult, Turn};

/// A client that tries once.
pub(crate) fn client() -> HttpClient {
    HttpClient::new(ReqwestTransport::new().unwrap()).with_retry_policy(RetryPolicy::never())
}

/// An engine that calls `server`, once, without a key.
pub(crate) fn engine(server: &ProviderServer) -> ResponsesEngineBuilder {
    engine_with(server, &client())
}

/// An engine that calls `server` through this client.
pub(crate) fn engine_with(server: &ProviderServer, http: &HttpClient) -> ResponsesEngineBuilder {
    ResponsesEngine::builder("test-model")
        .base_url(server.base_url())
        .http_client(http.clone())
}

/// A separate context with reproducible ids.
pub(crate) fn context() -> RunContext {
    RunContext::for_stream(EventStream::fragment(), Arc::new(SeededIds::new(1)))
        .with_run("session", "run", "turn")
}

/// Runs the engine; asserts that the events are legal on any outcome.
pub(crate) async fn run(
    engine: &ResponsesEngine,
    ctx: &RunContext,
    turn: &mut Turn,
) -> Result<InferenceResult, EngineError> {
    let outcome = engine.run_inference(ctx, turn).await;
    assert_eq!(ctx.stream().violations(), []);
    outcome
}
