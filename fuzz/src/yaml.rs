//! YAML within limits.
//!
//! - An accepted input has the value that the parser alone reads. The only exception is escaped
//!   surrogates, which the parser does not accept.
//! - A rejected input is rejected by the parser as well, or has no equivalent in JSON.

use geppetto_turns::serial::yaml_value;
use serde_json::Value;

/// Inputs that are rejected although the parser returns a value for them.
const NOT_IN_JSON: [&str; 4] = [
    "needs more than 64 bits",
    "no number that JSON has",
    "aliases repeat too much",
    "lines are directives",
];

/// Checks one input.
pub fn check(text: &str) {
    let read = yaml_value(text);
    // The parser takes minutes for inputs that the limits are there to reject.
    if text.len() > 20_000 {
        return;
    }
    let bare = text.strip_prefix('\u{feff}').unwrap_or(text);
    let parsed = serde_norway::from_str::<Value>(bare);
    match (read, parsed) {
        (Ok(read), Ok(parsed)) => assert_eq!(read, parsed, "{text:?}"),
        (Err(_), Err(_)) => {}
        (Ok(_), Err(_)) if text.contains("\\ud") || text.contains("\\uD") => {}
        (Ok(read), Err(error)) => panic!("{text:?}: read as {read}, but {error}"),
        (Err(error), Ok(parsed)) => {
            let said = error.to_string();
            let known = NOT_IN_JSON.iter().any(|reason| said.contains(reason));
            assert!(known, "{text:?}: {said}, but it is {parsed}");
        }
    }
}
