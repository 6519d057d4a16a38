//! Errors as providers send them, and their causes.

use geppetto_engine::{EngineError, ErrorKind};

use super::{ErrorDetails, Redactor, error, error_in_reply};

/// Returns the cause of an error, and whether it is retried.
type Verdict = (ErrorKind, bool);

const TOO_LONG: Verdict = (ErrorKind::ContextTooLong, false);
const FILTERED: Verdict = (ErrorKind::ContentFiltered, false);
const LIMITED: Verdict = (ErrorKind::RateLimited, true);
const USED_UP: Verdict = (ErrorKind::RateLimited, false);
const INVALID: Verdict = (ErrorKind::InvalidRequest, false);
const NOT_FOUND: Verdict = (ErrorKind::NotFound, false);
const NO_KEY: Verdict = (ErrorKind::Authentication, false);
const FORBIDDEN: Verdict = (ErrorKind::PermissionDenied, false);
const BUSY: Verdict = (ErrorKind::Overloaded, true);
const TOO_SLOW: Verdict = (ErrorKind::Timeout, true);
const FAILED: Verdict = (ErrorKind::Server, true);

fn verdict(error: &EngineError) -> Verdict {
    (error.kind(), error.is_retryable())
}

#[track_caller]
fn check(status: u16, body: &str, expected: Verdict) {
    assert_eq!(
        verdict(&error(status, &[], body)),
        expected,
        "{status} {body}"
    );
}

fn with_message(message: &str) -> String {
    serde_json::json!({"error": {"message": message, "type": "invalid_request_error"}}).to_string()
}

#[test]
fn a_prompt_that_is_too_long_is_known_by_its_code() {
    for body in [
        r#"{"error":{"message":"m","type":"invalid_request_error","code":"context_length_exceeded"}}"#,
        r#"{"error":{"code":400,"message":"m","type":"exceed_context_size_error","n_ctx":4096}}"#,
        r#"{"error":{"message":"m","code":"model_max_prompt_tokens_exceeded"}}"#,
        r#"{"error":{"code":"tokens_limit_reached","message":"Request body too large for m model. Max size: 8000 tokens."}}"#,
        r#"{"error":{"code":"1261","message":"Prompt exceeds max length"}}"#,
        r#"{"type":"error","error":{"type":"request_too_large","message":"Request exceeds the maximum size"}}"#,
    ] {
        check(400, body, TOO_LONG);
        check(413, body, TOO_LONG);
    }
}

#[test]
fn a_prompt_that_is_too_long_is_known_by_the_words_of_each_server() {
    for message in [
        "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
        "Your input exceeds the context window of this model. Please adjust your input and try again.",
        "prompt is too long: 213462 tokens > 200000 maximum",
        "The model returned the following errors: 20100 tokens exceeds the max input token limit of 20000",
        "Input Tokens Exceeded: Number of input tokens exceeds maximum length. Please update the input to try again.",
        "too many tokens: total tokens exceeds the model's max - try shortening the prompt",
        "The decoder prompt (length 5014) is longer than the maximum model length of 4096. Make sure that `max_model_len` is no smaller than the number of text tokens.",
        "You passed 5000 input tokens and requested 100 output tokens. However, the model's context length is only 4096 tokens, resulting in a maximum input length of 3996 tokens.",
        "Input length (5000 tokens) exceeds the maximum allowed length (4096 tokens).",
        "prompt length (5000) exceeds maximum input length (4096). Set log level to info and check TRTGptModel logs for how maximum input length is set",
        "Total tokens of image and text exceed max message tokens. Request id: 0217",
        "length of prompt_tokens (40000) must be less than max_seq_len (32768).",
        "Context size has been exceeded.",
        "This model's maximum input length is 4096 tokens, but you passed 5000 tokens.",
        "the number of input tokens 5000 cannot exceed the total tokens limit 4096 for this model",
        "the length of messages exceeds max input tokens: prompt tokens too long",
        "input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000",
        "The input token count (1196265) exceeds the maximum number of tokens allowed (1048575).",
        "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
        "Please reduce the length of the messages or completion.",
        "Input length (265330) exceeds model's maximum context length (262144).",
        "Input length 131393 exceeds the maximum allowed input length of 131040 tokens.",
        "The input (5000 tokens) is longer than the model's context length (4096 tokens).",
        "the request exceeds the available context size. try increasing the context size",
        "tokens to keep from the initial prompt is greater than the context length",
        "Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens",
        "prompt token count of 140000 exceeds the limit of 128000",
        "invalid params, context window exceeds limit (2013)",
        "Your request exceeded model token limit: 262144 (requested: 270000)",
        "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
        "prompt too long; exceeded max context length by 12 tokens",
        "<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 30720]",
        "Requested token count exceeds the model's maximum context length of 196608 tokens.",
        "Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 300000 tokens.",
        "`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000 `inputs` tokens and 100 `max_new_tokens`",
        "litellm.ContextWindowExceededError: litellm.BadRequestError: too much",
    ] {
        check(400, &with_message(message), TOO_LONG);
        check(500, &with_message(message), TOO_LONG);
        let inside = error_in_reply(&with_message(message), &Redactor::new());
        assert_eq!(verdict(&inside), TOO_LONG, "{message}");
    }
}

#[test]
fn limits_of_tokens_in_a_time_are_not_a_length() {
    let too_many = "Too many tokens, please wait before trying again.";
    check(429, &with_message(too_many), LIMITED);
    check(400, &with_message(too_many), INVALID);
    let alone = "Request too large for model `m` in organization `o` service tier `on_demand` on tokens per minute (TPM): Limit 6000, Requested 6294, please reduce your message size and try again.";
    let body = format!(
        r#"{{"error":{{"message":"{alone}","type":"tokens","code":"rate_limit_exceeded"}}}}"#
    );
    check(413, &body, USED_UP);
    check(429, &body, USED_UP);
    assert!(!error(413, &[], &body).is_quota_exhausted());
}

#[test]
fn what_the_content_policy_stopped_is_filtered_whatever_the_status() {
    let azure = r#"{"error":{"message":"The response was filtered due to the prompt triggering Azure OpenAI's content management policy.","type":null,"param":"prompt","code":"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation","content_filter_result":{}}}}"#;
    check(400, azure, FILTERED);
    check(
        400,
        r#"{"error":{"message":"m","code":"400","provider_specific_fields":{"innererror":{"code":"ResponsibleAIPolicyViolation"}}}}"#,
        FILTERED,
    );
    check(
        400,
        r#"{"error":{"message":"m","code":"content_policy_violation"}}"#,
        FILTERED,
    );
    check(
        400,
        r#"{"error":{"code":"data_inspection_failed","message":"Input text data may contain inappropriate content."}}"#,
        FILTERED,
    );
    check(
        400,
        r#"{"error":{"code":"1301","message":"System detected potentially unsafe or sensitive content"}}"#,
        FILTERED,
    );
    check(
        403,
        r#"{"error":{"code":403,"message":"m requires moderation on Together. Your input was flagged for \"violence\"","metadata":{"reasons":["violence"]}}}"#,
        FILTERED,
    );
    for message in [
        "Invalid prompt: your prompt was flagged as potentially violating our usage policy.",
        "Content Exists Risk",
        "The request was rejected because it was considered high risk",
        "Output blocked by content filtering policy",
        "Error code: 400 - {'error': {'message': 'The response was filtered', 'code': 'content_filter'}}",
    ] {
        check(400, &with_message(message), FILTERED);
        check(500, &with_message(message), FILTERED);
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn what_is_used_up_is_not_asked_again() {
    for (status, body) in [
        (
            429,
            r#"{"error":{"message":"You exceeded your current quota, please check your plan and billing details.","type":"insufficient_quota","code":"insufficient_quota"}}"#,
        ),
        (
            429,
            r#"{"error":{"message":"m","type":"rate_limit_error","code":"daily_cost_limit_exceeded"}}"#,
        ),
        (
            429,
            r#"{"error":{"message":"m","code":"credits_exhausted"}}"#,
        ),
        (
            429,
            r#"{"error":{"message":"m","type":"rate_limit_error","code":"terminal_quota_exhausted"}}"#,
        ),
        (
            429,
            r#"{"error":{"message":"You have hit your hard billing limit."}}"#,
        ),
        (
            429,
            r#"{"error":{"message":"Your account is suspended","type":"exceeded_current_quota_error"}}"#,
        ),
        (
            429,
            r#"{"error":{"code":"1113","message":"Insufficient balance or no resource package. Please recharge."}}"#,
        ),
        (
            429,
            r#"{"error":{"code":"1310","message":"Weekly/Monthly Limit Exhausted"}}"#,
        ),
        (
            429,
            r#"{"error":{"message":"余额不足或无可用资源包,请充值。"}}"#,
        ),
        (
            402,
            r#"{"error":{"message":"Insufficient Balance","type":"unknown_error","param":null,"code":"invalid_request_error"}}"#,
        ),
        (
            402,
            r#"{"error":{"message":"This request requires more credits, or fewer max_tokens. You requested up to 65536 tokens, but can only afford 25905.","code":402}}"#,
        ),
        (402, ""),
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the Anthropic API."}}"#,
        ),
        (
            400,
            r#"{"error":{"message":"m","code":"billing_hard_limit_reached"}}"#,
        ),
        (
            400,
            r#"{"error":{"type":"invalid_request_error","message":"You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC."}}"#,
        ),
        (
            400,
            r#"{"error":{"code":"Arrearage","message":"Access denied, please make sure your account is in good standing."}}"#,
        ),
        (
            403,
            r#"{"error":"Your team has either used all available credits or reached its monthly spending limit."}"#,
        ),
        (
            403,
            r#"{"error":{"code":"AllocationQuota.FreeTierOnly","message":"The free tier of the model has been exhausted."}}"#,
        ),
        (
            429,
            r#"{"error":{"message":"Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free model requests per day","code":429}}"#,
        ),
        (
            429,
            r#"{"error":{"code":429,"message":"Quota exceeded. Please retry in 34.07s.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34s"}]}}"#,
        ),
    ] {
        check(status, body, USED_UP);
        assert!(error(status, &[], body).is_quota_exhausted(), "{body}");
        if !body.is_empty() {
            let inside = error_in_reply(body, &Redactor::new());
            assert_eq!(verdict(&inside), USED_UP, "{body}");
        }
    }
}

#[test]
fn limits_that_pass_are_no_used_up_quota() {
    for (status, body) in [
        (
            429,
            r#"{"error":{"message":"Rate limit reached for m on requests per min (RPM): Limit 3.","type":"requests","code":"rate_limit_exceeded"}}"#,
        ),
        (
            429,
            r#"{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details. Please retry in 18.403470473s.","status":"RESOURCE_EXHAUSTED","details":[{"violations":[{"quotaId":"GenerateRequestsPerMinutePerProjectPerModel-FreeTier"}]}]}}"#,
        ),
        (
            429,
            r#"{"status":429,"error":"INSUFFICIENT QUOTA","message":"You exceeded your current limit of concurrent requests."}"#,
        ),
        (
            429,
            r#"{"error":{"code":"1302","message":"您的账户已达到速率限制"}}"#,
        ),
        (
            402,
            r#"{"error":{"message":"This request would exceed your available credits given your current in-flight requests. Retry after in-flight requests settle, or add credits.","code":402}}"#,
        ),
        (
            400,
            r#"{"error":{"message":"m","code":"rate_limit_exceeded"}}"#,
        ),
        (429, ""),
        (429, "slow down"),
    ] {
        check(status, body, LIMITED);
        assert!(!error(status, &[], body).is_quota_exhausted(), "{body}");
    }
}

#[test]
fn statuses_that_say_little_give_way_to_codes_and_words() {
    check(
        400,
        r#"{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}"#,
        NO_KEY,
    );
    check(
        400,
        r#"{"code":"invalid-argument","error":"Incorrect API key provided: x."}"#,
        NO_KEY,
    );
    check(
        400,
        r#"{"object":"error","message":"Invalid model: m","type":"invalid_model","code":"1500"}"#,
        NOT_FOUND,
    );
    check(
        400,
        r#"{"error":{"message":"Model Not Exist","type":"invalid_request_error","code":"invalid_request_error"}}"#,
        NOT_FOUND,
    );
    check(
        400,
        r#"{"error":{"message":"m is not a valid model ID","code":400}}"#,
        NOT_FOUND,
    );
    check(
        500,
        r#"{"error":{"type":"invalid_request_error","code":"unknown_parameter","message":"Unknown parameter: logprobs"}}"#,
        INVALID,
    );
    check(
        502,
        r#"{"error":{"message":"Error code: 400 - {'error': {'message': 'bad'}}","code":502}}"#,
        INVALID,
    );
    check(
        500,
        r#"{"error":{"message":"litellm.APIError","code":500,"metadata":{"raw":"{\"error\":{\"code\":429,\"message\":\"m\"}}"}}}"#,
        LIMITED,
    );
    check(
        500,
        r#"{"error":{"message":"The model is overloaded. Please try again later.","code":500}}"#,
        BUSY,
    );
    check(
        500,
        r#"{"error":{"message":"m","type":"server_error"}}"#,
        FAILED,
    );
    check(
        403,
        r#"{"error":{"code":"unsupported_country_region_territory","message":"m","type":"request_forbidden"}}"#,
        FORBIDDEN,
    );
    check(404, r#"{"detail":"Not Found"}"#, NOT_FOUND);
    check(404, "404 page not found", NOT_FOUND);
}

#[test]
fn words_that_repeat_the_request_decide_nothing() {
    check(
        400,
        &with_message("Unknown parameter: '_litellm_rate_limit_descriptors'."),
        INVALID,
    );
    check(
        400,
        &with_message(
            "max_tokens is too large: 100000. This model supports at most 16384 completion tokens",
        ),
        INVALID,
    );
    check(
        400,
        &with_message("Unsupported value: 'overloaded'"),
        INVALID,
    );
}

#[test]
fn an_error_without_status_and_code_is_known_by_its_words() {
    for (said, expected) in [
        (
            r#"{"message":"Rate limit is exceeded. Try again in 17 seconds."}"#,
            LIMITED,
        ),
        (r#"{"message":"The server is overloaded"}"#, BUSY),
        (r#""Loading model""#, BUSY),
        (
            r#"{"error":{"object":"error","message":"Requested token count exceeds the model's maximum context length of 4 tokens.","type":"BadRequestError","code":400}}"#,
            TOO_LONG,
        ),
        (
            r#"{"type":"error","error":{"type":"usage_limit_reached","message":"m"},"status_code":429}"#,
            USED_UP,
        ),
        (
            r#"{"base_resp":{"status_code":1008,"status_msg":"insufficient balance"}}"#,
            USED_UP,
        ),
        (
            r#"{"base_resp":{"status_code":1002,"status_msg":"m"}}"#,
            LIMITED,
        ),
        (
            r#"{"error":{"message":"TimeoutError","type":"GatewayTimeout","code":504}}"#,
            TOO_SLOW,
        ),
        (r#"{"message":"m","code":"tool_use_failed"}"#, INVALID),
        (r#"{"message":"something new"}"#, FAILED),
        ("", FAILED),
    ] {
        assert_eq!(
            verdict(&error_in_reply(said, &Redactor::new())),
            expected,
            "{said}"
        );
    }
}

#[test]
fn what_is_used_up_is_known_by_further_codes_and_words() {
    for (status, body) in [
        (
            429,
            r#"{"errors":[{"message":"AiError: you have used up your daily free allocation of 10,000 neurons","code":4006}],"success":false}"#,
        ),
        (
            429,
            r#"{"error":{"message":"Credit limit exceeded, please add a payment method","type":"credit_limit"}}"#,
        ),
        (
            429,
            r#"{"error":"you (name) have reached your weekly usage limit, upgrade for higher limits"}"#,
        ),
        (
            429,
            r#"{"error":{"message":"You've reached kimi monthly usage limit for this billing cycle. Your quota will be refreshed in the next cycle.","type":"rate_limit_error"}}"#,
        ),
        (
            429,
            r#"{"error":{"message":"Sorry, you've exceeded your weekly rate limit.","code":"user_weekly_rate_limited"}}"#,
        ),
        (
            429,
            r#"{"errors":{"message":"You have exceeded today's quota for model m, please try again tomorrow."}}"#,
        ),
        (
            403,
            r#"{"error":{"code":"AccountOverdueError","message":"your account has an overdue balance","type":"Forbidden"}}"#,
        ),
        (
            403,
            r#"{"code":30001,"message":"Sorry, your account balance is insufficient","data":null}"#,
        ),
        (
            403,
            r#"{"code":403,"reason":"NOT_ENOUGH_BALANCE","message":"not enough balance"}"#,
        ),
        (
            403,
            r#"{"error":{"message":"预扣费额度失败, 用户剩余额度: 0.10","code":"pre_consume_token_quota_failed"}}"#,
        ),
        (
            401,
            r#"{"error":{"message":"该令牌额度已用尽","type":"new_api_error"}}"#,
        ),
        (
            400,
            r#"{"error":{"message":"Spend limit exceeded.","code":"blocked_api_access"}}"#,
        ),
    ] {
        check(status, body, USED_UP);
    }
}

#[test]
fn further_shapes_of_errors_are_read() {
    check(
        400,
        r#"{"__type":"com.amazon#ThrottlingException","message":"Rate exceeded"}"#,
        LIMITED,
    );
    check(
        400,
        r#"{"code":20012,"message":"Model does not exist. Please check it carefully."}"#,
        NOT_FOUND,
    );
    check(
        400,
        r#"{"error":{"code":"InputTextSensitiveContentDetected","message":"m"}}"#,
        FILTERED,
    );
    check(
        400,
        r#"{"error_code":"REQUEST_LIMIT_EXCEEDED","message":"too many requests"}"#,
        INVALID,
    );
    for (body, words, code) in [
        (
            r#"{"status":429,"title":"Too Many Requests"}"#,
            "Too Many Requests",
            None,
        ),
        (r#"{"error":{},"message":"m","code":"c"}"#, "m", Some("c")),
        (r#"{"error":true,"message":"m"}"#, "m", None),
        (
            r#"{"error_code":"PERMISSION_DENIED","message":"m"}"#,
            "m",
            Some("PERMISSION_DENIED"),
        ),
    ] {
        let error = error(429, &[], body);
        assert_eq!(
            (error.provider_message(), error.provider_code()),
            (Some(words), code),
            "{body}"
        );
    }
}

#[test]
fn a_request_that_cannot_be_taken_is_invalid_whatever_the_status_says() {
    for message in [
        r#"Invalid JSON payload received. Unknown name \"examples\" at 'tools[0].function_declarations[38]': Cannot find field."#,
        "JSON schema conversion failed:\nUnrecognized schema: {\"not\":{}}",
        "Failed to initialize samplers: failed to parse grammar",
        "Error rendering prompt with jinja template: \"Conversation roles must alternate\"",
        "image input is not supported - hint: if this is unexpected, you may need to provide the mmproj",
        "tools param requires --jinja flag",
    ] {
        let body = serde_json::json!({"error": {"message": message, "type": "server_error"}});
        for status in [400, 429, 500, 502] {
            check(status, &body.to_string(), INVALID);
        }
        let inside = error_in_reply(&body["error"].to_string(), &Redactor::default());
        assert_eq!(verdict(&inside), INVALID, "{message}");
    }
}

#[test]
fn what_a_request_refers_to_may_be_gone() {
    for (status, body) in [
        (
            404,
            r#"{"error":{"message":"Previous response with id 'resp_1' not found.","code":null}}"#,
        ),
        (
            400,
            r#"{"error":{"message":"m","code":"previous_response_not_found"}}"#,
        ),
        (
            404,
            r#"{"error":{"message":"Item with id 'rs_1' not found. Items are not persisted when `store` is set to false."}}"#,
        ),
    ] {
        check(status, body, NOT_FOUND);
        let words = error(status, &[], body).to_string();
        assert!(words.contains("refers to by its id"), "{words}");
    }
}

/// With these statuses, such words are about a limit of tokens, or quote the request.
#[test]
fn words_about_length_are_not_taken_literally_with_every_status() {
    let said = |message: &str| serde_json::json!({"error": {"message": message}}).to_string();
    for (status, expected) in [
        (400, TOO_LONG),
        (401, NO_KEY),
        (402, USED_UP),
        (403, FORBIDDEN),
        (404, NOT_FOUND),
        (408, TOO_SLOW),
        (429, LIMITED),
        (500, TOO_LONG),
        (503, BUSY),
        (529, BUSY),
    ] {
        check(status, &said("prompt is too long"), expected);
        let names_context = [401, 403, 404].contains(&status);
        let expected = if names_context { TOO_LONG } else { expected };
        check(status, &said("context length exceeded"), expected);
    }
}

#[test]
fn a_limit_of_a_day_or_a_week_is_a_quota_whatever_the_words() {
    for code in ["requests_per_day", "RequestsPerDay", "weekly_limit_reached"] {
        let body = serde_json::json!({"error": {"code": code, "message": "Too many requests"}});
        check(429, &body.to_string(), USED_UP);
        assert!(
            ErrorDetails::from_json(&body).is_quota_exhausted(),
            "{code}"
        );
    }
    let body = serde_json::json!({"error": {"code": "x", "message": "Too many requests"}});
    assert!(!ErrorDetails::from_json(&body).is_quota_exhausted());
}

#[test]
fn the_words_of_an_invalid_request_say_more_than_its_number() {
    let body = r#"{"base_resp":{"status_code":2013,"status_msg":"context window exceeds limit"}}"#;
    let error = error_in_reply(body, &Redactor::new());
    assert_eq!(verdict(&error), TOO_LONG);
}

/// Four digits are a code of Z.AI only in errors of its format, which have no type.
#[test]
fn a_number_is_read_in_the_format_of_its_provider_alone() {
    let body =
        |error_type: &str| format!(r#"{{"error":{{{error_type}"code":"1211","message":"no"}}}}"#);
    check(400, &body(""), NOT_FOUND);
    check(400, &body(r#""type":"odd","#), INVALID);
}

/// What a failed server said about itself counts more than the status that the message quotes.
#[test]
fn a_quoted_status_of_a_server_does_not_replace_the_words() {
    let body = r#"{"error":{"message":"status code 500: the engine is overloaded"}}"#;
    check(502, body, BUSY);
}
