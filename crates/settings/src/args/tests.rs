use clap::{CommandFactory, Parser, error::ErrorKind};

use super::{Print, SettingsArgs};
use crate::{App, MemoryPlatform, Resolver, catalogue};

#[derive(Debug, Parser)]
#[command(name = "ask")]
struct Arguments {
    #[command(flatten)]
    settings: SettingsArgs,
    prompt: Option<String>,
}

fn parse(arguments: &[&str]) -> Result<SettingsArgs, clap::Error> {
    let arguments = std::iter::once("ask").chain(arguments.iter().copied());
    Arguments::try_parse_from(arguments).map(|arguments| arguments.settings)
}

fn settings(arguments: &[&str]) -> crate::InferenceSettings {
    let app = App::new("ask");
    let platform = MemoryPlatform::new();
    let layer = parse(arguments).unwrap().layer().unwrap();
    Resolver::new(&app)
        .platform(&platform)
        .layer(layer)
        .resolve()
        .unwrap()
        .settings
}

#[test]
fn the_command_is_sound_and_has_every_flag() {
    let command = Arguments::command();
    command.clone().debug_assert();
    let flags = catalogue::fields().filter_map(|field| field.flag);
    for flag in flags {
        assert!(
            command
                .get_arguments()
                .any(|arg| arg.get_long() == Some(flag)),
            "{flag}"
        );
    }
}

#[test]
fn short_help_leaves_out_rare_flags_and_all_help_leaves_out_ignored_ones() {
    let short = Arguments::command().render_help().to_string();
    let long = Arguments::command().render_long_help().to_string();
    for (flag, in_short, in_long) in [
        ("--ai-engine", true, true),
        ("--print-inference-settings", true, true),
        ("--openai-n ", false, true),
        ("--ollama-num-ctx", false, false),
    ] {
        assert_eq!(
            (short.contains(flag), long.contains(flag)),
            (in_short, in_long),
            "{flag}"
        );
    }
}

#[test]
fn flags_become_settings() {
    let settings = settings(&[
        "--ai-engine",
        "m",
        "--ai-temperature=0",
        "--ai-stop",
        "a,b",
        "--ai-stop",
        "c",
        "--proxy-from-environment=no",
        "--inference-seed",
        "-5",
        "--timeout",
        "2m",
        "--ai-structured-output-strict",
        "hello",
    ]);
    assert_eq!(settings.chat.engine.as_deref(), Some("m"));
    assert_eq!(settings.chat.temperature, Some(0.0));
    assert_eq!(settings.chat.stop.unwrap(), ["a", "b", "c"]);
    assert_eq!(settings.client.proxy_from_environment, Some(false));
    assert_eq!(settings.inference.seed, Some(-5));
    assert_eq!(settings.client.timeout, Some(120));
    assert_eq!(settings.chat.structured_output_strict, Some(true));
}

#[test]
fn an_invalid_value_is_refused_when_the_command_line_is_read() {
    let error = parse(&["--ai-temperature", "hot"]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ValueValidation);
    let said = error.to_string();
    let expected =
        "error: --ai-temperature: \"hot\" is not valid; allowed is a number from 0 to 2\n";
    assert!(said.starts_with(expected), "{said}");
    let error = parse(&["--openai-api-key", "a s3cret"]).unwrap_err();
    assert!(!error.to_string().contains("s3cret"), "{error}");
}

#[test]
fn older_names_of_printing_are_known() {
    let print = |flag| parse(&[flag]).unwrap().print();
    assert_eq!(
        print("--print-parsed-parameters"),
        Some(Print::ParsedFields)
    );
    assert_eq!(print("--print-settings"), Some(Print::Table));
    assert_eq!(
        print("--print-inference-settings"),
        Some(Print::InferenceSettings)
    );
    assert_eq!(parse(&[]).unwrap().print(), None);
}

#[test]
fn arguments_do_not_show_their_values() {
    let args = parse(&["--openai-api-key", "s3cret"]).unwrap();
    assert_eq!(format!("{args:?}"), "[\"openai-api-key\"]");
}
