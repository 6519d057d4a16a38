//! Errors name the flag, the variable and the profile, and no error or debug text has a secret.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use geppetto_factory::{
    EngineFactory, FactoryError, FactoryErrorKind, StandardFactory, engine_from_resolved,
    engine_from_settings,
};
use geppetto_settings::{App, InferenceSettings, Layer, MemoryPlatform, Resolved, Resolver};

const PROFILES: &str = "
slug: mine
profiles:
  fast:
    slug: fast
    inference_settings:
      chat: {api_type: openai}
";

fn resolve(platform: MemoryPlatform, flags: &[(&str, &str)]) -> Resolved {
    let mut layer = Layer::flags();
    for (flag, value) in flags {
        layer = layer.set(flag, value).unwrap();
    }
    let app = App::new("my-app");
    let platform = platform.with_file("/me/.config/my-app/profiles.yaml", PROFILES);
    let resolver = Resolver::new(&app).platform(&platform).layer(layer);
    resolver.resolve().unwrap()
}

fn failure(platform: MemoryPlatform, flags: &[(&str, &str)]) -> FactoryError {
    let resolved = resolve(platform, flags);
    engine_from_resolved(&resolved).err().unwrap()
}

#[test]
fn a_missing_model_is_named() {
    let error = failure(MemoryPlatform::new(), &[("profile", "fast")]);
    assert_eq!(error.kind(), FactoryErrorKind::MissingModel);
    assert_eq!(
        error.to_string(),
        "no model is set; set it with --ai-engine, MY_APP_AI_ENGINE, or `inference_settings.chat.engine` of the \
         profile fast (/me/.config/my-app/profiles.yaml:4)"
    );
}

#[test]
fn a_missing_key_is_named() {
    let error = failure(MemoryPlatform::new(), &[("ai-engine", "m")]);
    assert_eq!(error.kind(), FactoryErrorKind::MissingKey);
    assert_eq!(
        error.to_string(),
        "no API key is set for `openai` at https://api.openai.com/v1; set it with --openai-api-key, \
         MY_APP_OPENAI_API_KEY, OPENAI_API_KEY, or `inference_settings.api.api_keys.openai-api-key` of the profile \
         fast (/me/.config/my-app/profiles.yaml:4)"
    );
}

#[test]
fn a_missing_address_is_named() {
    let error = failure(
        MemoryPlatform::new(),
        &[("ai-engine", "m"), ("ai-api-type", "fireworks")],
    );
    assert_eq!(error.kind(), FactoryErrorKind::MissingAddress);
    assert!(
        error.to_string().contains("--fireworks-base-url"),
        "{error}"
    );
}

#[test]
fn an_unknown_api_type_is_answered_with_the_known_ones() {
    let error = failure(MemoryPlatform::new(), &[("ai-api-type", "opnai")]);
    assert_eq!(error.kind(), FactoryErrorKind::UnknownApiType);
    let said = error.to_string();
    for word in ["`opnai`", "openai-responses", "ollama", "--ai-api-type"] {
        assert!(said.contains(word), "{said}");
    }
}

#[test]
fn a_local_server_needs_no_key() {
    let ollama = [("ai-engine", "m"), ("ai-api-type", "ollama")];
    let local = [
        ("ai-engine", "m"),
        ("openai-base-url", "http://127.0.0.1:8080/v1"),
    ];
    for flags in [ollama, local] {
        assert!(engine_from_resolved(&resolve(MemoryPlatform::new(), &flags)).is_ok());
    }
}

#[test]
fn what_the_engine_does_not_take_is_its_error() {
    let mut settings = InferenceSettings::default();
    settings.chat.engine = Some("m".to_owned());
    settings.api.set_base_url("openai", "localhost:8080");
    let error = engine_from_settings(&settings).err().unwrap();
    assert_eq!(error.kind(), FactoryErrorKind::Invalid);
    assert!(error.to_string().contains("base_url"), "{error}");
}

#[test]
fn no_text_has_a_secret() {
    const SECRETS: [&str; 3] = ["sk-abcdefghijklmnop", "hunter2hunter2", "url-secret-value"];
    let flags = [
        ("ai-engine", "m"),
        ("openai-api-key", SECRETS[0]),
        (
            "openai-base-url",
            "https://gateway.test/v1?api-key=url-secret-value",
        ),
        ("proxy-url", "http://me:hunter2hunter2@proxy.test:3128"),
    ];
    let resolved = resolve(MemoryPlatform::new(), &flags);
    let factory = StandardFactory::new().with_sources(&resolved);
    assert!(factory.create(&resolved.settings).is_ok());
    let mut texts = vec![format!("{factory:?} {factory:#?}")];
    for broken in [
        ("proxy-url", "ftp://me:hunter2hunter2@proxy.test"),
        (
            "openai-base-url",
            "https://me:hunter2hunter2@gateway.test/v1",
        ),
        (
            "openai-base-url",
            "https://gateway.test/v1#url-secret-value",
        ),
        ("ai-api-type", "claude"),
    ] {
        let mut settings = resolved.settings.clone();
        match broken {
            ("proxy-url", url) => settings.client.proxy_url = Some(url.into()),
            ("openai-base-url", url) => settings.api.set_base_url("openai", url),
            (_, name) => settings.chat.api_type = Some(name.to_owned()),
        }
        let error = factory.create(&settings).err().unwrap();
        texts.push(format!("{error} {error:?} {error:#?}"));
    }
    for (text, secret) in texts
        .iter()
        .flat_map(|text| SECRETS.map(|secret| (text, secret)))
    {
        assert!(!text.contains(secret), "{text}");
    }
}

#[test]
fn a_missing_key_of_claude_is_named_by_its_flag_and_variable() {
    for api_type in ["claude", "anthropic"] {
        let flags = [
            ("ai-api-type", api_type),
            ("ai-engine", "claude-sonnet-4-5"),
        ];
        let error = failure(MemoryPlatform::new(), &flags).to_string();
        assert!(error.contains("--claude-api-key"), "{error}");
        assert!(error.contains("ANTHROPIC_API_KEY"), "{error}");
    }
}
