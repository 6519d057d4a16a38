//! The cost of a call, where the price is known.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use geppetto_engine::RunContext;
use geppetto_factory::{EngineFactory, StandardFactory};
use geppetto_settings::InferenceSettings;
use geppetto_transport::{
    HttpClient,
    memory::{MemoryTransport, Reply},
};
use geppetto_turns::Turn;

/// A million tokens in, of which half are cached, and half a million out.
const BODY: &str = r#"{"choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}],
    "usage":{"prompt_tokens":1000000,"completion_tokens":500000,"prompt_tokens_details":{"cached_tokens":500000}}}"#;

async fn cost(yaml: &str) -> Option<f64> {
    let settings = InferenceSettings::from_yaml(yaml).unwrap();
    let server = MemoryTransport::new([Reply::ok().chunk(BODY)]);
    let factory = StandardFactory::new().http_client(HttpClient::new(server));
    let engine = factory.create(&settings).unwrap();
    let mut turn = Turn::builder().user("Hi").build();
    let asked = engine.run_inference(&RunContext::new(), &mut turn).await;
    asked.unwrap().cost_usd()
}

#[tokio::test]
async fn at_the_provider_itself_it_is_the_list_price() {
    let openai = "{chat: {engine: gpt-5-mini}, api: {api_keys: {openai-api-key: k-12345678}}}";
    let cost = cost(openai).await.unwrap();
    assert!((cost - (0.125 + 0.0125 + 1.0)).abs() < 1e-9, "{cost}");
}

#[tokio::test]
async fn elsewhere_and_for_other_models_it_is_unknown() {
    let gateway = "{chat: {engine: gpt-5-mini}, api: {base_urls: {openai-base-url: 'https://gateway.test/v1'}}}";
    assert_eq!(cost(gateway).await, None);
    let other = "{chat: {engine: gpt-99}, api: {api_keys: {openai-api-key: k-12345678}}}";
    assert_eq!(cost(other).await, None);
}

#[tokio::test]
async fn the_price_of_the_settings_counts_everywhere() {
    let own = "
chat: {engine: my-model}
api: {base_urls: {openai-base-url: 'https://gateway.test/v1'}}
model_info: {cost: {input: 2, output: 4, cache_read: 1}}
";
    assert_eq!(cost(own).await, Some(1.0 + 0.5 + 2.0));
}
