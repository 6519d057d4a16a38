use geppetto_engine::{
    ErrorKind, InferenceConfig, RetryConfig, StructuredOutput, ToolConfig, ToolDefinition, keys,
};
use geppetto_turns::{Block, Incomplete, ToolCall, ToolUse, TurnBuilder};
use serde_json::{Value, json};

use super::*;
use crate::chat::Chat;

mod messages;
mod prefix;
mod servers;

fn settings(
    turn: &Turn,
    defaults: &InferenceConfig,
    model: &str,
    stream: bool,
    dialect: &Dialect,
) -> Result<Settings, EngineError> {
    let mut settings = Settings::of::<Chat>(turn, defaults, model, stream)?;
    leave_out(&mut settings, dialect, &ChatOptions::new());
    Ok(settings)
}

fn body_as(turn: &Turn, dialect: &Dialect, stream: bool) -> Result<Value, EngineError> {
    let defaults = InferenceConfig::new().with_temperature(0.5);
    let settings = settings(turn, &defaults, "test-model", stream, dialect)?;
    let bytes = encode(&settings, turn, dialect, "")?;
    Ok(serde_json::from_slice(&bytes).unwrap())
}

fn body(turn: &Turn) -> Value {
    body_as(turn, &Dialect::default(), false).unwrap()
}

fn refused(turn: &Turn) -> String {
    let error = body_as(turn, &Dialect::default(), false).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    error.to_string()
}

fn with<T: Serialize>(key: &geppetto_turns::DataKey<T>, value: &T) -> Turn {
    Turn::builder().user("Hi").data(key, value).unwrap().build()
}

#[test]
fn a_plain_request_holds_nothing_that_was_not_asked_for() {
    let turn = Turn::builder().user("Hi").build();
    let messages = json!([{"role": "user", "content": "Hi"}]);
    assert_eq!(
        body(&turn),
        json!({"model": "test-model", "messages": messages, "temperature": 0.5})
    );
    assert_eq!(
        body_as(&turn, &Dialect::default(), true).unwrap(),
        json!({"model": "test-model", "messages": messages, "temperature": 0.5,
            "stream": true, "stream_options": {"include_usage": true}})
    );
}

#[test]
fn the_turns_settings_win_and_a_temperature_of_zero_is_sent() {
    let config: InferenceConfig = serde_json::from_value(json!({
        "model": "gpt-5", "temperature": 0.0, "top_p": 0.9, "max_response_tokens": 64,
        "seed": 7, "reasoning_effort": "none", "thinking_type": "disabled",
    }))
    .unwrap();
    let turn = with(&keys::INFERENCE_CONFIG, &config);
    let mut expected = json!({
        "model": "gpt-5", "messages": [{"role": "user", "content": "Hi"}], "temperature": 0.0,
        "top_p": 0.9, "max_completion_tokens": 64, "seed": 7,
        "reasoning_effort": "none",
    });
    assert_eq!(body(&turn), expected);
    let mistral = Dialect {
        thinking: true,
        ..Dialect::for_base_url("https://api.mistral.ai/v1")
    };
    let map = expected.as_object_mut().unwrap();
    for old in ["max_completion_tokens", "seed"] {
        map.remove(old);
    }
    map.extend([
        ("max_tokens".to_owned(), json!(64)),
        ("random_seed".to_owned(), json!(7)),
        ("thinking".to_owned(), json!({"type": "disabled"})),
        ("stream".to_owned(), json!(true)),
    ]);
    assert_eq!(body_as(&turn, &mistral, true).unwrap(), expected);
}

#[test]
fn settings_out_of_range_are_named() {
    let hot = InferenceConfig::new().with_temperature(2.5);
    assert!(refused(&with(&keys::INFERENCE_CONFIG, &hot)).starts_with("temperature"));
    let mut turn = Turn::builder().user("Hi").build();
    turn.data
        .set_raw(keys::INFERENCE_CONFIG.id(), json!("nonsense"));
    assert!(refused(&turn).contains(keys::INFERENCE_CONFIG.id()));
    assert!(refused(&Turn::builder().build()).contains("nothing to send"));
    for name in ["messages", "model", "stream"] {
        let turn = with(&crate::keys::OPENAI_INFERENCE_CONFIG, &json!({name: 1}));
        assert!(refused(&turn).contains(name));
    }
    assert!(refused(&with(&crate::keys::OPENAI_INFERENCE_CONFIG, &json!([1]))).contains("object"));
}

#[test]
fn fields_that_are_passed_through_replace_and_null_leaves_out() {
    let extra = json!({"n": 2, "temperature": null, "service_tier": "flex", "seed": 3});
    assert_eq!(
        body(&with(&crate::keys::OPENAI_INFERENCE_CONFIG, &extra)),
        json!({"model": "test-model", "messages": [{"role": "user", "content": "Hi"}],
            "n": 2, "service_tier": "flex", "seed": 3})
    );
}

fn with_tools(config: &ToolConfig) -> TurnBuilder {
    let mut strict = ToolDefinition::new("add", "Adds.", json!({"type": "object"}));
    strict.strict = Some(true);
    let tools = vec![
        strict,
        ToolDefinition::new("now", "", json!({"type": "object"})),
    ];
    let turn = Turn::builder()
        .user("Hi")
        .data(&keys::TOOL_DEFINITIONS, &tools);
    turn.unwrap().data(&keys::TOOL_CONFIG, config).unwrap()
}

#[test]
fn tools_are_offered_with_every_form_of_choice() {
    let mut config = ToolConfig::default();
    config.retry_config = RetryConfig::default();
    let offered = body(&with_tools(&config).build());
    assert_eq!(
        offered["tools"],
        json!([
            {"type": "function", "function": {"name": "add", "description": "Adds.",
                "parameters": {"type": "object", "properties": {}, "required": [],
                    "additionalProperties": false}, "strict": true}},
            {"type": "function", "function": {"name": "now",
                "parameters": {"type": "object", "properties": {}}}},
        ])
    );
    assert_eq!(
        (&offered["tool_choice"], &offered["parallel_tool_calls"]),
        (&Value::Null, &Value::Null)
    );
    use geppetto_engine::ToolChoice as Choice;
    for (choice, expected) in [
        (Choice::None, json!("none")),
        (Choice::Required, json!("required")),
        (
            Choice::Tool("add".into()),
            json!({"type": "function", "function": {"name": "add"}}),
        ),
    ] {
        config.tool_choice = choice;
        assert_eq!(body(&with_tools(&config).build())["tool_choice"], expected);
    }
    config.tool_choice = Choice::Required;
    let mistral = Dialect::for_base_url("https://api.mistral.ai/v1");
    let turn = with_tools(&config).build();
    assert_eq!(
        body_as(&turn, &mistral, false).unwrap()["tool_choice"],
        "any"
    );
    config.max_parallel_tools = 1;
    assert_eq!(
        body(&with_tools(&config).build())["parallel_tool_calls"],
        false
    );
    config.enabled = false;
    let without = body(&with_tools(&config).build());
    assert!(without.get("tools").is_none() && without.get("tool_choice").is_none());
}

#[test]
fn a_tool_that_no_provider_accepts_is_named() {
    let tools = vec![ToolDefinition::new(
        "no\ngood",
        "",
        json!({"type": "object"}),
    )];
    assert!(refused(&with(&keys::TOOL_DEFINITIONS, &tools)).contains("no\\ngood"));
}

#[test]
fn names_of_tools_are_sent_in_the_form_of_the_server() {
    let tools: Vec<_> = ["files.read", "files_read", "1c_reload"]
        .map(|name| ToolDefinition::new(name, "", json!({"type": "object"})))
        .into();
    let mut turn = with(&keys::TOOL_DEFINITIONS, &tools);
    let config =
        ToolConfig::new().with_tool_choice(geppetto_engine::ToolChoice::Tool("files.read".into()));
    turn.data.set(&keys::TOOL_CONFIG, &config).unwrap();
    for (dialect, names) in [
        ("openai", ["files_read_2", "files_read", "1c_reload"]),
        ("gemini", ["files_read_2", "files_read", "t_1c_reload"]),
        ("moonshot", ["files_read_2", "files_read", "t_1c_reload"]),
    ] {
        let body = body_as(&turn, &Dialect::named(dialect).unwrap(), false).unwrap();
        let sent: Vec<_> = body["tools"]
            .as_array()
            .unwrap()
            .iter()
            .map(|tool| &tool["function"]["name"])
            .collect();
        assert_eq!(sent, names, "{dialect}");
        assert_eq!(
            body["tool_choice"]["function"]["name"], names[0],
            "{dialect}"
        );
    }
}

#[test]
fn a_shape_of_the_answer_is_asked_for() {
    let schema = json!({"type": "object", "properties": {"n": {"type": "integer"}}});
    let sent = json!({"type": "object", "properties": {"n": {"type": ["integer", "null"]}},
        "required": ["n"], "additionalProperties": false});
    let mut output = StructuredOutput::json_schema("answer", schema);
    output.description = "The answer.".to_owned();
    assert_eq!(
        body(&with(&keys::STRUCTURED_OUTPUT, &output))["response_format"],
        json!({"type": "json_schema", "json_schema": {"name": "answer",
            "description": "The answer.", "schema": sent, "strict": true}})
    );
    output.name = "not a name".to_owned();
    assert!(refused(&with(&keys::STRUCTURED_OUTPUT, &output)).contains("structured_output.name"));
    output.require_valid = false;
    assert!(
        body(&with(&keys::STRUCTURED_OUTPUT, &output))
            .get("response_format")
            .is_none()
    );
}
