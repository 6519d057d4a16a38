use clap::{CommandFactory, Parser};
use geppetto_settings::{Layer, MemoryPlatform, print};

use super::*;

fn options(args: &[&str]) -> Options {
    Options::parse_from([&["example"], args].concat())
}

fn platform(variables: &[(&str, &str)]) -> MemoryPlatform {
    let platform = MemoryPlatform::new();
    let with = |platform: MemoryPlatform, (name, value): &(&str, &str)| {
        platform.with_variable(*name, *value)
    };
    variables.iter().fold(platform, with)
}

/// The provider of a configured server; nothing is asked.
async fn choose(args: &[&str], variables: &[(&str, &str)]) -> Result<Provider, Failure> {
    Provider::choose_on(&platform(variables), &options(args)).await
}

fn source(provider: &Provider, path: &str) -> String {
    let traced = provider.resolved().trace.get(path).unwrap();
    traced.source().unwrap().to_string()
}

#[tokio::test]
async fn flags_win_over_the_environment_and_both_over_defaults() {
    let env = [
        ("OPENAI_BASE_URL", "http://env/v1"),
        ("OPENAI_API_KEY", "key-of-the-environment"),
        ("OPENAI_MODEL", "model-of-the-environment"),
    ];
    let url = "api.base_urls.openai-base-url";
    let provider = choose(&["--base-url", "http://flag/v1"], &env)
        .await
        .unwrap();
    assert_eq!(source(&provider, url), "--base-url");
    // The key is for the server of the variables.
    assert!(!provider.has_key());
    let provider = choose(&["--model", "m"], &env).await.unwrap();
    assert_eq!(source(&provider, url), "OPENAI_BASE_URL");
    assert_eq!(source(&provider, "chat.engine"), "--model");
    assert!(provider.has_key());
    let provider = choose(&[], &env).await.unwrap();
    assert_eq!(source(&provider, "chat.engine"), "OPENAI_MODEL");
    let provider = choose(&[], &env[1..2]).await.unwrap();
    assert_eq!(source(&provider, url), "default");
    assert_eq!(
        provider.about(),
        "Asking gpt-5-mini at https://api.openai.com/v1 (from default)"
    );
}

#[tokio::test]
async fn every_setting_has_its_flag() {
    let flags = [
        "--ai-temperature",
        "0.2",
        "--ai-api-type",
        "ollama",
        "--ai-engine",
        "m",
    ];
    let provider = choose(&flags, &[]).await.unwrap();
    assert_eq!(provider.resolved().settings.chat.temperature, Some(0.2));
    assert!(
        provider
            .about()
            .starts_with("Asking m at http://localhost:11434/v1")
    );
    assert!(provider.engine().is_ok());
}

#[tokio::test]
async fn printed_settings_mask_keys_and_name_sources() {
    let env = [("OPENAI_API_KEY", "key-of-the-environment-7890")];
    let flags = [
        "--base-url",
        "http://me:hunter2@host/v1?api_key=abcdefgh",
        "--api-key",
        "key-of-the-flag",
    ];
    let provider = choose(&flags, &env).await.unwrap();
    let shown = print::table(provider.resolved());
    let shown = format!("{shown}{}{:?}", provider.about(), options(&flags));
    assert!(
        shown.contains("OPENAI_API_KEY") && shown.contains("--base-url"),
        "{shown}"
    );
    for secret in [
        "hunter2",
        "abcdefgh",
        "key-of-the-environment",
        "key-of-the-flag",
    ] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[tokio::test]
async fn bad_settings_name_the_setting_its_source_and_what_is_allowed() {
    let failure = choose(&["--base-url", "localhost:8000"], &[])
        .await
        .unwrap_err();
    let said = failure.to_string();
    assert!(said.starts_with("--base-url: openai-base-url: "), "{said}");
    assert!(said.contains("http://"), "{said}");
    assert_eq!(failure.exit_code(), 2);
}

#[tokio::test]
async fn the_demo_provider_wins_over_the_environment() {
    let env = [
        ("OPENAI_BASE_URL", "http://env/v1"),
        ("OPENAI_API_KEY", "key-of-the-environment"),
        ("OPENAI_MODEL", "model-of-the-environment"),
    ];
    let provider = choose(&["--demo"], &env).await.unwrap();
    assert_eq!(
        provider.about(),
        "Asking the embedded demo provider (--demo)."
    );
    assert_eq!(source(&provider, "chat.engine"), "embedded demo provider");
    assert!(!provider.has_key());
    assert!(provider.engine().is_ok());
}

#[tokio::test]
async fn the_demo_provider_is_not_asked_for_models_of_others() {
    let failure = choose(&["--demo", "--base-url", "http://flag/v1"], &[])
        .await
        .unwrap_err();
    assert_eq!(failure.exit_code(), 2);
    let problem = choose(&["--demo", "--model", "big"], &[])
        .await
        .unwrap_err();
    assert_eq!(
        problem.to_string(),
        "--demo asks the embedded demo provider, and it only has the model `demo`, not `big` \
         (from --model); leave out --demo"
    );
}

#[test]
fn a_model_without_a_server_is_named() {
    let options = options(&["--model", "gpt-5"]);
    let resolved = provider::resolve(&platform(&[]), &options, Layer::fallback()).unwrap();
    let failure = provider::check_demo(&resolved, &options).unwrap_err();
    assert_eq!(
        failure.to_string(),
        "no key is set, so the embedded demo provider would answer, and it only has the model `demo`, not `gpt-5` \
         (from --model); set OPENAI_API_KEY or OPENAI_BASE_URL"
    );
}

#[test]
fn help_names_the_environment_and_the_settings() {
    let help = Options::command().render_help().to_string();
    for name in [
        "OPENAI_MODEL",
        "OPENAI_BASE_URL",
        "OPENAI_API_KEY",
        "--profile",
        "--config-file",
        DEFAULT_MODEL,
    ] {
        assert!(help.contains(name), "{help}");
    }
    // Rare settings are in the long help.
    assert!(!help.contains("--openai-logit-bias"), "{help}");
    let long = Options::command().render_long_help().to_string();
    assert!(long.contains("--openai-logit-bias"), "{long}");
}
