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
