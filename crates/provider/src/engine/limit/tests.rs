use geppetto_engine::EngineError;

use super::*;

fn of_message(message: &str, asked: u64) -> Option<u64> {
    let error = EngineError::new(ErrorKind::InvalidRequest, "refused");
    let mut config = InferenceConfig::default();
    config.max_response_tokens = Some(asked);
    of(&error.with_provider_message(message), &config)
}

#[test]
fn a_limit_is_read_from_the_words_of_each_server() {
    let cases = [
        (
            "max_tokens is too large: 6000. This model supports at most 4096 completion tokens, whereas you provided 6000.",
            4096,
        ),
        (
            "max_tokens: 128000 > 64000, which is the maximum allowed number of output tokens for claude-3-7-sonnet-20250219",
            64000,
        ),
        (
            "The parameter `max_completion_tokens` specified in the request are not valid: integer above maximum value, \
             expected a value <= 12288, but got 32000 instead. Request id: 021",
            12288,
        ),
        (
            "`max_completion_tokens` must be less than or equal to `40960`, the maximum value for `max_completion_tokens` \
             is less than the `context_window` for this model",
            40960,
        ),
        (
            "Invalid max_tokens value, the valid range of max_tokens is [1, 8192]",
            8192,
        ),
        ("Range of max_tokens should be [1, 16384]", 16384),
        (
            "Unable to submit request because it has a maxOutputTokens value of 1000000 but the supported range is from 1 \
             (inclusive) to 65537 (exclusive). Update the value and try again.",
            65536,
        ),
        (
            "The maximum tokens you requested exceeds the model limit of 10000. Try again with a maximum tokens value that \
             is lower than 10000.",
            10000,
        ),
        ("max_tokens must be between 1 and 4,096", 4096),
    ];
    for (message, limit) in cases {
        assert_eq!(of_message(message, 1_000_000), Some(limit), "{message}");
        assert_eq!(
            of_message(message, limit),
            None,
            "no smaller one: {message}"
        );
    }
}

#[test]
fn another_error_names_no_limit() {
    let others = [
        "temperature: expected a value <= 2, but got 3 instead",
        "max_tokens must be at least 16",
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        "max_tokens must be at most many",
    ];
    for message in others {
        assert_eq!(of_message(message, 32_000), None, "{message}");
    }
    let error = EngineError::new(ErrorKind::InvalidRequest, "refused");
    let error = error.with_provider_message("max_tokens supports at most 10 tokens");
    assert_eq!(of(&error, &InferenceConfig::default()), None);
}

#[test]
fn thoughts_have_half_of_a_smaller_limit() {
    let mut config = InferenceConfig::default();
    config.thinking_budget = Some(20_000);
    apply(8_000, &mut config);
    assert_eq!(
        (config.max_response_tokens, config.thinking_budget),
        (Some(8_000), Some(4_000))
    );
    apply(5_000, &mut config);
    assert_eq!(config.thinking_budget, Some(4_000));
}

#[test]
fn a_reply_is_as_long_as_the_credit_allows() {
    let of_credit = |tokens: &str, asked: Option<u64>| {
        let message = format!(
            "This request requires more credits, or fewer max_tokens. You requested up to 65536 tokens, but can only \
             afford {tokens}. To increase, visit https://openrouter.ai/settings/credits"
        );
        let error = EngineError::new(ErrorKind::RateLimited, "no credit");
        let mut config = InferenceConfig::default();
        config.max_response_tokens = asked;
        affordable(&error.with_provider_message(message), &config)
    };
    assert_eq!(of_credit("30104", None), Some(30_104));
    assert_eq!(of_credit("30104", Some(65_536)), Some(30_104));
    assert_eq!(of_credit("30104", Some(30_104)), None);
    assert_eq!(of_credit("0", None), None);
    assert_eq!(of_credit("12", None), None);
}

#[test]
fn a_reply_fits_behind_its_prompt() {
    let of_window = |numbers: &str, asked: u64| {
        let message = format!(
            "'max_tokens' or 'max_completion_tokens' is too large: {asked}. This model's maximum context length is 4096 \
             tokens and your request has 50 input tokens ({numbers})."
        );
        let error = EngineError::new(ErrorKind::ContextTooLong, "too long");
        let mut config = InferenceConfig::default();
        config.max_response_tokens = Some(asked);
        room(&error.with_provider_message(message), &config)
    };
    assert_eq!(of_window("8192 > 4096 - 50", 8192), Some(4046));
    assert_eq!(of_window("8192 > 4096 - 4000", 8192), None);
    assert_eq!(of_window("8192 > 4096 - 5000", 8192), None);
    assert_eq!(of_window("8192 + 50 > 4096", 8192), None);
    assert_eq!(of_window("too many", 8192), None);
}
