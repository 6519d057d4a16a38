//! For any combination of layers, the strongest one that sets a value wins, and the trace contains
//! all of them.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test's helpers panic too"
)]

use std::fmt::Write;

use geppetto_settings::{App, Kind, Layer, MemoryPlatform, Resolver, catalogue};
use proptest::{prelude::*, sample::subsequence};

/// The layers, weakest first, that can set any field with a flag.
const LAYERS: [&str; 12] = [
    "prompt file",
    "/etc/pinocchio/config.yaml",
    "/me/.pinocchio/config.yaml",
    "/me/.config/pinocchio/config.yaml",
    "/me/.config/geppetto/config.yaml",
    "/me/.config/geppetto/config.toml",
    "/project/.pinocchio.yml",
    "/project/.pinocchio.override.yml",
    "profile",
    "PINOCCHIO_",
    "flags",
    "run",
];

/// Resolves a field that these layers set, each to a different value; returns the value in use and
/// the log, as text.
fn resolve(
    flag: &str,
    speaking: &[usize],
    value: impl Fn(usize) -> String,
) -> (String, Vec<String>) {
    let field = catalogue::by_flag(flag).unwrap();
    let app = App::new("pinocchio");
    let mut platform = MemoryPlatform::new();
    let (mut prompt, mut flags, mut run) = (Layer::prompt_file(), Layer::flags(), Layer::run());
    for index in speaking {
        let (name, value) = (LAYERS[*index], value(*index));
        match name {
            "prompt file" => prompt = prompt.set(flag, &value).unwrap(),
            "flags" => flags = flags.set(flag, &value).unwrap(),
            "run" => run = run.set(flag, &value).unwrap(),
            "PINOCCHIO_" => {
                platform = platform.with_variable(field.variable(name).unwrap(), value);
            }
            "profile" => {
                let text = format!("default:\n  {}:\n    {flag}: {value}\n", field.section);
                platform = platform.with_file("/me/.config/pinocchio/profiles.yaml", text);
            }
            path if path.ends_with(".toml") => {
                let mut text = String::from("[inference_settings]\n");
                writeln!(text, "{} = '{value}'", field.path).unwrap();
                platform = platform.with_file(path, text);
            }
            path => platform = platform.with_file(path, format!("{flag}: {value}\n")),
        }
    }
    let resolver = Resolver::new(&app).platform(&platform);
    let resolved = resolver
        .layer(run)
        .layer(flags)
        .layer(prompt)
        .resolve()
        .unwrap();
    let traced = resolved.trace.get(field.path).unwrap();
    let log = traced
        .log()
        .iter()
        .map(|said| said.value().unwrap().to_string());
    (traced.value().unwrap().to_string(), log.collect())
}

proptest! {
    #[test]
    fn the_strongest_layer_that_speaks_wins(
        speaking in subsequence((0..LAYERS.len()).collect::<Vec<_>>(), 1..=LAYERS.len()),
        flag in proptest::sample::select(vec![
            "ai-engine", "ai-max-response-tokens", "timeout", "openai-n", "inference-seed",
        ]),
    ) {
        let is_text = catalogue::by_flag(flag).unwrap().kind == Kind::Text;
        let value = |index: usize| if is_text { format!("m-{index}") } else { (index + 1).to_string() };
        let (used, log) = resolve(flag, &speaking, value);
        let expected: Vec<_> = speaking.iter().map(|index| value(*index)).collect();
        prop_assert_eq!(&log, &expected);
        prop_assert_eq!(Some(&used), expected.last());
    }
}

#[test]
fn a_setting_that_no_layer_sets_stays_unset() {
    let app = App::new("pinocchio");
    let resolved = Resolver::new(&app)
        .platform(&MemoryPlatform::new())
        .resolve()
        .unwrap();
    let chat = &resolved.settings.chat;
    assert_eq!(chat.api_type.as_deref(), Some("openai"));
    assert_eq!(
        (chat.temperature, chat.top_p, chat.max_response_tokens),
        (None, None, None)
    );
    assert_eq!(
        (resolved.settings.openai.n, resolved.settings.client.timeout),
        (None, None)
    );
    let said = resolved.model().unwrap_err().to_string();
    assert_eq!(
        said,
        "no model is set; set it with --ai-engine, PINOCCHIO_AI_ENGINE, or in a profile"
    );
}

#[test]
fn every_field_reaches_the_typed_settings() {
    let app = App::new("pinocchio");
    let value = |kind| match kind {
        Kind::Bool => "false",
        Kind::Json => "{\"type\":\"object\"}",
        Kind::Map => "{\"input\":1}",
        Kind::Url => "https://example.org/v1",
        _ => "1",
    };
    for field in catalogue::fields() {
        let path = field.path.replace('*', "other-api-key");
        if ["profile.", "command."]
            .iter()
            .any(|prefix| path.starts_with(prefix))
        {
            continue;
        }
        let text = field.values.first().copied().unwrap_or(value(field.kind));
        let layer = Layer::run().set(&path, text).unwrap();
        let platform = MemoryPlatform::new();
        let resolved = Resolver::new(&app)
            .platform(&platform)
            .layer(layer)
            .resolve()
            .unwrap();
        let json = serde_json::to_value(&resolved.settings).unwrap();
        let found = path.split('.').try_fold(&json, |json, key| json.get(key));
        assert!(found.is_some(), "{path} is no field of the typed settings");
    }
}
