use async_trait::async_trait;
use geppetto_engine::{Engine, EngineError, RunContext};
use geppetto_providers_anthropic::{
    ApiKey, MessagesEngine, MessagesEngineBuilder, MessagesOptions,
};
use geppetto_testing::{ProviderServer, Reply};
use geppetto_transport::TokenSource;
use geppetto_turns::Turn;

#[derive(Debug)]
struct Token;

#[async_trait]
impl TokenSource for Token {
    async fn token(&self) -> Result<ApiKey, EngineError> {
        Ok(ApiKey::new("token"))
    }
}

#[tokio::test]
async fn of_the_api_or_of_bearers() {
    let server = ProviderServer::start().await.unwrap();
    let builder = || MessagesEngine::builder("claude-x").base_url(server.base_url());
    let bearer = MessagesOptions::new().with_bearer(true);
    let cases: [(MessagesEngineBuilder, &str, &str); 3] = [
        (builder().api_key(ApiKey::new("key")), "x-api-key", "key"),
        (
            builder().api_key(ApiKey::new("key")).options(bearer),
            "authorization",
            "Bearer key",
        ),
        (
            builder().token_source(Token),
            "authorization",
            "Bearer token",
        ),
    ];
    for (builder, name, value) in cases {
        server.enqueue(Reply::messages().text("Hi"));
        let mut turn = Turn::builder().user("Hi").build();
        builder
            .build()
            .unwrap()
            .run_inference(&RunContext::new(), &mut turn)
            .await
            .unwrap();
        let request = server.next_request().await;
        request
            .assert_header(name, value)
            .assert_header("anthropic-version", "2023-06-01");
        request.assert_path("/v1/messages");
    }
}

#[tokio::test]
async fn tokens_are_counted_by_the_server() {
    let server = ProviderServer::start().await.unwrap();
    let engine = MessagesEngine::builder("claude-x")
        .base_url(server.base_url())
        .build()
        .unwrap();
    let turn = Turn::builder()
        .system("Be brief.")
        .user("One two three")
        .build();
    let tokens = engine
        .count_input_tokens(&RunContext::new(), &turn)
        .await
        .unwrap();
    assert_eq!(tokens, 5);
}

#[tokio::test]
async fn on_vertex_the_model_is_in_the_address() {
    let server = ProviderServer::start().await.unwrap();
    let base = format!("{}/projects/p/locations/us-east5", server.base_url());
    let engine = MessagesEngine::builder("claude-sonnet-4-5@20250929")
        .base_url(base)
        .token_source(Token)
        .build()
        .unwrap();
    server.enqueue(Reply::messages().text("Hi"));
    let mut turn = Turn::builder().user("Hi").build();
    let ctx = RunContext::new();
    engine.run_inference(&ctx, &mut turn).await.unwrap();
    let request = server.next_request().await;
    request
        .assert_header("authorization", "Bearer token")
        .assert_path(
            "/v1/projects/p/locations/us-east5/publishers/anthropic/models/\
         claude-sonnet-4-5@20250929:streamRawPredict",
        );
    let body = request.json();
    assert_eq!(body["anthropic_version"], "vertex-2023-10-16");
    assert_eq!((body.get("model"), &body["stream"]), (None, &true.into()));
    assert_eq!(engine.count_input_tokens(&ctx, &turn).await.unwrap(), 2);
    let counted = server.next_request().await;
    counted.assert_path(
        "/v1/projects/p/locations/us-east5/publishers/anthropic/models/count-tokens:rawPredict",
    );
    assert_eq!(counted.json()["model"], "claude-sonnet-4-5@20250929");
}
