use super::*;

fn config() -> InferenceConfig {
    InferenceConfig::new()
}

fn sent(model: &str, config: InferenceConfig) -> (Value, Value, Vec<String>) {
    let sent = send(&configured(config), model, MessagesOptions::new());
    let part = |name: &str| sent.body.get(name).cloned().unwrap_or_default();
    (part("thinking"), part("output_config"), sent.unsent.clone())
}

#[allow(clippy::too_many_lines, reason = "a table of models")]
#[test]
fn each_model_gets_the_mode_that_it_has() {
    let budget = |tokens: u64| json!({"type": "enabled", "budget_tokens": tokens});
    let effort = |effort: &str| json!({"effort": effort});
    let adaptive = json!({"type": "adaptive"});
    let shown = json!({"type": "adaptive", "display": "summarized"});
    let none = Value::Null;
    for (model, config, thinking, output) in [
        ("claude-sonnet-4-5", config(), none.clone(), none.clone()),
        (
            "claude-sonnet-4-5",
            config().with_thinking_budget(2000),
            budget(2000),
            none.clone(),
        ),
        (
            "claude-sonnet-4-5",
            config().with_reasoning_effort("low"),
            budget(4096),
            none.clone(),
        ),
        (
            "claude-sonnet-4-5",
            config().with_thinking_type("adaptive"),
            budget(8192),
            none.clone(),
        ),
        (
            "claude-opus-4-5",
            config().with_reasoning_effort("max"),
            budget(16_000),
            effort("high"),
        ),
        (
            "claude-opus-4-6",
            config().with_reasoning_effort("xhigh"),
            adaptive.clone(),
            effort("max"),
        ),
        (
            "claude-opus-4-6",
            config().with_thinking_budget(2000),
            budget(2000),
            none.clone(),
        ),
        (
            "claude-opus-4-7",
            config().with_reasoning_effort("xhigh"),
            shown.clone(),
            effort("xhigh"),
        ),
        (
            "claude-opus-4-7",
            config().with_thinking_type("enabled"),
            shown.clone(),
            none.clone(),
        ),
        (
            "claude-sonnet-4-5",
            config().with_thinking_type("disabled"),
            json!({"type": "disabled"}),
            none.clone(),
        ),
        (
            // It does not think by default, and refuses this mode.
            "claude-opus-4-7",
            config().with_reasoning_effort("none"),
            Value::Null,
            none.clone(),
        ),
        (
            "claude-opus-5",
            config().with_reasoning_effort("none"),
            json!({"type": "disabled"}),
            none.clone(),
        ),
        (
            "claude-opus-5-5",
            config().with_thinking_type("disabled"),
            Value::Null,
            none.clone(),
        ),
        (
            "kimi-k2-thinking",
            config().with_reasoning_effort("minimal"),
            budget(1024),
            none.clone(),
        ),
    ] {
        let found = sent(model, config.clone());
        assert_eq!(
            (&found.0, &found.1),
            (&thinking, &output),
            "{model} {config:?}"
        );
    }
    let (thinking, _, unsent) = sent(
        "claude-3-5-haiku-latest",
        config().with_reasoning_effort("low"),
    );
    assert_eq!(
        (thinking, unsent),
        (Value::Null, vec!["thinking".to_owned()])
    );
    let (thinking, _, unsent) = sent("claude-opus-4-8", config().with_thinking_budget(4000));
    assert_eq!(
        (thinking, unsent),
        (shown, vec!["thinking_budget".to_owned()])
    );
}

#[test]
fn the_budget_is_below_the_limit() {
    let with = |budget: u64, limit: u64| {
        let config = config()
            .with_thinking_budget(budget)
            .with_max_response_tokens(limit);
        let (thinking, _, unsent) = sent(MODEL, config);
        (thinking["budget_tokens"].clone(), unsent)
    };
    assert_eq!(with(5000, 6000), (json!(5000), Vec::new()));
    assert_eq!(
        with(5000, 4000),
        (json!(2000), vec!["thinking_budget (reduced)".to_owned()])
    );
    assert_eq!(with(500, 4000).0, 1024);
    assert_eq!(with(5000, 1000), (Value::Null, vec!["thinking".to_owned()]));
}

#[test]
fn a_model_that_thinks_samples_with_the_default() {
    let config = config().with_thinking_budget(2000).with_temperature(0.2);
    assert_eq!(sent(MODEL, config).2, ["temperature"]);
}

#[test]
fn a_call_that_must_use_a_tool_has_no_thinking() {
    let turn = |model: &str| {
        let turn = Turn::builder()
            .user("Hi")
            .with(
                &engine::INFERENCE_CONFIG,
                config().with_reasoning_effort("high"),
            )
            .with(&engine::TOOL_DEFINITIONS, vec![tool()])
            .with(
                &engine::TOOL_CONFIG,
                ToolConfig::new().with_tool_choice(ToolChoice::Required),
            )
            .build();
        let sent = send(&turn, model, MessagesOptions::new());
        (
            sent.body["thinking"].clone(),
            sent.body["tool_choice"].clone(),
        )
    };
    let demanded = json!({"type": "any"});
    assert_eq!(turn(MODEL), (Value::Null, demanded));
    assert_eq!(turn("claude-opus-4-7").0, Value::Null);
    assert_eq!(turn("claude-opus-5").0, json!({"type": "disabled"}));
    let (thinking, choice) = turn("claude-opus-5-5");
    assert_eq!(
        (&thinking["type"], choice),
        (&json!("adaptive"), Value::Null)
    );
}

#[test]
fn calls_that_were_made_without_thinking_are_answered_without_it() {
    let turn = |first: Option<Block>, model: &str| {
        let mut turn = Turn::builder().user("Hi").build();
        first.into_iter().for_each(|block| turn.push(block));
        turn.push(call("a"));
        turn.push(Block::tool_result("a", "x"));
        let config = config().with_thinking_budget(2000);
        turn.data.set(&engine::INFERENCE_CONFIG, &config).unwrap();
        turn.data
            .set(&engine::TOOL_DEFINITIONS, &vec![tool()])
            .unwrap();
        send(&turn, model, MessagesOptions::new()).body["thinking"].clone()
    };
    assert_eq!(turn(Some(thinking("Hm")), MODEL)["type"], "enabled");
    assert_eq!(turn(Some(Block::llm_text("I look.")), MODEL), Value::Null);
    assert_eq!(turn(None, MODEL), Value::Null);
    // With another model, earlier thinking cannot be sent; adaptive thinking needs none.
    assert_eq!(turn(Some(thinking("Hm")), "claude-opus-4-5"), Value::Null);
    assert_eq!(turn(None, "claude-opus-4-8")["type"], "adaptive");
}

#[test]
fn summaries_are_asked_for_or_not() {
    let with = |summary: &str| {
        let mut config = config().with_thinking_budget(2000);
        config.reasoning_summary = Some(summary.to_owned());
        sent(MODEL, config).0["display"].clone()
    };
    assert_eq!(
        (with("auto"), with("none")),
        (json!("summarized"), json!("omitted"))
    );
}
