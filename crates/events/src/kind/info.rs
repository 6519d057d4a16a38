//! Notices in words.

use std::{fmt::Write as _, time::Duration};

use serde_json::Value;

use super::Info;

/// Returns the message, with the reason in the data.
pub(super) fn text(event: &Info) -> String {
    let data = event.data.as_ref();
    let message = match event.message.as_str() {
        "retrying" => data.and_then(retrying),
        _ => None,
    };
    let message = message.unwrap_or_else(|| event.message.clone());
    match data.and_then(|data| data.get("reason")?.as_str()) {
        Some(reason) => format!("{message}: {}", reason.replace(['\r', '\n', '\t'], " ")),
        None => message,
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
