//! The arguments of a function call, as a request sends them back.

use std::borrow::Cow;

use geppetto_turns::Args;
use serde::de::IgnoredAny;
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
pub(crate) fn sendable(args: &Args) -> Cow<'_, str> {
    let text = args.as_str();
    if args.is_blank() {
        return Cow::Borrowed("{}");
    }
    let is_object =
        text.trim_start().starts_with('{') && serde_json::from_str::<IgnoredAny>(text).is_ok();
    match is_object {
        true => Cow::Borrowed(text),
        false => Cow::Owned(json!({ INVALID: text }).to_string()),
    }
}
