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
