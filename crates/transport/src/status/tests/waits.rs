//! Delays in fields, messages and rate limit headers.

use std::time::Duration;

use super::{Redactor, error, error_in_reply};

fn stated(message: &str) -> Option<Duration> {
    let body = serde_json::json!({"error": {"message": message, "code": "rate_limit_exceeded"}});
    let in_status = error(429, &[], &body.to_string()).retry_after();
    let in_reply = error_in_reply(&body.to_string(), &Redactor::new()).retry_after();
    assert_eq!(in_status, in_reply);
    in_status
}

#[test]
fn a_wait_that_stands_in_the_words_counts() {
    for (words, milliseconds) in [
        ("Please try again in 3.054s. Visit the docs.", 3054),
        ("Please try again in 20ms.", 20),
        ("Please try again in 1m30s.", 90_000),
        ("Please try again in 7m12s", 432_000),
        ("please try again in 1h2m", 3_720_000),
        ("Rate limit is exceeded. Try again in 17 seconds.", 17_000),
        ("Please retry after 6 seconds.", 6000),
        ("Please retry in 34.074824224s.", 34_075),
        ("Resets in 6hr 29min.", 23_340_000),
        ("Your quota will reset after 1s.", 1000),
        ("Please wait 2 minutes and 5 seconds", 125_000),
        ("Please wait for at least 1 min", 60_000),
        ("wait for it, then try again in 5s", 5000),
    ] {
        let wait = stated(words).map(|wait| wait.as_secs_f64() * 1000.0);
        assert_eq!(
            wait.map(f64::round),
            Some(f64::from(milliseconds)),
            "{words}"
        );
    }
}

#[test]
fn words_that_are_no_wait_are_none() {
    for words in [
        "Please try again in a few minutes.",
        "Please try again later.",
        "try again in 5",
        "try again in 5 attempts",
        "try again in -3s",
        "used 5s",
        "try again in ...s",
    ] {
        assert_eq!(stated(words), None, "{words}");
    }
}

#[test]
fn a_wait_in_a_field_counts_before_one_in_words() {
    for (body, seconds) in [
        (
            r#"{"error":{"type":"usage_limit_reached","message":"m","resets_at":1890000000,"resets_in_seconds":529498}}"#,
            529_498.0,
        ),
        (
            r#"{"error":{"message":"try again in 9s","retry_after":2.5,"code":"rate_limit_exceeded"}}"#,
            2.5,
        ),
        (
            r#"{"error":{"message":"m","code":429,"retryAfter":"12"}}"#,
            12.0,
        ),
        (
            r#"{"error":{"message":"m","code":429},"retry_after_ms":1500}"#,
            1.5,
        ),
        (
            r#"{"error":{"message":"m","code":429,"metadata":{"headers":{"Retry-After":"7"}}}}"#,
            7.0,
        ),
        (
            r#"{"type":"error","error":{"message":"m"},"status_code":429,"headers":{"retry-after":"4"}}"#,
            4.0,
        ),
        (
            r#"{"error":{"code":429,"message":"m","details":[{"retryDelay":"34s"}]}}"#,
            34.0,
        ),
        (
            r#"{"error":{"code":429,"message":"Provider returned error","metadata":{"raw":"{\"error\":{\"message\":\"try again in 8s\"}}"}}}"#,
            8.0,
        ),
    ] {
        let expected = Some(Duration::from_secs_f64(seconds));
        assert_eq!(error(429, &[], body).retry_after(), expected, "{body}");
        assert_eq!(
            error_in_reply(body, &Redactor::new()).retry_after(),
            expected,
            "{body}"
        );
    }
}

#[test]
fn a_limit_of_which_nothing_is_left_says_when_it_is_whole_again() {
    let wait = |pairs| error(429, pairs, "").retry_after();
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    assert_eq!(
        wait(&[
            ("x-ratelimit-remaining-requests", "99"),
            ("x-ratelimit-reset-requests", "23h59m"),
            ("x-ratelimit-remaining-tokens", "0"),
            ("x-ratelimit-reset-tokens", "1m6s"),
        ]),
        seconds(66)
    );
    assert_eq!(
        wait(&[("ratelimit-remaining", "0"), ("ratelimit-reset", "12")]),
        seconds(12)
    );
    assert_eq!(
        wait(&[
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", "1000000000000")
        ]),
        seconds(0)
    );
    assert_eq!(
        wait(&[
            ("retry-after", "3"),
            ("x-ratelimit-remaining-tokens", "0"),
            ("x-ratelimit-reset-tokens", "1m6s"),
        ]),
        seconds(3)
    );
    let failed = error(
        500,
        &[("ratelimit-remaining", "0"), ("ratelimit-reset", "12")],
        "",
    );
    assert_eq!(failed.retry_after(), None);
}

#[test]
fn the_first_wait_of_a_message_counts() {
    for words in [
        "Try again in 5s; the quota resets in 60s.",
        "It resets in 5s; you may also try again in 60s.",
    ] {
        assert_eq!(stated(words), Some(Duration::from_secs(5)), "{words}");
    }
}

/// A refusal does not pass with time.
#[test]
fn a_wait_of_an_error_that_stays_is_ignored() {
    let body = r#"{"error":{"code":"invalid_api_key","message":"no","retry_after":5}}"#;
    assert_eq!(error(401, &[], body).retry_after(), None);
    let in_reply = error_in_reply(body, &Redactor::new());
    assert_eq!(in_reply.retry_after(), None);
}

#[test]
fn headers_that_a_gateway_repeats_in_the_body_count() {
    let body = r#"{"error":{"code":429,"message":"no","metadata":{"headers":
        {"X-RateLimit-Remaining":"0","X-RateLimit-Reset":30,"Bad Name":"x"}}}}"#;
    let error = error_in_reply(body, &Redactor::new());
    assert_eq!(error.retry_after(), Some(Duration::from_secs(30)));
}
