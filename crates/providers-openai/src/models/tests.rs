use super::*;

#[track_caller]
fn check(server: &str, model: &str, setting: &str, effort: Option<&str>, taken: bool) {
    let refusal = refusal(server, model, setting, effort);
    assert_eq!(refusal.is_none(), taken, "{server} {model} {setting}");
}

#[test]
fn sampling_is_for_models_that_do_not_reason() {
    check("openai", "gpt-5-mini", "temperature", None, false);
    check("openrouter", "openai/o3", "top_p", Some("low"), false);
    check("openai", "gpt-5.2", "temperature", None, true);
    check("azure", "gpt-5.1-2025-11-13", "top_p", None, true);
    check("openai", "gpt-5.2", "temperature", Some("low"), false);
    check("openai", "gpt-5.2-pro", "temperature", None, false);
    check("openai", "gpt-5.1-codex", "temperature", None, false);
    check("openai", "gpt-5-chat-latest", "temperature", None, true);
    check("openai", "gpt-4o", "temperature", None, true);
    check("", "gpt-oss:20b", "temperature", None, true);
}

#[test]
fn newer_models_of_anthropic_have_no_sampling() {
    for model in [
        "claude-opus-4-7",
        "anthropic/claude-opus-4.8",
        "us.anthropic.claude-opus-4-7-20260416-v1:0",
        "system.ai.claude-opus-5",
        "claude-sonnet-5",
        "anthropic/claude-5-sonnet",
    ] {
        check("", model, "temperature", None, false);
        check("", model, "top_p", None, false);
    }
    for model in [
        "claude-opus-4-6",
        "claude-opus-4-1-20250805",
        "claude-sonnet-4-20250514",
        "anthropic/claude-3.7-sonnet",
        "claude-haiku-4-5",
        "claude-3-5-haiku-latest",
    ] {
        check("", model, "temperature", None, true);
        assert!(refusal_of_both(model, "top_p").is_some());
        assert!(refusal_of_both(model, "temperature").is_none());
    }
    assert!(refusal_of_both("gpt-4o", "top_p").is_none());
}

#[test]
fn early_reasoning_models_of_openai_have_no_choice_of_parallel_calls() {
    for model in ["o1", "o3-mini", "o4-mini", "openai/o3"] {
        check("openai", model, "parallel_tool_calls", None, false);
    }
    for model in ["gpt-5-mini", "gpt-4o", "olmo-3"] {
        check("openai", model, "parallel_tool_calls", None, true);
    }
}

#[test]
fn some_models_have_fixed_sampling_settings() {
    for (server, model, is_sent) in [
        ("moonshot", "kimi-k2.5", false),
        ("moonshot", "kimi-k3", false),
        ("moonshot", "kimi-for-coding", false),
        ("moonshot", "kimi-k2", true),
        ("moonshot", "kimi-k2-0905-preview", true),
        ("moonshot", "moonshot-v1-8k", true),
        ("openrouter", "moonshotai/kimi-k2.5", true),
        ("openai", "gpt-4o-mini-search-preview", false),
        ("openai", "gpt-5-search-api", false),
        ("openai", "gpt-4o", true),
    ] {
        for setting in ["temperature", "top_p"] {
            check(server, model, setting, None, is_sent);
        }
    }
}

#[test]
fn an_effort_is_for_models_that_have_one() {
    for model in [
        "gpt-4o",
        "gpt-4",
        "openai/gpt-4.1",
        "gpt-5-chat-latest",
        "o1-mini",
    ] {
        check("openai", model, "reasoning_effort", Some("low"), false);
    }
    for model in ["gpt-5", "o3-mini", "o1", "gpt-5.2"] {
        check("openai", model, "reasoning_effort", Some("low"), true);
    }
    for model in [
        "grok-4",
        "grok-4-fast-reasoning",
        "grok-3",
        "grok-4.20-0309-reasoning",
        "grok-code-fast-1",
    ] {
        check("xai", model, "reasoning_effort", Some("low"), false);
    }
    for model in [
        "grok-4.3",
        "grok-3-mini",
        "grok-4.20-multi-agent-0309",
        "grok-5",
    ] {
        check("xai", model, "reasoning_effort", Some("low"), true);
    }
}

#[test]
fn stop_words_are_for_models_that_do_not_reason() {
    check("xai", "grok-4", "stop", None, false);
    check("xai", "grok-3-mini", "stop", None, false);
    check("xai", "grok-3-latest", "stop", None, true);
    check("xai", "grok-4-fast-non-reasoning", "stop", None, true);
    check("openai", "gpt-4o", "stop", None, true);
    check("openai", "gpt-5", "stop", None, false);
    check("azure", "o4-mini-2025-04-16", "stop", None, false);
    check("openai", "o3-mini", "stop", None, true);
    check("openai", "gpt-5-chat-latest", "stop", None, true);
}
