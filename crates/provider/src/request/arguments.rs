//! Arguments of a function call in the history of a request.

use std::borrow::Cow;

use geppetto_turns::Args;
use serde_json::json;

#[cfg(test)]
mod tests;

/// Field for arguments of a model that are not a JSON object.
const INVALID: &str = "invalid_arguments";

/// Returns the arguments to send: the model's own text, byte for byte, if it is a JSON object.
///
/// Servers that render the history with a template parse the arguments, and fail on every further
/// request with a history in which they cannot (llama.cpp responds with status 500). So other text
/// is sent as a string within an object, next to the answer with its validation error.
#[must_use]
pub fn sendable_args(args: &Args) -> Cow<'_, str> {
    let text = args.as_str();
    // Those servers reject numbers that cannot be represented as well, so the number is parsed
    // completely.
    match args.object() {
        Ok(_) if args.is_blank() => Cow::Borrowed("{}"),
        Ok(_) => Cow::Borrowed(text),
        // Other programs write null for a call without arguments.
        Err(_) if text.trim() == "null" => Cow::Borrowed("{}"),
        Err(_) => Cow::Owned(json!({ INVALID: text }).to_string()),
    }
}
