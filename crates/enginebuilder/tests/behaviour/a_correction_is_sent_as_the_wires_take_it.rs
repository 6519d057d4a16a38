//! The question that requests another answer follows the first answer, on each wire.

use geppetto_engine::{Engine, StructuredOutput};
use geppetto_enginebuilder::Builder;
use geppetto_providers_openai::{ChatEngine, ResponsesEngine};
use geppetto_session::Session;
use geppetto_testing::{ProviderServer, Reply};
use serde_json::{Value, json};

/// Requests a city, and receives it at the second attempt. Returns the messages of the second
/// request.
async fn corrected(engine: impl Engine + 'static, server: &ProviderServer) -> Vec<Value> {
    let schema = json!({
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
    });
    let output = StructuredOutput::json_schema("place", schema).with_retries(1);
    let session = Session::new(Builder::new(engine));
    let run = session.prompt("Where?").output_schema(output);
    let outcome = run.submit().await.unwrap().outcome().await;
    assert_eq!(outcome.value().unwrap(), json!({"city": "Oslo"}));
    assert_eq!(outcome.usage.input_tokens, 20);
    assert_eq!(session.stream().violations(), []);
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    let schemas = |request: &geppetto_testing::ReceivedRequest| request.json().to_string();
    assert!(
        requests
            .iter()
            .map(schemas)
            .all(|body| body.contains("place"))
    );
    requests.last().unwrap().messages().to_vec()
}

fn roles(messages: &[Value]) -> Vec<&str> {
    messages
        .iter()
        .filter_map(|own| own["role"].as_str())
        .collect()
}

#[tokio::test]
async fn over_chat_completions() {
    let server = ProviderServer::start().await.unwrap();
    server.enqueue(Reply::chat().text("In Oslo.").finish("stop").usage(10, 5));
    let city = r#"{"city": "Oslo"}"#;
    server.enqueue(Reply::chat().text(city).finish("stop").usage(10, 5));
    let engine = ChatEngine::builder("gpt-5-mini").base_url(server.base_url());
    let messages = corrected(engine.build().unwrap(), &server).await;
    assert_eq!(roles(&messages), ["user", "assistant", "user"]);
    let question = messages.last().unwrap()["content"].to_string();
    assert!(question.contains("cannot be used"), "{question}");
}

#[tokio::test]
async fn over_responses() {
    let server = ProviderServer::start().await.unwrap();
    server.enqueue(Reply::responses().text(r#"{"ville": 1}"#).usage(10, 5));
    server.enqueue(Reply::responses().text(r#"{"city": "Oslo"}"#).usage(10, 5));
    let engine = ResponsesEngine::builder("gpt-5-mini").base_url(server.base_url());
    let messages = corrected(engine.build().unwrap(), &server).await;
    assert_eq!(roles(&messages), ["user", "assistant", "user"]);
    let question = messages.last().unwrap().to_string();
    assert!(question.contains("$.city: missing"), "{question}");
}
