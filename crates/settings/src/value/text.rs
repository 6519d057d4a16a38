//! Values of variables and flags.

use serde_json::Value as Json;

use super::{Invalid, Value};
use crate::{Address, Field, Kind, Secret, Table};

pub(super) fn read(field: &Field, given: &str) -> Result<Option<Value>, Invalid> {
    let given = match field.kind {
        Kind::List | Kind::Json | Kind::Map => given.trim(),
        _ => unquoted(given.trim()),
    };
    if given.is_empty() {
        return Ok(None);
    }
    let value = match field.kind {
        Kind::Text => return text(field, given).map(Some),
        Kind::Choice => choice(field, given),
        Kind::Int(min, max) => integer(given)
            .filter(|number| (min..=max).contains(number))
            .map(Value::Int),
        Kind::Float(min, max) => float(given)
            .filter(|number| (min..=max).contains(number))
            .map(Value::Float),
        Kind::Bool => boolean(given).map(Value::Bool),
        Kind::List => Some(Value::List(list(given))),
        Kind::Seconds => seconds(given).map(Value::Int),
        Kind::Json => object(given).map(Value::Json),
        Kind::Map => object(given)
            .and_then(|json| json.as_object().cloned())
            .and_then(|map| super::file::table(field, Table::new(map))),
        Kind::Secret => return secret(field, given).map(Some),
        Kind::Url => url(field, given),
    };
    value.map(Some).ok_or_else(|| Invalid::new(field, given))
}

/// Removes surrounding quotes from a value, which env files for containers pass on as part of it
/// (<https://github.com/martabal/qbittorrent-exporter/issues/259>).
fn unquoted(given: &str) -> &str {
    let inside = |quote| given.strip_prefix(quote)?.strip_suffix(quote);
    let inside = inside('"').or_else(|| inside('\''));
    inside.map_or(given, str::trim)
}

/// Control characters could rewrite the terminal that a value is printed on.
fn text(field: &Field, given: &str) -> Result<Value, Invalid> {
    if given
        .chars()
        .any(|c| c.is_control() && c != '\n' && c != '\t')
    {
        return Err(Invalid::new(field, given).allowed("text without control characters"));
    }
    Ok(Value::Text(given.to_owned()))
}

fn choice(field: &Field, given: &str) -> Option<Value> {
    let mut values = field.values.iter();
    let found = values.find(|value| value.eq_ignore_ascii_case(given))?;
    Some(Value::Text((*found).to_owned()))
}

/// Parses an integer; accepts one written as a float, because some programs write all numbers in
/// that way.
fn integer(given: &str) -> Option<i64> {
    let whole = |number: &f64| number.fract() == 0.0 && number.abs() < 9e15;
    given.parse().ok().or_else(|| {
        let number = given.parse::<f64>().ok().filter(whole)?;
        format!("{number:.0}").parse().ok()
    })
}

fn float(given: &str) -> Option<f64> {
    given
        .parse::<f64>()
        .ok()
        .filter(|number| number.is_finite())
}

/// The booleans of YAML 1.1, which files of Go programs contain, and those of variables.
fn boolean(given: &str) -> Option<bool> {
    match given.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "y" | "t" | "1" => Some(true),
        "false" | "no" | "off" | "n" | "f" | "0" => Some(false),
        _ => None,
    }
}

/// Parses a JSON list, or comma-separated items with or without brackets.
pub(super) fn list(given: &str) -> Vec<String> {
    if let Ok(items) = serde_json::from_str::<Vec<String>>(given) {
        return items;
    }
    let inside = given
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let items = inside.unwrap_or(given).split(',').map(str::trim);
    let items = items.map(|item| {
        let quoted = |quote| item.strip_prefix(quote)?.strip_suffix(quote);
        quoted('"').or_else(|| quoted('\'')).unwrap_or(item)
    });
    items
        .filter(|item| !item.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Parses whole seconds: `90`, `90s`, `1m30s`, `1h`.
fn seconds(given: &str) -> Option<i64> {
    if let Some(number) = integer(given) {
        return (number >= 0).then_some(number);
    }
    let (mut total, mut digits) = (0_i64, String::new());
    for c in given.chars() {
        let unit = match c {
            '0'..='9' => {
                digits.push(c);
                continue;
            }
            'h' => 3600,
            'm' => 60,
            's' => 1,
            _ => return None,
        };
        let part = digits.parse::<i64>().ok()?.checked_mul(unit)?;
        total = total.checked_add(part)?;
        digits.clear();
    }
    digits.is_empty().then_some(total)
}

fn object(given: &str) -> Option<Json> {
    let json = serde_json::from_str::<Json>(given).ok()?;
    json.is_object().then_some(json)
}

fn secret(field: &Field, given: &str) -> Result<Value, Invalid> {
    if given.chars().any(|c| c.is_control() || c.is_whitespace()) {
        let allowed = "the key alone: one line without spaces and without `Bearer`";
        return Err(Invalid::new(field, given).allowed(allowed));
    }
    // Typographic quotes and invisible spaces come with keys that are copied from documents, and no server takes
    // them: <https://github.com/langchain-ai/langchain/issues/19144>,
    // <https://github.com/NousResearch/hermes-agent/pull/9946>.
    if !given.is_ascii() {
        let allowed = "the key alone, in ASCII: without quotes of a word processor and invisible \
                       characters";
        return Err(Invalid::new(field, given).allowed(allowed));
    }
    // References of other programs, which would be sent as they are:
    // <https://github.com/continuedev/continue/issues/4323>, <https://github.com/sigoden/aichat/issues/1085>.
    if given.starts_with(['$', '{', '<']) {
        let allowed =
            "the key itself: variables are not replaced in it, but are read where it is absent";
        return Err(Invalid::new(field, given).allowed(allowed));
    }
    Ok(Value::Secret(Secret::new(given)))
}

fn url(field: &Field, given: &str) -> Option<Value> {
    let address = Address::new(given);
    let scheme = address.scheme()?;
    let is_proxy = field.path == "client.proxy_url";
    let known = matches!(scheme.as_str(), "http" | "https")
        || (is_proxy && matches!(scheme.as_str(), "socks4" | "socks4a" | "socks5" | "socks5h"));
    let clean = !given.chars().any(|c| c.is_control() || c.is_whitespace());
    let has_host = address.host().is_some_and(|host| !host.starts_with(':'));
    (known && clean && has_host).then_some(Value::Url(address))
}
