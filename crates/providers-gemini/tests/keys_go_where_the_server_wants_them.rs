//! Keys, tokens and counts of tokens, over sockets.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use async_trait::async_trait;
use geppetto_engine::{Engine, EngineError, RunContext};
use geppetto_provider::TokenSource;
use geppetto_providers_gemini::{ApiKey, GeminiEngine, GeminiEngineBuilder, GeminiOptions};
use geppetto_testing::{ProviderServer, Reply};
use geppetto_turns::Turn;
use serde_json::json;

const PROJECT: &str = "/v1/projects/p/locations/europe-west4";

#[derive(Debug)]
struct Tokens;

#[async_trait]
impl TokenSource for Tokens {
    async fn token(&self) -> Result<ApiKey, EngineError> {
        Ok(ApiKey::new("token-1"))
    }
}

fn turn() -> Turn {
    Turn::builder()
        .system("Be terse.")
        .user("Hello there")
        .build()
}

/// A server that answers, and an engine of it.
async fn asked(path: &str) -> (ProviderServer, GeminiEngineBuilder) {
    let server = ProviderServer::start().await.unwrap();
    server.respond_always(Reply::gemini().text("Hi"));
    let url = server.base_url().replace("/v1", path);
    let builder = GeminiEngine::builder("gemini-2.5-flash").base_url(url);
    (server, builder)
}

async fn run(builder: GeminiEngineBuilder) {
    let engine = builder.build().unwrap();
    let mut turn = turn();
    engine
        .run_inference(&RunContext::new(), &mut turn)
        .await
        .unwrap();
    assert_eq!(turn.assistant_text(), "Hi");
}

#[tokio::test]
async fn a_key_has_googles_header() {
    let (server, builder) = asked("").await;
    run(builder.api_key(ApiKey::new("key-1"))).await;
    let request = server.next_request().await;
    request
        .assert_path("/v1beta/models/gemini-2.5-flash:streamGenerateContent")
        .assert_header("x-goog-api-key", "key-1");
    assert_eq!(request.header("authorization"), None);
    assert_eq!(request.query(), "alt=sse");
}

#[tokio::test]
async fn a_token_of_a_project_is_a_bearer() {
    let path = format!("{PROJECT}/publishers/google/models/gemini-2.5-flash:streamGenerateContent");
    let (server, builder) = asked(PROJECT).await;
    run(builder.api_key(ApiKey::new("token-0"))).await;
    let (renewed, builder) = asked(PROJECT).await;
    run(builder.token_source(Tokens)).await;
    for (server, token) in [(server, "Bearer token-0"), (renewed, "Bearer token-1")] {
        let request = server.next_request().await;
        request
            .assert_path(&path)
            .assert_header("authorization", token);
        assert_eq!(request.header("x-goog-api-key"), None);
    }
}

#[tokio::test]
async fn a_gateway_gets_the_key_as_the_options_say() {
    let (server, builder) = asked("/gateway/v1beta").await;
    let options = GeminiOptions::new().with_bearer(true);
    run(builder.api_key(ApiKey::new("key-1")).options(options)).await;
    let request = server.next_request().await;
    request
        .assert_path("/gateway/v1beta/models/gemini-2.5-flash:streamGenerateContent")
        .assert_header("authorization", "Bearer key-1");
}

#[tokio::test]
async fn tokens_are_counted_with_the_instructions() {
    let server = ProviderServer::start().await.unwrap();
    let engine = GeminiEngine::builder("gemini-2.5-flash")
        .base_url(server.base_url())
        .build()
        .unwrap();
    let counted = engine
        .count_input_tokens(&RunContext::new(), &turn())
        .await
        .unwrap();
    assert_eq!(counted, 2);
    let request = server.next_request().await;
    request
        .assert_path("/v1/models/gemini-2.5-flash:countTokens")
        .assert_json(
            "/generateContentRequest/systemInstruction/parts/0/text",
            &json!("Be terse."),
        );
}
