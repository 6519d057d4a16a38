//! Headers of a failed reply.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, header};

use super::{seconds, wait};

/// Headers in which providers and their proxies send the request id; the provider's own header
/// comes first.
const REQUEST_ID: [&str; 8] = [
    "x-request-id",
    "request-id",
    "x-amzn-requestid",
    "apim-request-id",
    "x-ms-request-id",
    "x-goog-request-id",
    "x-correlation-id",
    "cf-ray",
];

/// Returns the provider's request id, for support requests.
#[must_use]
pub fn request_id(headers: &HeaderMap) -> Option<&str> {
    REQUEST_ID
        .iter()
        .filter_map(|name| text(headers, name))
        .find(|id| !id.is_empty())
}

/// Returns the delay requested by the provider before the next attempt.
///
/// In order of precedence: `retry-after-ms` and `x-ms-retry-after-ms` (milliseconds), then
/// `retry-after` in seconds (fractions allowed) or as an HTTP date. A date is relative to the
/// `date` header of the reply, because the clocks of two machines differ, or to `now` if there is
/// none; a date in the past is no delay. A number too large for a delay is a Unix time
/// (<https://github.com/openclaw/clawhub/pull/421>).
///
/// Rules: RFC 9110, section 10.2.3.
#[must_use]
pub fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let milliseconds = ["retry-after-ms", "x-ms-retry-after-ms"]
        .iter()
        .filter_map(|name| text(headers, name))
        .find_map(|value| value.parse::<f64>().ok())
        .and_then(|value| after_number(value / 1000.0, now));
    if milliseconds.is_some() {
        return milliseconds;
    }
    let value = text(headers, header::RETRY_AFTER.as_str())?;
    let now = text(headers, header::DATE.as_str())
        .and_then(|sent| httpdate::parse_http_date(sent).ok())
        .unwrap_or(now);
    if let Ok(value) = value.parse::<f64>() {
        return after_number(value, now);
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

/// Returns the value of `x-should-retry`, sent by OpenAI and Anthropic.
pub(super) fn should_retry(headers: &HeaderMap) -> Option<bool> {
    match text(headers, "x-should-retry")? {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// Headers with the remaining amount of a limit, and its reset time.
///
/// OpenAI and Groq: <https://platform.openai.com/docs/guides/rate-limits>; Cerebras has limits per
/// minute and per day; OpenRouter has one; the last ones are from the IETF draft.
const LIMITS: [(&str, &str); 7] = [
    (
        "x-ratelimit-remaining-requests",
        "x-ratelimit-reset-requests",
    ),
    ("x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"),
    (
        "x-ratelimit-remaining-requests-day",
        "x-ratelimit-reset-requests-day",
    ),
    (
        "x-ratelimit-remaining-tokens-minute",
        "x-ratelimit-reset-tokens-minute",
    ),
    (
        "x-ratelimit-remaining-tokens-day",
        "x-ratelimit-reset-tokens-day",
    ),
    ("x-ratelimit-remaining", "x-ratelimit-reset"),
    ("ratelimit-remaining", "ratelimit-reset"),
];

/// Returns the longest wait for the reset of an exhausted limit.
pub(super) fn reset(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let waits = LIMITS.iter().filter_map(|(remaining, reset)| {
        let is_used_up = text(headers, remaining)?.parse::<f64>().ok()? <= 0.0;
        let value = text(headers, reset).filter(|_| is_used_up)?;
        match value.parse::<f64>() {
            Ok(number) => after_number(number, now),
            Err(_) => wait::duration(value),
        }
    });
    waits.max()
}

/// A number of seconds; a large one is a Unix time, in seconds or milliseconds.
fn after_number(number: f64, now: SystemTime) -> Option<Duration> {
    const SECONDS_OF_A_TIME: f64 = 1e9;
    const MILLISECONDS_OF_A_TIME: f64 = 1e12;
    let since = now
        .duration_since(SystemTime::UNIX_EPOCH)
        .ok()?
        .as_secs_f64();
    if number.is_nan() || number < SECONDS_OF_A_TIME {
        return seconds(number);
    }
    let at = if number < MILLISECONDS_OF_A_TIME {
        number
    } else {
        number / 1000.0
    };
    seconds((at - since).max(0.0))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .map(str::trim)
}
