//! From files, variables and flags to the host and the key of a request.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::sync::Arc;

use async_trait::async_trait;
use geppetto_engine::{Engine, EngineError, RunContext};
use geppetto_factory::{EngineFactory, FactoryError, StandardFactory};
use geppetto_provider::{ApiKey, TokenSource};
use geppetto_settings::{App, Layer, MemoryPlatform, Resolved, Resolver};
use geppetto_transport::{HttpClient, memory::MemoryTransport};
use geppetto_turns::Turn;

const PROFILES: &str = "
slug: mine
profiles:
  default:
    slug: default
    inference_settings:
      chat: {engine: m}
  gateway:
    slug: gateway
    inference_settings:
      chat: {engine: m}
      api:
        api_keys: {openai-api-key: key-of-the-profile}
        base_urls: {openai-base-url: 'https://gateway.test/v1'}
  local:
    slug: local
    inference_settings:
      chat: {engine: m}
      api:
        base_urls: {openai-base-url: 'http://127.0.0.1:8080/v1'}
";

fn platform() -> MemoryPlatform {
    MemoryPlatform::new()
        .with_file("/me/.config/pinocchio/profiles.yaml", PROFILES)
        .with_variable("OPENAI_API_KEY", "key-of-openai")
        .with_variable("PINOCCHIO_AI_ENGINE", "m")
}

fn resolve(platform: &MemoryPlatform, flags: &[(&str, &str)]) -> Resolved {
    let mut layer = Layer::flags();
    for (flag, value) in flags {
        layer = layer.set(flag, value).unwrap();
    }
    let app = App::new("pinocchio");
    let resolver = Resolver::new(&app).platform(platform).layer(layer);
    resolver.resolve().unwrap()
}

/// Host and authorization of the request that an engine sends.
async fn sent(
    factory: StandardFactory,
    resolved: &Resolved,
) -> Result<(String, Option<String>), FactoryError> {
    let server = Arc::new(MemoryTransport::new([]));
    let factory = factory.http_client(HttpClient::new(Arc::clone(&server)));
    let engine: Arc<dyn Engine> = factory.create(&resolved.settings)?;
    let mut turn = Turn::builder().user("Hi").build();
    let asked = engine.run_inference(&RunContext::new(), &mut turn).await;
    assert!(asked.is_err());
    let request = server.requests().remove(0);
    let host = request.url().split('/').nth(2).unwrap().to_owned();
    let key = request.headers().get("authorization");
    Ok((host, key.map(|key| key.to_str().unwrap().to_owned())))
}

async fn asked(platform: &MemoryPlatform, flags: &[(&str, &str)]) -> (String, Option<String>) {
    let resolved = resolve(platform, flags);
    sent(StandardFactory::new(), &resolved).await.unwrap()
}

fn pair(host: &str, key: Option<&str>) -> (String, Option<String>) {
    (host.to_owned(), key.map(|key| format!("Bearer {key}")))
}

#[tokio::test]
async fn a_well_known_key_goes_to_its_provider_only() {
    let plain = asked(&platform(), &[]).await;
    assert_eq!(plain, pair("api.openai.com", Some("key-of-openai")));
    let local = asked(&platform(), &[("profile", "local")]).await;
    assert_eq!(local, pair("127.0.0.1:8080", None));
    let flag = asked(&platform(), &[("openai-base-url", "https://else.test/v1")]).await;
    assert_eq!(flag, pair("else.test", None));
}

#[tokio::test]
async fn a_profile_keeps_its_own_key_whatever_the_environment_says() {
    let platform = platform().with_variable("PINOCCHIO_OPENAI_API_KEY", "key-of-the-variable");
    let gateway = asked(&platform, &[("profile", "gateway")]).await;
    assert_eq!(gateway, pair("gateway.test", Some("key-of-the-profile")));
}

#[tokio::test]
async fn a_repository_gets_no_key_of_the_user() {
    let project = "openai-chat:\n  openai-base-url: https://evil.test/v1\n";
    let platform = platform()
        .with_file("/project/.pinocchio.yml", project)
        .with_variable("PINOCCHIO_OPENAI_API_KEY", "key-of-the-variable");
    assert_eq!(asked(&platform, &[]).await, pair("evil.test", None));
}

#[tokio::test]
async fn responses_fall_back_to_the_pair_of_openai() {
    let flags = [("profile", "gateway"), ("ai-api-type", "open-responses")];
    let gateway = asked(&platform(), &flags).await;
    assert_eq!(gateway, pair("gateway.test", Some("key-of-the-profile")));
    let own = [
        ("profile", "gateway"),
        ("ai-api-type", "openai-responses"),
        ("openai-responses-base-url", "https://third.test/v1"),
    ];
    assert_eq!(asked(&platform(), &own).await, pair("third.test", None));
}

/// Its `Debug` shows what it should not.
#[derive(Debug)]
struct Login {
    _refresh: &'static str,
}

const LOGIN: Login = Login {
    _refresh: "refresh-token",
};

#[async_trait]
impl TokenSource for Login {
    async fn token(&self) -> Result<ApiKey, EngineError> {
        Ok(ApiKey::new("token-of-the-login"))
    }
}

#[tokio::test]
async fn a_token_goes_to_the_server_that_it_is_for() {
    let factory = || StandardFactory::new().token_source("https://gateway.test", LOGIN);
    let shown = format!("{:?}", factory());
    assert!(
        shown.contains("gateway.test") && !shown.contains("refresh-token"),
        "{shown}"
    );
    let gateway = resolve(&platform(), &[("profile", "gateway")]);
    assert_eq!(
        sent(factory(), &gateway).await.unwrap(),
        pair("gateway.test", Some("token-of-the-login"))
    );
    let openai = resolve(&platform(), &[]);
    assert_eq!(
        sent(factory(), &openai).await.unwrap(),
        pair("api.openai.com", Some("key-of-openai"))
    );
    for similar in [
        "https://gateway.test:8443/v1",
        "http://gateway.test/v1",
        "https://gateway.test.evil.test/v1",
    ] {
        let resolved = resolve(&platform(), &[("openai-base-url", similar)]);
        let (_, key) = sent(factory(), &resolved).await.unwrap();
        assert_eq!(key, None, "{similar}");
    }
}

#[tokio::test]
async fn an_address_of_ollama_may_lack_the_path_of_its_api() {
    for (given, expected) in [
        ("http://box:11434", "http://box:11434/v1"),
        ("http://box:11434/", "http://box:11434/v1"),
        ("http://box:11434/api/", "http://box:11434/v1"),
        ("http://box:11434/v1/", "http://box:11434/v1"),
        ("http://box/ollama/v1", "http://box/ollama/v1"),
    ] {
        let flags = [("ai-api-type", "ollama"), ("ollama-base-url", given)];
        let resolved = resolve(&platform(), &flags);
        let server = Arc::new(MemoryTransport::new([]));
        let http = HttpClient::new(Arc::clone(&server));
        let factory = StandardFactory::new().http_client(http);
        let engine = factory.create(&resolved.settings).unwrap();
        let mut turn = Turn::builder().user("Hi").build();
        let asked = engine.run_inference(&RunContext::new(), &mut turn).await;
        assert!(asked.is_err());
        let request = server.requests().remove(0);
        assert_eq!(request.url(), format!("{expected}/chat/completions"));
    }
}
