use geppetto_engine::ErrorKind;
use geppetto_provider::ApiKey;

use super::*;

#[test]
fn a_missing_key_is_named_before_anything_is_sent() {
    let error = ResponsesEngine::builder("m").build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().starts_with("api_key: "));
    let local = ResponsesEngine::builder("m").base_url("http://127.0.0.1:1/v1");
    assert!(local.build().is_ok());
    let error = ResponsesEngine::builder(" ").build().unwrap_err();
    assert!(error.to_string().starts_with("model: "));
}

#[test]
fn the_key_is_never_shown() {
    let engine = ResponsesEngine::builder("m")
        .api_key(ApiKey::new("sk-very-secret-0123456789"))
        .build()
        .unwrap();
    assert!(!format!("{engine:?}").contains("very-secret"));
}

#[test]
fn a_server_keeps_nothing_unless_it_is_asked_to() {
    assert_eq!(ResponsesOptions::default(), ResponsesOptions::new());
    let engine = ResponsesEngine::builder("m").base_url("http://127.0.0.1:1/v1");
    let engine = engine.build().unwrap();
    assert_eq!(engine.wire().options().store, Some(false));
}
