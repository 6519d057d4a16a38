use std::time::Duration;

use serde_json::json;

use super::*;

#[test]
fn durations_read_gos_text_and_nanoseconds() {
    for (text, millis) in [
        ("30s", 30_000),
        ("1m30s", 90_000),
        ("1.5h", 5_400_000),
        ("250ms", 250),
        ("100ms", 100),
        ("0.1s", 100),
        ("2h3m4s", 7_384_000),
    ] {
        assert_eq!(
            duration::parse(text),
            Some(Duration::from_millis(millis)),
            "{text}"
        );
        let again = duration::format(Duration::from_millis(millis));
        assert_eq!(
            duration::parse(&again),
            Some(Duration::from_millis(millis)),
            "{again}"
        );
    }
    for bad in ["", "30", "s", "-1s", "1x", "1..2s"] {
        assert_eq!(duration::parse(bad), None, "{bad}");
    }
    assert_eq!(duration::format(Duration::from_nanos(1_500)), "1500ns");
    assert_eq!(duration::format(Duration::ZERO), "0s");
    let config: ToolConfig =
        serde_json::from_value(json!({"execution_timeout": 2_000_000_000u64})).unwrap();
    assert_eq!(config.execution_timeout, Duration::from_secs(2));
}

#[test]
fn geppettos_tool_config_goes_there_and_back() {
    let value = json!({
        "enabled": true, "tool_choice": "auto", "max_iterations": 20, "execution_timeout": "30s",
        "max_parallel_tools": 3, "tool_error_handling": "continue",
        "retry_config": {"max_retries": 2, "backoff_base": "1s", "backoff_factor": 2.0},
    });
    let config: ToolConfig = serde_json::from_value(value.clone()).unwrap();
    assert_eq!(config, ToolConfig::default());
    assert_eq!(serde_json::to_value(&config).unwrap(), value);
}

#[test]
fn tool_choice_has_four_forms() {
    for (value, choice) in [
        (json!("auto"), ToolChoice::Auto),
        (json!("none"), ToolChoice::None),
        (json!("required"), ToolChoice::Required),
        (
            json!({"type": "tool", "name": "x"}),
            ToolChoice::Tool("x".to_owned()),
        ),
    ] {
        assert_eq!(
            serde_json::from_value::<ToolChoice>(value.clone()).unwrap(),
            choice
        );
        assert_eq!(serde_json::to_value(&choice).unwrap(), value);
    }
    let error = serde_json::from_value::<ToolChoice>(json!("maybe")).unwrap_err();
    assert!(error.to_string().contains("allowed are"), "{error}");
}

#[test]
fn errors_name_the_setting_and_what_is_allowed() {
    let said = |error: ConfigError| error.to_string();
    let config = InferenceConfig::new().with_temperature(3.0);
    assert_eq!(
        said(config.validate().unwrap_err()),
        "temperature: is 3; allowed is 0 to 2"
    );
    let config = InferenceConfig::new().with_temperature(f64::NAN);
    assert!(config.validate().is_err());
    let tool = ToolDefinition::new("no\nlines", "", json!({"type": "object"}));
    assert!(said(tool.validate().unwrap_err()).starts_with("tool name: is \"no\\nlines\""));
    let tool = ToolDefinition::new("x", "", json!({"type": "string"}));
    assert!(said(tool.validate().unwrap_err()).starts_with("parameters: of tool `x`"));
    let config = ToolConfig {
        max_parallel_tools: 0,
        ..ToolConfig::default()
    };
    assert_eq!(
        config.validate().unwrap_err().setting(),
        "max_parallel_tools"
    );
    let output = StructuredOutput::json_schema("a b", json!({}));
    assert_eq!(
        output.validate().unwrap_err().setting(),
        "structured_output.name"
    );
    assert_eq!(StructuredOutput::default().validate(), Ok(()));
}

#[test]
fn the_turns_own_values_win_over_defaults() {
    let defaults = InferenceConfig::new()
        .with_temperature(0.7)
        .with_max_response_tokens(9);
    let config = InferenceConfig::new().with_temperature(0.0).or(&defaults);
    assert_eq!(
        (config.temperature, config.max_response_tokens),
        (Some(0.0), Some(9))
    );
}

#[test]
fn retries_wait_longer_each_time() {
    let retry = RetryConfig::default();
    let waits: Vec<u64> = (0..3).map(|n| retry.delay(n).as_secs()).collect();
    assert_eq!(waits, [1, 2, 4]);
    assert_eq!(retry.delay(u32::MAX), Duration::from_secs(3600));
}

#[test]
fn a_setter_of_the_tool_configuration_sets_its_field_and_no_other() {
    let limit = Duration::from_secs(5);
    let config = ToolConfig::new()
        .with_max_iterations(3)
        .with_execution_timeout(limit)
        .with_tool_choice(ToolChoice::Required)
        .with_tool_error_handling(ToolErrorHandling::Abort);
    let expected = ToolConfig {
        max_iterations: 3,
        execution_timeout: limit,
        tool_choice: ToolChoice::Required,
        tool_error_handling: ToolErrorHandling::Abort,
        ..ToolConfig::default()
    };
    assert_eq!(config, expected);
}

#[test]
fn a_setter_of_the_inference_configuration_sets_its_field_and_no_other() {
    let config = InferenceConfig::new()
        .with_model("m")
        .with_temperature(0.5)
        .with_top_p(0.9)
        .with_max_response_tokens(7)
        .with_stop(["a", "b"])
        .with_seed(-1)
        .with_reasoning_effort("low")
        .with_reasoning_summary("auto")
        .with_thinking_budget(9)
        .with_thinking_type("enabled");
    let expected = InferenceConfig {
        model: Some("m".to_owned()),
        temperature: Some(0.5),
        top_p: Some(0.9),
        max_response_tokens: Some(7),
        stop: Some(vec!["a".to_owned(), "b".to_owned()]),
        seed: Some(-1),
        reasoning_effort: Some("low".to_owned()),
        reasoning_summary: Some("auto".to_owned()),
        thinking_budget: Some(9),
        thinking_type: Some("enabled".to_owned()),
    };
    assert_eq!(config, expected);
}

#[test]
fn the_mode_of_an_answer_reads_geppettos_words() {
    for (text, mode) in [
        ("json_schema", OutputMode::JsonSchema),
        ("off", OutputMode::Off),
    ] {
        let output: StructuredOutput = serde_json::from_value(json!({"mode": text})).unwrap();
        assert_eq!(output.mode, mode);
        assert_eq!(serde_json::to_value(&output).unwrap()["mode"], text);
    }
    let empty: StructuredOutput = serde_json::from_value(json!({"mode": ""})).unwrap();
    assert_eq!(empty.mode, OutputMode::Off);
    assert!(serde_json::from_value::<StructuredOutput>(json!({"mode": "yaml"})).is_err());
}

#[test]
fn a_strict_tool_that_cannot_be_strict_is_refused_with_the_place() {
    let schema = json!({"type": "object", "properties": {"any": {}}});
    let tool = ToolDefinition::new("x", "", schema);
    assert_eq!(tool.validate(), Ok(()));
    let error = tool.with_strict(true).validate().unwrap_err().to_string();
    assert!(
        error.starts_with("parameters: of tool `x` at `$.properties.any`: accepts any value"),
        "{error}"
    );
}
