use clap::Parser;

use super::*;

fn resolve(args: &[&str], env: &[(&str, &str)]) -> Result<Settings, Failure> {
    let options = Options::parse_from([&["example"], args].concat());
    Settings::resolve(&options, |name| {
        let found = env.iter().find(|(key, _)| *key == name);
        found.map(|(_, value)| (*value).to_owned())
    })
}

#[test]
fn flags_win_over_the_environment_and_both_over_defaults() {
    let env = [
        ("OPENAI_BASE_URL", "http://env/v1"),
        ("OPENAI_API_KEY", "key-of-the-environment"),
    ];
    let settings = resolve(&["--base-url", "http://flag/v1"], &env).unwrap();
    let base_url = settings.base_url.unwrap();
    assert_eq!(
        (base_url.value.as_str(), base_url.source),
        ("http://flag/v1", Source::Flag("--base-url"))
    );
    let base_url = resolve(&[], &env).unwrap().base_url.unwrap();
    assert_eq!(base_url.source, Source::Env("OPENAI_BASE_URL"));
    let base_url = resolve(&[], &env[1..]).unwrap().base_url.unwrap();
    assert_eq!(base_url.source, Source::Default);
    assert!(
        resolve(&[], &[("OPENAI_API_KEY", " ")])
            .unwrap()
            .base_url
            .is_none()
    );
}

#[test]
fn printed_settings_mask_keys_and_name_sources() {
    let env = [("OPENAI_API_KEY", "key-of-the-environment-7890")];
    let shown = resolve(
        &["--base-url", "http://me:hunter2@host/v1?api_key=abcdefgh"],
        &env,
    )
    .unwrap()
    .to_string();
    assert!(
        shown.contains("(OPENAI_API_KEY)") && shown.contains("(--base-url)"),
        "{shown}"
    );
    for secret in ["hunter2", "abcdefgh", "key-of-the-environment"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[test]
fn bad_settings_name_the_setting_its_source_and_what_is_allowed() {
    let failure = resolve(&[], &[("OPENAI_BASE_URL", "localhost:8000")]).unwrap_err();
    assert_eq!(
        failure.to_string(),
        "base_url is `localhost:8000` (from OPENAI_BASE_URL); allowed is an address such as http://localhost:8000/v1"
    );
    assert_eq!(failure.exit_code(), 2);
}

#[test]
fn the_demo_provider_wins_over_the_environment() {
    let env = [
        ("OPENAI_BASE_URL", "http://env/v1"),
        ("OPENAI_API_KEY", "key-of-the-environment"),
        ("OPENAI_MODEL", "model-of-the-environment"),
    ];
    let settings = resolve(&["--demo"], &env).unwrap();
    assert!(settings.demo);
    assert!(settings.base_url.is_none() && settings.api_key.is_none() && settings.model.is_none());
}
