use geppetto_engine::InferenceConfig;
use geppetto_provider::Settings;
use geppetto_turns::Turn;
use serde_json::{Value, json};

use super::{ThinkingConfig, refusal};
use crate::{Gemini, GeminiOptions};

fn settings(model: &str, config: &InferenceConfig) -> Settings {
    Settings::of::<Gemini>(&Turn::default(), config, model, true).unwrap()
}

#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "calls stay short")]
fn check(model: &str, config: InferenceConfig, options: &GeminiOptions, expected: Value) {
    let sent = ThinkingConfig::of(&settings(model, &config), options);
    assert_eq!(serde_json::to_value(sent).unwrap(), expected);
}

#[test]
fn an_effort_is_a_level_or_a_budget() {
    let none = GeminiOptions::new();
    let effort = |effort: &str| InferenceConfig::new().with_reasoning_effort(effort);
    check(
        "gemini-3-flash",
        effort("high"),
        &none,
        json!({"thinkingLevel": "high"}),
    );
    check(
        "gemini-3-flash",
        effort("xhigh"),
        &none,
        json!({"thinkingLevel": "high"}),
    );
    check(
        "gemini-3-flash",
        effort("none"),
        &none,
        json!({"thinkingLevel": "minimal"}),
    );
    check(
        "gemini-3.1-pro",
        effort("none"),
        &none,
        json!({"thinkingLevel": "low"}),
    );
    check(
        "gemini-2.5-flash",
        effort("medium"),
        &none,
        json!({"thinkingBudget": 8192}),
    );
    check(
        "gemini-2.5-pro",
        effort("none"),
        &none,
        json!({"thinkingBudget": 128}),
    );
    check("gemini-2.0-flash", effort("high"), &none, Value::Null);
    check(
        "mine",
        effort("low"),
        &none,
        json!({"thinkingLevel": "low"}),
    );
}

#[test]
fn a_budget_is_a_budget_and_both_are_never_sent() {
    let none = GeminiOptions::new();
    let budget = |tokens| InferenceConfig::new().with_thinking_budget(tokens);
    check(
        "gemini-2.5-flash",
        budget(100),
        &none,
        json!({"thinkingBudget": 100}),
    );
    check(
        "gemini-2.5-flash",
        budget(0),
        &none,
        json!({"thinkingBudget": 0}),
    );
    check(
        "gemini-3-flash",
        budget(100),
        &none,
        json!({"thinkingBudget": 100}),
    );
    let both = budget(100).with_reasoning_effort("low");
    check(
        "gemini-3-flash",
        both.clone(),
        &none,
        json!({"thinkingLevel": "low"}),
    );
    check(
        "gemini-2.5-flash",
        both.clone(),
        &none,
        json!({"thinkingBudget": 100}),
    );
    assert!(refusal("thinking_budget", &settings("gemini-3-flash", &both)).is_some());
    assert!(refusal("reasoning_effort", &settings("gemini-2.5-flash", &both)).is_some());
}

#[test]
fn settings_of_the_turn_replace_the_options() {
    let options = GeminiOptions::new()
        .with_thinking_level("high")
        .with_include_thoughts(true);
    let config = InferenceConfig::new();
    check(
        "gemini-3-flash",
        config.clone(),
        &options,
        json!({"includeThoughts": true, "thinkingLevel": "high"}),
    );
    check(
        "gemini-3-flash",
        config
            .clone()
            .with_thinking_budget(5)
            .with_reasoning_summary("none"),
        &options,
        json!({"includeThoughts": false, "thinkingBudget": 5}),
    );
    check(
        "gemini-3-flash",
        config.with_thinking_type("disabled"),
        &options,
        json!({"thinkingLevel": "minimal"}),
    );
}
