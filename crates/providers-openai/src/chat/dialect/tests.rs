use super::*;

#[test]
fn hosts_are_known_by_name_and_domain() {
    let default = Dialect::default();
    let of = Dialect::for_base_url;
    assert_eq!(of("http://127.0.0.1:8080/v1"), default);
    assert_eq!(of("https://notapi.openai.com.example/v1"), default);
    assert_eq!(
        of("https://api.openai.com/v1").max_tokens,
        MaxTokensField::MaxCompletionTokens
    );
    assert!(of("https://API.openai.com:443").refusal_field);
    assert_eq!(
        of("https://mine.openai.azure.com/openai/deployments/d?api-version=1").key,
        KeyHeader::Header("api-key")
    );
    assert_eq!(of("https://api.mistral.ai/v1").required_choice, "any");
    assert_eq!(
        of("https://openrouter.ai/api/v1").reasoning,
        ReasoningReplay::Always(ReasoningField::Details)
    );
    assert!(of("https://user:pass@api.deepseek.com").thinking);
}

#[test]
fn the_output_limit_has_the_field_that_the_model_takes() {
    let by_model = Dialect::default();
    for (model, field) in [
        ("gpt-4o", "max_tokens"),
        ("gpt-5-mini", "max_completion_tokens"),
        ("openai/o3", "max_completion_tokens"),
        ("o1-preview", "max_completion_tokens"),
        ("o1lama", "max_tokens"),
        ("gpt-50", "max_tokens"),
        ("gpt-oss:20b", "max_tokens"),
        ("", "max_tokens"),
    ] {
        assert_eq!(by_model.max_tokens_field(model), field, "{model}");
    }
}

#[test]
fn public_servers_are_known_by_name_too() {
    let names = [
        "openai",
        "azure",
        "anthropic",
        "cerebras",
        "copilot",
        "dashscope",
        "deepseek",
        "gemini",
        "groq",
        "minimax",
        "mistral",
        "moonshot",
        "openrouter",
        "perplexity",
        "xai",
        "zai",
    ];
    for name in names {
        assert_eq!(Dialect::named(name).unwrap().name, name);
    }
    assert_eq!(Dialect::named("nobody"), None);
    let deepseek = Dialect::for_base_url("https://api.deepseek.com");
    assert_eq!(Dialect::named("deepseek"), Some(deepseek));
}

#[test]
fn templates_are_known_by_the_name_of_the_model() {
    let of = |model: &str| Dialect::default().with_model(model).into_owned();
    let devstral = of("mistralai/Devstral-Small-2-24B-Instruct-2512");
    assert!(devstral.rules.users_joined && devstral.rules.reply_after_tools);
    assert_eq!(devstral.call_ids, CallIdForm::Exactly(9));
    assert!(of("gemma-3-27b-it").rules.user_first);
    assert!(of("Qwen/Qwen3.6-27B").rules.system_first);
    assert_eq!(of("gpt-4o"), Dialect::default());
}

#[test]
fn fields_that_a_model_refuses_are_left_out() {
    let allows = |server: &str, model: &str, field: &str, effort| {
        Dialect::named(server).unwrap().allows(field, model, effort)
    };
    assert!(!allows("openai", "gpt-5-mini", "temperature", None));
    assert!(!allows("openrouter", "openai/o3", "top_p", Some("low")));
    assert!(allows("openai", "gpt-5.2", "temperature", Some("none")));
    assert!(allows("openai", "gpt-5-chat-latest", "temperature", None));
    assert!(allows("openai", "gpt-4o", "temperature", None));
    assert!(!allows("openai", "gpt-4o", "reasoning_effort", Some("low")));
    assert!(!allows(
        "xai",
        "grok-4-fast-reasoning",
        "reasoning_effort",
        Some("low")
    ));
    assert!(allows("xai", "grok-4.3", "reasoning_effort", Some("low")));
    assert!(!allows("xai", "grok-4", "stop", None));
    assert!(allows("xai", "grok-3-latest", "stop", None));
    assert!(!allows(
        "cerebras",
        "gpt-oss-120b",
        "parallel_tool_calls",
        None
    ));
}
