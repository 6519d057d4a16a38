use geppetto_engine::{InferenceConfig, OutputMode};
use serde_json::json;

use super::{ApiSettings, InferenceSettings};
use crate::{Address, Secret};

fn api(keys: &[(&str, &str)], urls: &[(&str, &str)]) -> ApiSettings {
    let mut api = ApiSettings::default();
    for (name, key) in keys {
        api.set_key(name, Secret::new(key));
    }
    for (name, url) in urls {
        api.set_base_url(name, *url);
    }
    api
}

/// Returns name, address and key of an endpoint.
fn endpoint(api: &ApiSettings, api_type: &str) -> (String, String, String) {
    let endpoint = api.endpoint(api_type);
    (
        endpoint.name,
        endpoint
            .base_url
            .map_or(String::new(), |url| url.as_str().to_owned()),
        endpoint
            .key
            .map_or(String::new(), |key| key.expose().to_owned()),
    )
}

fn is(name: &str, url: &str, key: &str) -> (String, String, String) {
    (name.to_owned(), url.to_owned(), key.to_owned())
}

#[test]
fn responses_fall_back_to_openai() {
    let own = "https://api.openai.com/v1";
    let none = ApiSettings::default();
    assert_eq!(endpoint(&none, "open-responses"), is("openai", own, ""));
    let one = api(&[("openai", "k")], &[]);
    assert_eq!(endpoint(&one, "openai-responses"), is("openai", own, "k"));
    let gateway = api(&[("openai", "k")], &[("openai", "https://gw/v1")]);
    assert_eq!(
        endpoint(&gateway, "open-responses"),
        is("openai", "https://gw/v1", "k")
    );
    let two = api(
        &[("openai", "k"), ("openai-responses", "r")],
        &[("openai", "https://gw/v1")],
    );
    assert_eq!(
        endpoint(&two, "open-responses"),
        is("openai-responses", own, "r")
    );
}

#[test]
fn a_key_never_goes_to_the_address_of_another_name() {
    let api = api(&[("openai", "k")], &[("open-responses", "https://gw/v1")]);
    assert_eq!(
        endpoint(&api, "open-responses"),
        is("open-responses", "https://gw/v1", "")
    );
    assert_eq!(endpoint(&api, "openai").2, "k");
}

#[test]
fn claude_and_anthropic_are_one() {
    let api = api(&[("claude", "k")], &[]);
    for api_type in ["claude", "anthropic"] {
        assert_eq!(
            endpoint(&api, api_type),
            is("claude", "https://api.anthropic.com", "k")
        );
    }
}

#[test]
fn an_api_that_many_servers_have_has_no_address_of_its_own() {
    let endpoint = api(&[("fireworks", "k")], &[]).endpoint("fireworks");
    assert_eq!(endpoint.base_url, None);
    assert!(endpoint.key.is_some());
}

#[test]
fn an_address_that_replaces_another_leaves_its_key() {
    let base = InferenceSettings {
        api: api(&[("openai", "k")], &[]),
        ..InferenceSettings::default()
    };
    let overlay = |url: &str, keys: &[(&str, &str)]| InferenceSettings {
        api: api(keys, &[("openai", url)]),
        ..InferenceSettings::default()
    };
    let key = |overlay| {
        let merged = base.clone().merged(overlay);
        merged.api.key("openai").map(|key| key.expose().to_owned())
    };
    assert_eq!(key(overlay("https://gw/v1", &[])), None);
    assert_eq!(
        key(overlay("https://gw/v1", &[("openai", "g")])).as_deref(),
        Some("g")
    );
    assert_eq!(
        key(overlay("https://api.openai.com/v1/", &[])).as_deref(),
        Some("k")
    );
}

#[test]
fn merging_keeps_what_the_overlay_does_not_set() {
    let mut base = InferenceSettings::default();
    base.chat.engine = Some("a".into());
    base.chat.stop = Some(vec!["x".into()]);
    let mut overlay = InferenceSettings::default();
    overlay.chat.stop = Some(Vec::new());
    overlay.client.timeout = Some(5);
    let merged = base.merged(overlay);
    assert_eq!(merged.chat.engine.as_deref(), Some("a"));
    assert_eq!(merged.chat.stop, Some(Vec::new()));
    assert_eq!(merged.client.time_limit().unwrap().as_secs(), 5);
}

#[test]
fn overrides_come_before_chat_and_both_before_the_provider() {
    let mut settings = InferenceSettings::default();
    settings.chat.temperature = Some(0.5);
    settings.chat.top_p = Some(0.9);
    settings.chat.stop = Some(vec!["x".into()]);
    settings.inference.temperature = Some(0.0);
    settings.inference.stop = Some(Vec::new());
    settings.openai.reasoning_effort = Some("high".into());
    settings.openai.chat_reasoning_effort = Some("low".into());
    let config = InferenceConfig::new()
        .with_temperature(0.0)
        .with_top_p(0.9)
        .with_stop(Vec::<String>::new());
    assert_eq!(
        settings.inference_config(),
        config.clone().with_reasoning_effort("low")
    );
    settings.chat.api_type = Some("openai-responses".into());
    assert_eq!(
        settings.inference_config(),
        config.clone().with_reasoning_effort("high")
    );
    settings.chat.api_type = Some("claude".into());
    assert_eq!(settings.inference_config(), config.clone());
    settings.inference.reasoning_effort = Some("minimal".into());
    assert_eq!(
        settings.inference_config(),
        config.with_reasoning_effort("minimal")
    );
}

#[test]
fn structured_output_is_off_unless_set() {
    let mut settings = InferenceSettings::default();
    settings.chat.structured_output_schema = Some(json!({"type": "object"}));
    assert_eq!(settings.structured_output(), None);
    settings.chat.structured_output_mode = Some("json_schema".into());
    settings.chat.structured_output_name = Some("answer".into());
    let output = settings.structured_output().unwrap();
    assert_eq!(
        (output.mode, output.name.as_str()),
        (OutputMode::JsonSchema, "answer")
    );
    assert_eq!(output.schema, json!({"type": "object"}));
}

#[test]
fn settings_print_without_credentials() {
    let mut settings = InferenceSettings {
        api: api(
            &[("openai", "s3cret")],
            &[("openai", "https://me:s3cret@gw/v1")],
        ),
        ..InferenceSettings::default()
    };
    settings.client.proxy_url = Some(Address::new("http://me:s3cret@proxy:1"));
    let metadata = json!({"api_key": "s3cret"});
    settings.model_info.metadata = Some(metadata.as_object().unwrap().clone().into());
    let json = serde_json::to_string(&settings).unwrap();
    for text in [json, format!("{settings:?}"), format!("{settings:#?}")] {
        assert!(!text.contains("s3cret"), "{text}");
    }
}

#[test]
fn a_document_may_be_the_tree_itself_or_a_configuration_file() {
    for text in [
        "chat: {engine: m}\napi: {api_keys: {openai-api-key: k}}",
        "inference_settings: {chat: {engine: m}, api: {api_keys: {openai-api-key: k}}}",
        "ai-chat: {ai-engine: m}\nopenai-chat: {openai-api-key: k}",
        "ai-engine: m\nopenai-api-key: k",
    ] {
        let settings = InferenceSettings::from_yaml(text).unwrap();
        assert_eq!(settings.chat.engine.as_deref(), Some("m"), "{text}");
        assert_eq!(settings.api.key("openai").unwrap().expose(), "k", "{text}");
    }
}
