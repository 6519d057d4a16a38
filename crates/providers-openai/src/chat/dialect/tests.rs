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
        KeyHeader::Header(Cow::Borrowed("api-key"))
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
        "cohere",
        "copilot",
        "dashscope",
        "deepseek",
        "fireworks",
        "gemini",
        "github",
        "groq",
        "minimax",
        "mistral",
        "moonshot",
        "ollama",
        "openrouter",
        "perplexity",
        "together",
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
    assert_eq!(
        of("anthropic/claude-opus-4.6").call_ids,
        CallIdForm::Plain(64)
    );
    assert_eq!(of("openai/gpt-4o-mini").call_ids, CallIdForm::Plain(40));
    assert_eq!(of("moonshotai/kimi-k2").call_ids, CallIdForm::Any);
    assert_eq!(of("gpt-4o"), Dialect::default());
}

#[test]
fn fields_that_a_server_refuses_are_left_out() {
    let refusal = |server: &str, field: &str| {
        let dialect = Dialect::named(server).unwrap();
        dialect.refusal(field, "gpt-oss-120b", None)
    };
    assert!(refusal("cerebras", "parallel_tool_calls").is_some());
    assert!(refusal("groq", "parallel_tool_calls").is_none());
}

#[test]
fn most_servers_get_prompts_in_a_row_as_one() {
    for name in ["openai", "azure"] {
        assert_eq!(Dialect::named(name).unwrap().rules, Rules::new(), "{name}");
    }
    let local = Dialect::for_base_url("http://localhost:1234/v1");
    assert!(local.rules.users_joined && local.rules.system_joined);
}

#[test]
fn local_servers_get_no_null_next_to_calls() {
    for (url, expected) in [
        ("http://localhost:11434/v1", EmptyContent::Text),
        ("http://192.168.1.2:1234/v1", EmptyContent::Text),
        ("https://ollama.com/v1", EmptyContent::Text),
        ("http://localhost:8000/v1", EmptyContent::Null),
        ("https://gateway.example/v1", EmptyContent::Null),
    ] {
        assert_eq!(Dialect::for_base_url(url).empty_content, expected, "{url}");
    }
}
