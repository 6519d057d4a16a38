use geppetto_engine::{ErrorKind, InferenceConfig};
use geppetto_provider::ApiKey;

use super::*;

#[test]
fn debug_of_the_settings_shows_no_secret() {
    let key = "plainlookingsecret42";
    let chat = ChatEngine::builder("m")
        .base_url(format!("http://robot99:{key}@localhost/v1?key={key}"))
        .header("authorization", format!("Bearer {key}"))
        .header("x-tenant", key);
    let responses = crate::ResponsesEngine::builder("m")
        .base_url(format!("http://robot99:{key}@localhost/v1?key={key}"))
        .api_key(ApiKey::new(key))
        .header("x-api-key", key);
    let shown = format!("{chat:?} {chat:#?} {responses:?} {responses:#?}");
    assert!(
        !shown.contains(key) && !shown.contains("robot99"),
        "{shown}"
    );
    assert!(shown.contains("x-tenant"), "{shown}");
    let engine = format!("{:?}", chat.build().unwrap());
    assert!(
        !engine.contains(key) && !engine.contains("robot99"),
        "{engine}"
    );
}

#[test]
fn openai_wants_a_key_and_says_which() {
    let error = ChatEngine::builder("m").build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("OPENAI_API_KEY"), "{error}");
    let by_key = ChatEngine::builder("m").api_key(ApiKey::new("k-123456"));
    assert!(by_key.build().is_ok());
    let by_header = ChatEngine::builder("m").header("Authorization", "Bearer k-123456");
    assert!(by_header.build().is_ok());
    assert!(
        ChatEngine::builder("m")
            .base_url("http://localhost:1/v1")
            .build()
            .is_ok()
    );
}

#[test]
fn settings_that_cannot_work_are_named() {
    let local = |model: &str| ChatEngine::builder(model).base_url("http://localhost:1/v1");
    let said = |builder: ChatEngineBuilder| builder.build().unwrap_err().to_string();
    assert!(said(local(" ")).starts_with("model: "));
    let hot = InferenceConfig::new().with_temperature(3.0);
    assert!(said(local("m").defaults(hot)).starts_with("temperature: "));
    assert!(said(local("m").header("no good", "v")).contains("no good"));
}

#[test]
fn a_base_url_that_names_no_server_is_refused_before_anything_is_asked() {
    let built = |url: &str| ChatEngine::builder("m").base_url(url).build();
    for url in [
        "localhost:11434/v1",
        "127.0.0.1:9",
        "/v1",
        "",
        "http://",
        "https:///v1",
        "http://?key=topsecret",
        "ftp://host/v1",
    ] {
        let error = built(url).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{url}");
        let said = error.to_string();
        assert!(
            said.starts_with("base_url: ") && said.contains("http://localhost"),
            "{said}"
        );
        assert!(!said.contains("topsecret"), "{said}");
    }
    for url in [
        " HTTP://localhost:1/v1 ",
        "http://[::1]:1",
        "https://host.test?api-version=1",
    ] {
        assert!(built(url).is_ok(), "{url}");
    }
}

#[test]
fn a_key_that_is_empty_is_no_key() {
    for url in ["https://api.openai.com/v1", "http://localhost:1/v1"] {
        let builder = ChatEngine::builder("m")
            .base_url(url)
            .api_key(ApiKey::new(" \n"));
        let said = builder.build().unwrap_err().to_string();
        assert!(said.starts_with("api_key: is empty"), "{said}");
    }
}

#[test]
fn the_key_is_in_no_debug_text() {
    let engine = ChatEngine::builder("m")
        .api_key(ApiKey::new("verysecretkeyvalue"))
        .options(ChatOptions::new().with_organization("org"))
        .header("openai-project", "proj")
        .build()
        .unwrap();
    let text = format!("{engine:?}");
    assert!(!text.contains("verysecretkeyvalue"), "{text}");
    assert!(
        text.contains("openai-project") && text.contains("org"),
        "{text}"
    );
}

fn body(model: &str, options: ChatOptions, turn: &Turn) -> (Value, Settings) {
    let builder = ChatEngine::builder(model).base_url("http://localhost:1/v1");
    let engine = builder.options(options).build().unwrap();
    let settings = engine.settings(turn).unwrap();
    let request = engine.wire().request(&Inference::new(turn, &settings));
    let body = serde_json::from_slice(request.unwrap().body()).unwrap();
    (body, settings)
}

fn sampling() -> ChatOptions {
    let bias = serde_json::Map::from_iter([("50256".to_owned(), Value::from(-100))]);
    ChatOptions::new()
        .with_n(2)
        .with_presence_penalty(0.5)
        .with_frequency_penalty(-0.5)
        .with_logit_bias(bias)
}

#[test]
fn sampling_of_the_options_is_sent_unless_the_turn_sets_it() {
    let plain = Turn::builder().user("Hi").build();
    let (sent, _) = body("m", sampling(), &plain);
    let fields = ["n", "presence_penalty", "frequency_penalty", "logit_bias"];
    let sent = fields.map(|name| sent[name].clone());
    let bias = serde_json::json!({"50256": -100});
    assert_eq!(sent, [2.into(), 0.5.into(), (-0.5).into(), bias]);

    let own = serde_json::json!({"n": 3, "presence_penalty": null});
    let builder = Turn::builder().user("Hi");
    let turn = builder
        .data(&crate::keys::OPENAI_INFERENCE_CONFIG, &own)
        .unwrap()
        .build();
    let (sent, _) = body("m", sampling(), &turn);
    assert_eq!(sent["n"], 3);
    assert!(sent.get("presence_penalty").is_none(), "{sent}");
}

#[test]
fn a_reasoning_model_gets_no_penalties_and_the_user_is_told() {
    let plain = Turn::builder().user("Hi").build();
    let (sent, settings) = body("gpt-5-mini", sampling(), &plain);
    for name in ["presence_penalty", "frequency_penalty", "logit_bias"] {
        assert!(
            sent.get(name).is_none() && settings.unsent.has(name),
            "{name}"
        );
    }
    assert_eq!(sent["n"], 2);
}
