use geppetto_engine::{
    Engine, ErrorKind, InferenceConfig, RunContext, StructuredOutput, keys as engine,
};
use geppetto_providers_anthropic::{Cache, MessagesEngine, MessagesOptions};
use geppetto_testing::{ProviderServer, Reply};
use geppetto_turns::Turn;
use serde_json::{Value, json};

const SIGNATURE: &str = "messages.1.content.0: Invalid `signature` in `thinking` block";

fn refused(message: &str) -> Reply {
    Reply::error(400, "", message)
}

#[tokio::test]
async fn thinking_with_a_refused_signature() {
    let server = ProviderServer::start().await.unwrap();
    let engine = MessagesEngine::builder("claude-sonnet-4-5")
        .base_url(server.base_url())
        .build()
        .unwrap();
    let mut turn = Turn::builder().user("Hi").build();
    let replies: [Reply; 4] = [
        Reply::messages().thinking("Hm.").text("Yes.").into(),
        refused(SIGNATURE),
        Reply::messages().text("Again.").into(),
        Reply::messages().text("And again.").into(),
    ];
    replies.into_iter().for_each(|reply| server.enqueue(reply));
    for _ in 0..3 {
        engine
            .run_inference(&RunContext::new(), &mut turn)
            .await
            .unwrap();
        turn.push_user("On.", []);
    }
    let sent: Vec<bool> = server
        .requests()
        .iter()
        .map(|request| request.json().to_string().contains("\"thinking\""))
        .collect();
    assert_eq!(sent, [false, true, false, false]);
}

/// Returns the last body after the server refused a request with this message.
async fn corrected(message: &str, pointer: &str) -> Value {
    let server = ProviderServer::start().await.unwrap();
    server.accept_anything();
    server.enqueue(refused(message));
    server.enqueue(Reply::messages().text("{}"));
    let config = InferenceConfig::new()
        .with_temperature(1.0)
        .with_thinking_budget(2000);
    let schema = json!({"type": "object", "properties": {}});
    let mut turn = Turn::builder().user("Hi").build();
    turn.data.set(&engine::INFERENCE_CONFIG, &config).unwrap();
    let output = StructuredOutput::json_schema("empty", schema);
    turn.data.set(&engine::STRUCTURED_OUTPUT, &output).unwrap();
    let engine = MessagesEngine::builder("my-claude")
        .base_url(server.base_url())
        .options(MessagesOptions::new().with_cache(Cache::FiveMinutes))
        .build()
        .unwrap();
    engine
        .run_inference(&RunContext::new(), &mut turn)
        .await
        .unwrap();
    let last = server.requests().pop().unwrap();
    last.json().pointer(pointer).cloned().unwrap_or_default()
}

#[tokio::test]
async fn settings_that_the_model_does_not_have() {
    let adaptive = "\"thinking.type.enabled\" is not supported for this model. Use \
        \"thinking.type.adaptive\" and \"output_config.effort\" to control thinking behavior.";
    assert_eq!(
        corrected(adaptive, "/thinking").await,
        json!({"type": "adaptive"})
    );
    let hot = "`temperature` is deprecated for this model.";
    assert_eq!(corrected(hot, "/temperature").await, Value::Null);
    let format = "output_config.format: Extra inputs are not permitted";
    assert_eq!(corrected(format, "/output_config").await, Value::Null);
    assert!(
        corrected(format, "/system/0/text")
            .await
            .to_string()
            .contains("JSON schema")
    );
    let cache = "messages.0.content.0.text.cache_control: Extra inputs are not permitted";
    assert_eq!(
        corrected(cache, "/messages/0/content/0/cache_control").await,
        Value::Null
    );
}

#[tokio::test]
async fn an_invalid_request_is_an_error() {
    let server = ProviderServer::start().await.unwrap();
    let long = "prompt is too long: 3333404 tokens > 200000 maximum";
    server.enqueue(refused(long));
    let engine = MessagesEngine::builder("claude-x")
        .base_url(server.base_url())
        .build()
        .unwrap();
    let mut turn = Turn::builder().user("Hi").build();
    let error = engine
        .run_inference(&RunContext::new(), &mut turn)
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), server.request_count()),
        (ErrorKind::ContextTooLong, 1)
    );
}
