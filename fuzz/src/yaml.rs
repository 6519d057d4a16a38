//! YAML within limits.
//!
//! - What is read is what the parser alone reads. Only escaped surrogates, which it does not take, are
//!   read otherwise.
//! - What is refused, the parser refuses as well, or JSON does not have it.

use geppetto_turns::serial::yaml_value;
use serde_json::Value;

/// What is refused although the parser gives a value of some sort.
const NOT_IN_JSON: [&str; 4] = [
    "needs more than 64 bits",
    "no number that JSON has",
    "aliases repeat too much",
    "lines are directives",
];

/// Checks one input.
pub fn check(text: &str) {
    let read = yaml_value(text);
    // The parser takes minutes for what the limits are there to refuse.
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
