use super::Claude;

#[test]
fn properties_follow_from_the_name() {
    for (name, sampling, adaptive, effort, schema, limit) in [
        ("claude-3-haiku-20240307", true, false, false, false, 4_096),
        ("claude-3-5-sonnet-latest", true, false, false, false, 8_192),
        (
            "eu.anthropic.claude-3-7-sonnet-20250219-v1:0",
            true,
            false,
            false,
            false,
            64_000,
        ),
        (
            "claude-sonnet-4-20250514",
            true,
            false,
            false,
            false,
            64_000,
        ),
        ("claude-opus-4-1-20250805", true, false, false, true, 32_000),
        (
            "anthropic/claude-sonnet-4.5",
            true,
            false,
            false,
            true,
            64_000,
        ),
        ("claude-opus-4-5@20251101", true, false, true, true, 64_000),
        ("claude-sonnet-4-6", true, true, true, true, 64_000),
        ("claude-opus-4-6", true, true, true, true, 128_000),
        ("claude-opus-4-7", false, true, true, true, 128_000),
        (
            "us.anthropic.claude-opus-4-8-20260601-v1:0",
            false,
            true,
            true,
            true,
            128_000,
        ),
        ("claude-sonnet-5", false, true, true, true, 128_000),
        ("claude-mythos-preview", false, true, true, true, 64_000),
        ("claude-fable-5-1", false, true, true, true, 128_000),
    ] {
        let claude = Claude::of(name).unwrap();
        let found = (
            name,
            !claude.refuses_sampling(),
            claude.is_adaptive(),
            claude.has_effort(),
            claude.takes_schema(),
            claude.output_limit(),
        );
        assert_eq!(found, (name, sampling, adaptive, effort, schema, limit));
    }
    for other in ["gpt-5", "deepseek-chat", "claude", "my-claude"] {
        assert_eq!(Claude::of(other), None, "{other}");
    }
    assert!(Claude::is_named("my-Claude") && !Claude::is_named("gpt-5"));
}

#[test]
fn newer_models_think_by_default_and_some_always() {
    for (name, by_default, always, no_force, xhigh) in [
        ("claude-opus-4-6", false, false, false, false),
        ("claude-opus-4-8", false, false, false, true),
        ("claude-mythos-preview", true, true, false, false),
        ("claude-opus-5", true, false, false, true),
        ("claude-fable-5", true, true, false, true),
        ("claude-fable-5-1", true, true, true, true),
        ("claude-opus-5-5", true, true, true, true),
    ] {
        let claude = Claude::of(name).unwrap();
        let found = (
            name,
            claude.thinks_by_default(),
            claude.always_thinks(),
            claude.refuses_forced_tools(),
            claude.has_xhigh(),
        );
        assert_eq!(found, (name, by_default, always, no_force, xhigh));
    }
}
