//! The arguments of a function call, as a request sends them back.

use std::borrow::Cow;

use geppetto_turns::Args;
use serde_json::json;

#[cfg(test)]
mod tests;

/// The field that holds what a model wrote as arguments where that is no JSON object.
const INVALID: &str = "invalid_arguments";

/// What goes back: the model's own text, byte for byte, as long as it is a JSON object.
///
/// Servers that render the history with a template read the arguments, and fail on all further
/// requests of a history in which they cannot (llama.cpp answers with 500). So what is no object
/// goes back as a string inside of one, beside the answer that says what was wrong with it.
#[must_use]
pub fn sendable_args(args: &Args) -> Cow<'_, str> {
    let text = args.as_str();
    // A number that no reader has room for is no JSON to those servers either: it is read in full.
    match args.object() {
        Ok(_) if args.is_blank() => Cow::Borrowed("{}"),
        Ok(_) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(json!({ INVALID: text }).to_string()),
    }
}
