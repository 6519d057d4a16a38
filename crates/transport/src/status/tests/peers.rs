//! Messages from the tables of other projects, and their causes.

use geppetto_engine::ErrorKind;

use super::error;

/// Cause of an error, and whether it is retried.
type Verdict = (ErrorKind, bool);

const TOO_LONG: Verdict = (ErrorKind::ContextTooLong, false);
const FILTERED: Verdict = (ErrorKind::ContentFiltered, false);
const LIMITED: Verdict = (ErrorKind::RateLimited, true);
const USED_UP: Verdict = (ErrorKind::RateLimited, false);
const INVALID: Verdict = (ErrorKind::InvalidRequest, false);
const NOT_FOUND: Verdict = (ErrorKind::NotFound, false);
const NO_KEY: Verdict = (ErrorKind::Authentication, false);
const BUSY: Verdict = (ErrorKind::Overloaded, true);

const MESSAGES: &[(u16, &str, Verdict)] = &[
    (
        400,
        "tokens in request more than max tokens allowed",
        TOO_LONG,
    ),
    (
        401,
        "This plan supports only 256K context for the model",
        TOO_LONG,
    ),
    (
        400,
        "Prompt has 5,958,968 tokens, but the configured context size is 256,000 tokens",
        TOO_LONG,
    ),
    (400, "Current length is 9000 while limit is 8192", TOO_LONG),
    (
        400,
        "Invalid 'input[2].content': string too long. Expected a string with maximum length 10485760, but got a string with length 11000000 instead.",
        TOO_LONG,
    ),
    (
        400,
        "Invalid 'input[5].call_id': string too long. Expected a string with maximum length 64, but got a string with length 90 instead.",
        INVALID,
    ),
    (
        400,
        "Invalid 'user': string too long. Expected a string with maximum length 64, but got a string with length 90 instead.",
        INVALID,
    ),
    (
        400,
        "prompt tokens (300000) exceed model maximum (200000)",
        TOO_LONG,
    ),
    (
        400,
        "<400> InternalError.Algo.InvalidParameter: Total message token length exceed model limit (10000 tokens).",
        TOO_LONG,
    ),
    (400, "max_tokens must be at least 1, got -1234.", TOO_LONG),
    (400, "max_tokens must be at least 1, got 0.", INVALID),
    (500, "The context window was exceeded", TOO_LONG),
    (
        400,
        "max_tokens is too large: 100000. This model supports at most 16384 completion tokens.",
        INVALID,
    ),
    (
        400,
        "image exceeds 5 MB maximum: 6291456 bytes > 5242880 bytes",
        INVALID,
    ),
    (
        500,
        "input new_sensitive, messages[220]'s content[1] image is sensitive, please check your input (1026)",
        FILTERED,
    ),
    (
        400,
        "Invalid prompt: we've limited access to this content for safety reasons.",
        FILTERED,
    ),
    (
        400,
        "Your request was rejected by the safety system.",
        FILTERED,
    ),
    (
        403,
        "Content violates usage guidelines. Team: x, API key ID: y, Model: grok-4",
        FILTERED,
    ),
    (400, "Input blocked by guardrail: profanity", FILTERED),
    (
        400,
        "The prompt was blocked due to PROHIBITED_CONTENT",
        FILTERED,
    ),
    (
        400,
        "系统检测到输入或生成内容可能包含不安全或敏感内容",
        FILTERED,
    ),
    (
        429,
        "Monthly usage limit reached. Enable usage from your available balance.",
        USED_UP,
    ),
    (
        429,
        "You exceeded your current quota. * Quota exceeded for metric: generativelanguage.googleapis.com/generate_content_free_tier_requests, limit: 0, model: gemini-3-pro\nPlease retry in 37.9s.",
        USED_UP,
    ),
    (
        429,
        "Your quota has been exhausted. The quota will reset at 2026-08-01 00:00.",
        USED_UP,
    ),
    (
        429,
        "All accounts have exhausted their quota (reset after 5m)",
        LIMITED,
    ),
    (
        429,
        "Your account is not active, please check your billing details on our website.",
        USED_UP,
    ),
    (403, "账户余额为 0，请充值", USED_UP),
    (
        400,
        "The security token included in the request is invalid.",
        NO_KEY,
    ),
    (400, "API key expired. Please renew the API key.", NO_KEY),
    (500, "无效的令牌", NO_KEY),
    (400, "The provided model identifier is invalid.", NOT_FOUND),
    (400, "The requested model is not supported.", NOT_FOUND),
    (400, "unknown model 'm'", NOT_FOUND),
    (
        500,
        "The model is currently experiencing high demand.",
        BUSY,
    ),
    (500, "no healthy upstream", BUSY),
    (500, "请求过于频繁，请稍后再试", LIMITED),
];

#[test]
fn messages_that_peers_know_have_a_cause() {
    for (status, message, expected) in MESSAGES {
        let body = serde_json::json!({"error": {"message": message}}).to_string();
        let error = error(*status, &[], &body);
        assert_eq!(
            (error.kind(), error.is_retryable()),
            *expected,
            "{status} {message}"
        );
    }
}
