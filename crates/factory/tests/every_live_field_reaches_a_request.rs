//! Every live field of the catalogue reaches a request, and no other does.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::sync::Arc;

use geppetto_engine::RunContext;
use geppetto_factory::{EngineFactory, FactoryErrorKind, StandardFactory};
use geppetto_settings::{
    App, Field, InferenceSettings, Kind, Layer, MemoryPlatform, Resolver, State, catalogue,
};
use geppetto_transport::{HttpClient, Request, memory::MemoryTransport};
use geppetto_turns::Turn;
use serde_json::{Value, json};

/// Where a field is in a request.
enum At {
    /// In the body, at this JSON pointer.
    Body(&'static str, Value),
    /// In this header.
    Header(&'static str, &'static str),
    /// The beginning of the URL.
    Url(&'static str),
}

/// A live field: its path, the API type, settings that it needs, its value, and where that is in the
/// request.
type Case = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static str,
    At,
);

const SCHEMA: &str = r#"{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}"#;
const FORM: &[(&str, &str)] = &[
    ("ai-structured-output-mode", "json_schema"),
    ("ai-structured-output-name", "form"),
    ("ai-structured-output-schema", SCHEMA),
];

#[allow(clippy::too_many_lines, reason = "a table")]
fn cases() -> Vec<Case> {
    use At::{Body, Header, Url};
    let schema = || serde_json::from_str::<Value>(SCHEMA).unwrap();
    let chat = |path, value, at| (path, "openai", &[] as &[_], value, at);
    let responses = |path, value, at| (path, "openai-responses", &[] as &[_], value, at);
    let form = |path, value, at| (path, "openai", FORM, value, at);
    let mut cases = vec![
        chat("chat.engine", "my-model", Body("/model", json!("my-model"))),
        chat(
            "chat.max_response_tokens",
            "7",
            Body("/max_completion_tokens", json!(7)),
        ),
        chat("chat.temperature", "0.3", Body("/temperature", json!(0.3))),
        chat("chat.top_p", "0.3", Body("/top_p", json!(0.3))),
        chat("chat.stop", "a,b", Body("/stop", json!(["a", "b"]))),
        form(
            "chat.structured_output_mode",
            "json_schema",
            Body("/response_format/type", json!("json_schema")),
        ),
        form(
            "chat.structured_output_name",
            "other",
            Body("/response_format/json_schema/name", json!("other")),
        ),
        form(
            "chat.structured_output_description",
            "d",
            Body("/response_format/json_schema/description", json!("d")),
        ),
        form(
            "chat.structured_output_schema",
            SCHEMA,
            Body("/response_format/json_schema/schema", schema()),
        ),
        form(
            "chat.structured_output_strict",
            "false",
            Body("/response_format/json_schema/strict", json!(false)),
        ),
        chat(
            "inference.temperature",
            "0.3",
            Body("/temperature", json!(0.3)),
        ),
        chat("inference.top_p", "0.3", Body("/top_p", json!(0.3))),
        chat(
            "inference.max_response_tokens",
            "7",
            Body("/max_completion_tokens", json!(7)),
        ),
        chat("inference.stop", "a", Body("/stop", json!(["a"]))),
        chat("inference.seed", "-7", Body("/seed", json!(-7))),
        chat(
            "inference.reasoning_effort",
            "low",
            Body("/reasoning_effort", json!("low")),
        ),
        responses(
            "inference.reasoning_summary",
            "auto",
            Body("/reasoning/summary", json!("auto")),
        ),
        chat("openai.n", "2", Body("/n", json!(2))),
        chat(
            "openai.presence_penalty",
            "0.5",
            Body("/presence_penalty", json!(0.5)),
        ),
        chat(
            "openai.frequency_penalty",
            "-0.5",
            Body("/frequency_penalty", json!(-0.5)),
        ),
        chat(
            "openai.logit_bias",
            r#"{"50256":-100}"#,
            Body("/logit_bias", json!({"50256": -100})),
        ),
        responses(
            "openai.reasoning_effort",
            "low",
            Body("/reasoning/effort", json!("low")),
        ),
        responses(
            "openai.reasoning_summary",
            "auto",
            Body("/reasoning/summary", json!("auto")),
        ),
        chat(
            "openai.chat_reasoning_effort",
            "low",
            Body("/reasoning_effort", json!("low")),
        ),
    ];
    let version = Url("https://generativelanguage.googleapis.com/v1/models/");
    let gemini = |path, value, at| (path, "gemini", GEMINI, value, at);
    cases.extend([
        gemini(
            "api.api_keys.gemini-api-key",
            "a-key-of-its-own",
            Header("x-goog-api-key", "a-key-of-its-own"),
        ),
        gemini(
            "api.base_urls.gemini-base-url",
            "https://other.test",
            Url("https://other.test/v1beta/models/test-model:"),
        ),
        gemini("gemini.api_version", "v1", version),
        gemini(
            "gemini.include_thoughts",
            "true",
            Body(
                "/generationConfig/thinkingConfig/includeThoughts",
                json!(true),
            ),
        ),
        gemini(
            "gemini.thinking_budget",
            "-1",
            Body("/generationConfig/thinkingConfig/thinkingBudget", json!(-1)),
        ),
        gemini(
            "gemini.thinking_level",
            "low",
            Body(
                "/generationConfig/thinkingConfig",
                json!({"thinkingLevel": "low"}),
            ),
        ),
    ]);
    let claude = |path, value, at| (path, "claude", CLAUDE, value, at);
    let mark = "/messages/0/content/0/cache_control";
    cases.extend([
        claude(
            "api.api_keys.claude-api-key",
            "a-key-of-its-own",
            Header("x-api-key", "a-key-of-its-own"),
        ),
        claude(
            "api.base_urls.claude-base-url",
            "https://other.test/v1",
            Url("https://other.test/v1/messages"),
        ),
        claude("claude.top_k", "5", Body("/top_k", json!(5))),
        claude("claude.user_id", "u", Body("/metadata/user_id", json!("u"))),
        claude(
            "claude.cache",
            "5m",
            Body(mark, json!({"type": "ephemeral"})),
        ),
    ]);
    let deepseek: &[_] = &[("openai-base-url", "https://api.deepseek.com/v1")];
    for path in ["inference.thinking_type", "openai.thinking_type"] {
        let at = Body("/thinking/type", json!("enabled"));
        cases.push((path, "openai", deepseek, "enabled", at));
    }
    for (key, url, api_type) in [
        (
            "api.api_keys.openai-api-key",
            "api.base_urls.openai-base-url",
            "openai",
        ),
        (
            "api.api_keys.openai-responses-api-key",
            "api.base_urls.openai-responses-base-url",
            "openai-responses",
        ),
        (
            "api.api_keys.open-responses-api-key",
            "api.base_urls.open-responses-base-url",
            "open-responses",
        ),
        (
            "api.api_keys.anyscale-api-key",
            "api.base_urls.anyscale-base-url",
            "anyscale",
        ),
        (
            "api.api_keys.fireworks-api-key",
            "api.base_urls.fireworks-base-url",
            "fireworks",
        ),
        (
            "api.api_keys.ollama-api-key",
            "api.base_urls.ollama-base-url",
            "ollama",
        ),
    ] {
        let address: &[_] = match api_type {
            "anyscale" => &[("anyscale-base-url", "https://gateway.test/v1")],
            "fireworks" => &[("fireworks-base-url", "https://gateway.test/v1")],
            _ => &[],
        };
        let key_at = Header("authorization", "Bearer a-key-of-its-own");
        cases.push((key, api_type, address, "a-key-of-its-own", key_at));
        let url_at = Url("https://other.test/v1/");
        cases.push((url, api_type, &[], "https://other.test/v1", url_at));
    }
    cases
}

/// What an engine of Google's own server needs.
const GEMINI: &[(&str, &str)] = &[("gemini-api-key", "key-of-google")];

/// What an engine of Anthropic's own server needs.
const CLAUDE: &[(&str, &str)] = &[("claude-api-key", "key-of-anthropic")];

/// Live fields of providers that are not built in: none of them creates an engine.
const NOT_BUILT_IN: &[(&str, &str)] = &[
    // Keys and addresses of names that have no API type: nothing asks for them.
    ("api.api_keys.*", "my-own"),
    ("api.base_urls.*", "my-own"),
];

/// Live fields that OpenAI's APIs do not have. An `info` event names them.
const NOT_SENT: &[&str] = &["inference.thinking_budget"];

fn resolve(api_type: &str, given: &[(&str, &str)]) -> InferenceSettings {
    let base = [
        ("ai-api-type", api_type),
        ("ai-engine", "test-model"),
        ("openai-api-key", "key-of-openai"),
    ];
    let mut layer = Layer::flags();
    // A later value of the same layer does not replace an earlier one in the test's favour: each is set once.
    let is_given = |name: &str| {
        let path = catalogue::by_flag(name).unwrap().path;
        given.iter().any(|(given, _)| *given == path)
    };
    for (name, text) in base {
        if !is_given(name) {
            layer = layer.set(name, text).unwrap();
        }
    }
    for (name, text) in given {
        layer = layer.set(name, text).unwrap();
    }
    let app = App::new("pinocchio");
    let platform = MemoryPlatform::new();
    let resolver = Resolver::new(&app).platform(&platform).layer(layer);
    resolver.resolve().unwrap().settings
}

/// The request of an engine with these settings. The server answers nothing.
async fn request(api_type: &str, given: &[(&str, &str)]) -> Request {
    let server = Arc::new(MemoryTransport::new([]));
    let factory = StandardFactory::new().http_client(HttpClient::new(Arc::clone(&server)));
    let engine = factory.create(&resolve(api_type, given)).unwrap();
    let mut turn = Turn::builder().user("Hi").build();
    let asked = engine.run_inference(&RunContext::new(), &mut turn).await;
    assert!(asked.is_err());
    server.requests().remove(0)
}

fn body(request: &Request) -> Value {
    serde_json::from_slice(request.body()).unwrap()
}

fn shape(request: &Request) -> (String, String, Value) {
    (
        request.url().to_owned(),
        format!("{:?}", request.headers()),
        body(request),
    )
}

#[tokio::test]
async fn every_live_field_has_a_place() {
    for (path, api_type, needed, value, at) in cases() {
        // What is needed is set by flag, and what is looked at by path.
        let field = catalogue::by_path(path).unwrap();
        let mut given: Vec<(&str, &str)> = needed
            .iter()
            .copied()
            .filter(|(flag, _)| Some(*flag) != field.flag)
            .collect();
        given.push((path, value));
        let request = request(api_type, &given).await;
        match at {
            At::Body(pointer, expected) => {
                let body = body(&request);
                assert_eq!(body.pointer(pointer), Some(&expected), "{path}: {body}");
            }
            At::Header(name, expected) => {
                let value = request.headers().get(name);
                let value = value.map(|value| value.to_str().unwrap());
                assert_eq!(value, Some(expected), "{path}");
            }
            At::Url(expected) => assert!(request.url().starts_with(expected), "{path}"),
        }
    }
}

#[test]
fn no_live_field_is_left_out_of_the_table() {
    let cases = cases();
    let has_place = |field: &Field| {
        cases.iter().any(|(path, ..)| *path == field.path)
            || NOT_BUILT_IN.iter().any(|(path, _)| *path == field.path)
            || NOT_SENT.contains(&field.path)
    };
    for field in catalogue::fields() {
        let is_live = field.state == State::Live;
        assert_eq!(
            is_live,
            has_place(field),
            "{} is live: {is_live}",
            field.path
        );
    }
}

#[test]
fn a_provider_that_is_not_built_in_says_which_feature_has_it() {
    for (path, api_type) in NOT_BUILT_IN {
        let settings = resolve_loosely(api_type);
        let error = StandardFactory::new().create(&settings).err().unwrap();
        let feature = match *api_type {
            "claude" | "anthropic" => "built without feature `anthropic`",
            _ => {
                assert_eq!(error.kind(), FactoryErrorKind::UnknownApiType, "{path}");
                continue;
            }
        };
        assert_eq!(error.kind(), FactoryErrorKind::NotBuiltIn, "{path}");
        assert!(error.to_string().contains(feature), "{error}");
    }
}

fn resolve_loosely(api_type: &str) -> InferenceSettings {
    let mut settings = resolve("openai", &[]);
    settings.chat.api_type = Some(api_type.to_owned());
    settings
}

#[tokio::test]
async fn what_the_api_has_no_field_for_is_not_sent() {
    for api_type in ["openai", "openai-responses"] {
        let plain = shape(&request(api_type, &[]).await);
        for path in NOT_SENT {
            let with = shape(&request(api_type, &[(path, "7")]).await);
            assert_eq!(with, plain, "{path}");
        }
    }
    let penalties = [("openai.n", "2"), ("openai.presence_penalty", "1")];
    let plain = shape(&request("openai-responses", &[]).await);
    assert_eq!(shape(&request("openai-responses", &penalties).await), plain);
}

#[tokio::test]
async fn no_ignored_or_local_field_reaches_a_request() {
    for api_type in ["openai", "openai-responses", "ollama"] {
        let plain = shape(&request(api_type, &[]).await);
        for field in catalogue::fields().filter(|field| field.state != State::Live) {
            // They say which settings are used, and the API type which request is made.
            let decides = ["chat.api_type", "profile.", "command."];
            if decides.iter().any(|path| field.path.starts_with(path)) {
                continue;
            }
            let path = field.path.replace('*', "openai");
            let with = shape(&request(api_type, &[(&path, sample(field))]).await);
            assert_eq!(with, plain, "{path}");
        }
    }
}

fn sample(field: &Field) -> &'static str {
    match field.kind {
        Kind::Text | Kind::List => field.values.first().copied().unwrap_or("sample"),
        Kind::Int(min, _) if min > 0 => "1",
        Kind::Int(..) | Kind::Seconds => "7",
        Kind::Float(..) => "0.5",
        Kind::Bool => "true",
        Kind::Choice => field.values.last().copied().unwrap(),
        Kind::Json | Kind::Map => r#"{"sample":1}"#,
        Kind::Secret => "sample-of-a-key",
        Kind::Url => "https://sample.test/v1",
        other => panic!("{other:?} has no sample"),
    }
}
