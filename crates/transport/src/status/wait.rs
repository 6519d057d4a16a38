//! Delays stated by a server in its body: in fields and in messages.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderName};
use serde_json::Value;

use super::{headers, seconds};

/// Maximum number of headers read from a body.
const MOST_HEADERS: usize = 64;

/// Words before a delay.
///
/// "Please try again in 1.2s" (OpenAI, Groq), "Please retry after 6 seconds" (Azure), "Please retry
/// in 34.07s" (Google), "Resets in 6hr 29min" (ChatGPT plans), "Please wait 20s" (gateways).
const ANCHORS: [&str; 10] = [
    "try again in",
    "try again after",
    "retry in",
    "retry after",
    "retry your request in",
    "retry your request after",
    "resets in",
    "reset in",
    "reset after",
    "wait",
];

/// Words allowed between an anchor and its delay.
const FILLERS: [&str; 6] = [
    "for ",
    "at least ",
    "about ",
    "approximately ",
    "another ",
    "~",
];

const UNITS: [(&str, f64); 20] = [
    ("ms", 0.001),
    ("msec", 0.001),
    ("millisecond", 0.001),
    ("milliseconds", 0.001),
    ("s", 1.0),
    ("sec", 1.0),
    ("secs", 1.0),
    ("second", 1.0),
    ("seconds", 1.0),
    ("m", 60.0),
    ("min", 60.0),
    ("mins", 60.0),
    ("minute", 60.0),
    ("minutes", 60.0),
    ("h", 3600.0),
    ("hr", 3600.0),
    ("hour", 3600.0),
    ("hours", 3600.0),
    ("day", 86400.0),
    ("days", 86400.0),
];

/// Fields with a delay in seconds.
///
/// Hugging Face sends `estimated_time` while a model is loading.
const SECONDS: [&str; 7] = [
    "retry_after",
    "retryAfter",
    "retry_after_seconds",
    "retry-after",
    "resets_in_seconds",
    "reset_after_seconds",
    "estimated_time",
];
/// Fields with a delay in milliseconds.
const MILLISECONDS: [&str; 3] = ["retry_after_ms", "retry-after-ms", "retryAfterMs"];

/// Returns the first delay in `message`: an anchor, followed by numbers with units. `message` is in
/// lower case. A number without a unit does not count.
pub(super) fn in_words(message: &str) -> Option<Duration> {
    let mut first: Option<(usize, Duration)> = None;
    for anchor in ANCHORS {
        for (at, _) in message.match_indices(anchor) {
            if first.is_some_and(|(earlier, _)| earlier <= at) {
                break;
            }
            let after = message.get(at + anchor.len()..).unwrap_or_default();
            if let Some(wait) = duration(without_filler(after)) {
                first = Some((at, wait));
                break;
            }
        }
    }
    first.map(|(_, wait)| wait)
}

fn without_filler(text: &str) -> &str {
    let mut text = text.trim_start_matches([' ', ':']);
    while let Some(rest) = FILLERS.iter().find_map(|filler| text.strip_prefix(filler)) {
        text = rest.trim_start();
    }
    text
}

/// Parses the duration at the beginning of `text`: `3.054s`, `20ms`, `1m30s`, `1h2m`, `5 seconds`,
/// `1 hour and 3 minutes`.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut total: Option<f64> = None;
    while let Some((value, after)) = part(rest) {
        total = Some(total.unwrap_or_default() + value);
        let after = after.trim_start_matches([' ', ',']);
        rest = after.strip_prefix("and ").unwrap_or(after);
    }
    seconds(total?)
}

/// Parses one number with its unit, in seconds, and returns the rest.
fn part(text: &str) -> Option<(f64, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, after) = text.split_at_checked(end)?;
    let number: f64 = number.parse().ok()?;
    let after = after.trim_start_matches(' ');
    let end = after
        .find(|c: char| !c.is_alphabetic())
        .unwrap_or(after.len());
    let (unit, after) = after.split_at_checked(end)?;
    let (_, scale) = UNITS.iter().find(|(name, _)| *name == unit)?;
    Some((number * scale, after))
}

/// Returns the delay in a field of `error`, or of its `metadata` or `headers`.
///
/// `RetryInfo` is Google's: <https://cloud.google.com/apis/design/errors>. `resets_in_seconds` and
/// `resets_at` are those of ChatGPT plans.
pub(super) fn in_fields(error: &Value) -> Option<Duration> {
    let places = [
        Some(error),
        error.get("metadata"),
        error.get("headers"),
        error.pointer("/metadata/headers"),
    ];
    places
        .into_iter()
        .flatten()
        .find_map(of_object)
        .or_else(|| retry_info(error))
        .or_else(|| forwarded_limits(error))
}

/// Returns the reset time of an exhausted limit, from reply headers that a gateway repeats in the body.
/// OpenRouter: <https://github.com/Gitlawb/openclaude/issues/936>.
fn forwarded_limits(error: &Value) -> Option<Duration> {
    let fields = error.pointer("/metadata/headers")?.as_object()?;
    let header = |(name, value): (&String, &Value)| {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        let value = match value {
            Value::String(text) => text.parse().ok()?,
            value => value.to_string().parse().ok()?,
        };
        Some((name, value))
    };
    let headers: HeaderMap = fields
        .iter()
        .take(MOST_HEADERS)
        .filter_map(header)
        .collect();
    headers::reset(&headers, SystemTime::now())
}

fn of_object(value: &Value) -> Option<Duration> {
    let fields = value.as_object()?;
    let number = |names: &[&str]| {
        fields
            .iter()
            .filter(|(name, _)| names.iter().any(|known| name.eq_ignore_ascii_case(known)))
            .find_map(|(_, value)| {
                value
                    .as_f64()
                    .or_else(|| value.as_str()?.trim().parse().ok())
            })
    };
    number(&MILLISECONDS)
        .map(|value| value / 1000.0)
        .or_else(|| number(&SECONDS))
        .and_then(seconds)
}

fn retry_info(error: &Value) -> Option<Duration> {
    let details = error.get("details")?.as_array()?;
    details
        .iter()
        .find_map(|detail| match detail.get("retryDelay")? {
            Value::String(delay) => duration(delay),
            delay => seconds(delay.get("seconds")?.as_f64()?),
        })
}
