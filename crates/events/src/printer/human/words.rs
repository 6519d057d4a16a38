//! The wording of notes.

use std::{fmt::Write as _, time::Duration};

use geppetto_turns::{Usage, printable, printable::shorten_data, printable_line};
use serde_json::Value;

use crate::kind::Info;

/// A tool call or its result.
pub(super) fn tool(mark: &str, name: &str, what: &str) -> String {
    let (name, what) = (printable_line(name), shorten_data(what));
    format!("{mark} {name} {}", printable(&what))
}

pub(super) fn info(event: &Info) -> String {
    let message = match event.message.as_str() {
        "retrying" => event.data.as_ref().and_then(retrying),
        _ => None,
    };
    let message = message.unwrap_or_else(|| printable(&event.message).into_owned());
    let reason = event
        .data
        .as_ref()
        .and_then(|data| data.get("reason")?.as_str());
    match reason {
        Some(reason) => format!("({message}: {})", printable_line(reason)),
        None => format!("({message})"),
    }
}

/// The next attempt and its delay: `retrying (2/3) in 0.3 s`.
fn retrying(data: &Value) -> Option<String> {
    let number = |name: &str| data.get(name).and_then(Value::as_u64);
    let next = number("attempt")?.saturating_add(1);
    let mut said = match number("max_attempts") {
        Some(max) => format!("retrying ({next}/{max})"),
        None => format!("retrying (attempt {next})"),
    };
    match number("delay_ms") {
        None => {}
        Some(0..50) => said.push_str(" now"),
        Some(delay @ 50..10_000) => {
            let delay = Duration::from_millis(delay).as_secs_f64();
            let _ = write!(said, " in {delay:.1} s");
        }
        Some(delay) => {
            let _ = write!(said, " in {} s", delay.div_ceil(1000));
        }
    }
    Some(said)
}

/// The token counts; `None` if the provider reported none.
pub(super) fn usage(usage: Option<&Usage>) -> Option<String> {
    let usage = usage.filter(|usage| usage.total_tokens() > 0)?;
    let mut said = format!("{} tokens in", usage.input_tokens);
    if usage.cached_tokens > 0 {
        let _ = write!(said, " ({} cached)", usage.cached_tokens);
    }
    let _ = write!(said, ", {} out", usage.output_tokens);
    if usage.reasoning_tokens > 0 {
        let _ = write!(said, " ({} reasoning)", usage.reasoning_tokens);
    }
    Some(said)
}
