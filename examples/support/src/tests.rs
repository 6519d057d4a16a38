use clap::{CommandFactory, FromArgMatches};

use super::*;

fn resolve(args: &[&str], env: &[(&str, &str)]) -> Result<Settings, Failure> {
    // Without the environment of the test process.
    let command = Options::command().mut_args(|arg| arg.env(None::<&str>));
    let matches = command.get_matches_from([&["example"], args].concat());
    let options = Options::from_arg_matches(&matches).unwrap();
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

#[test]
fn the_value_of_an_option_may_come_from_the_environment() {
    let options = Options::command()
        .mut_args(|arg| arg.env(None::<&str>))
        .get_matches_from(["example", "--model", "m", "--api-key", " "]);
    let options = Options::from_arg_matches(&options).unwrap();
    let env = |name: &str| match name {
        "OPENAI_MODEL" => Some("m".to_owned()),
        "OPENAI_API_KEY" => Some(" ".to_owned()),
        _ => None,
    };
    let settings = Settings::resolve(&options, env).unwrap();
    assert_eq!(settings.model.unwrap().source, Source::Env("OPENAI_MODEL"));
    assert!(settings.api_key.is_none());
}

#[test]
fn the_demo_provider_is_not_asked_for_models_of_others() {
    let failure = resolve(&["--demo", "--base-url", "http://flag/v1"], &[]).unwrap_err();
    assert_eq!(failure.exit_code(), 2);
}

#[test]
fn a_model_without_a_server_is_named() {
    let settings = resolve(&["--model", "gpt-5"], &[]).unwrap();
    let failure = provider::check_demo_model(&settings).unwrap_err();
    assert_eq!(
        failure.to_string(),
        "no key is set, so the embedded demo provider would answer, and it only has the model `demo`, not `gpt-5` \
         (from --model); set OPENAI_API_KEY or OPENAI_BASE_URL"
    );
}

#[test]
fn help_names_the_environment_and_shows_no_secret() {
    let help = Options::command().render_long_help().to_string();
    for name in ["OPENAI_MODEL", "OPENAI_BASE_URL", "OPENAI_API_KEY"] {
        assert!(help.contains(&format!("[env: {name}")), "{help}");
    }
    assert!(!help.contains('`'), "{help}");
    assert!(help.contains(DEFAULT_MODEL), "{help}");
}

#[tokio::test]
async fn the_demo_provider_is_announced_with_its_reason() {
    let asked_for = Provider::choose(resolve(&["--demo"], &[]).unwrap()).await;
    let about = asked_for.unwrap().about();
    assert_eq!(about, "Asking the embedded demo provider (--demo).");
    let settings = resolve(&["--demo", "--model", "big"], &[]).unwrap();
    let problem = Provider::choose(settings).await.unwrap_err().to_string();
    assert_eq!(
        problem,
        "--demo asks the embedded demo provider, and it only has the model `demo`, not `big` \
         (from --model); leave out --demo"
    );
}

#[test]
fn help_fits_on_a_terminal() {
    let help = Options::command().render_long_help().to_string();
    let wide: Vec<&str> = help.lines().filter(|line| line.len() > 80).collect();
    assert!(wide.is_empty(), "{wide:#?}");
}
