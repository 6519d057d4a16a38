//! The order of contents, of calls and of their responses.

use serde_json::Value;

use super::ProviderRefusal;
use crate::json::at;

/// Role of a content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    User,
    Model,
    /// Of the model, with this many calls.
    Calls(usize),
    /// Of the user, with this many responses.
    Responses(usize),
}

impl Turn {
    fn of(content: &Value) -> Self {
        let parts = content["parts"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let count = |name: &str| parts.iter().filter(|part| part.get(name).is_some()).count();
        let is_model = content["role"] == "model";
        match (is_model, count("functionCall"), count("functionResponse")) {
            (true, 0, _) => Self::Model,
            (true, calls, _) => Self::Calls(calls),
            (false, _, 0) => Self::User,
            (false, _, responses) => Self::Responses(responses),
        }
    }
}

const COUNT: &str = "Please ensure that the number of function response parts is equal to the \
                     number of function call parts of the function call turn.";

pub(super) fn check(contents: &[Value], version: u32) -> Result<(), ProviderRefusal> {
    let refuse = |message: &str| Err(ProviderRefusal::invalid_request(message));
    let turns: Vec<Turn> = contents.iter().map(Turn::of).collect();
    let before = std::iter::once(None).chain(turns.iter().copied().map(Some));
    for (turn, before) in turns.iter().zip(before) {
        match (before, turn) {
            (Some(Turn::Calls(calls)), Turn::Responses(responses)) if calls == *responses => {}
            (Some(Turn::Calls(_)), _) => return refuse(COUNT),
            (_, Turn::Responses(_)) => {
                return refuse(
                    "Please ensure that function response turn comes immediately after a function \
                     call turn.",
                );
            }
            (None | Some(Turn::Model), Turn::Calls(_)) => {
                return refuse(
                    "Please ensure that function call turn comes immediately after a user turn or \
                     after a function response turn.",
                );
            }
            _ => {}
        }
    }
    match turns.last() {
        Some(Turn::Calls(_)) => return refuse(COUNT),
        Some(Turn::Model) => {
            return refuse(
                "Please ensure that single turn requests end with a user role or the role field is \
                 empty.",
            );
        }
        _ => {}
    }
    let pairs = contents.iter().zip(contents.iter().skip(1)).zip(&turns);
    for ((called, answered), turn) in pairs {
        if matches!(turn, Turn::Calls(_)) {
            answers(called, answered)?;
        }
    }
    if version >= 3 {
        signatures(contents, &turns)?;
    }
    Ok(())
}

/// Checks that responses have the names and the ids of their calls, in order.
fn answers(called: &Value, answered: &Value) -> Result<(), ProviderRefusal> {
    let list = |content: &Value, name: &str| -> Vec<(Value, Value)> {
        let parts = content["parts"].as_array().cloned().unwrap_or_default();
        let own = parts.iter().filter_map(|part| part.get(name));
        own.map(|own| (own["name"].clone(), own["id"].clone()))
            .collect()
    };
    if list(called, "functionCall") == list(answered, "functionResponse") {
        return Ok(());
    }
    Err(ProviderRefusal::invalid_request(
        "Please ensure that the function response parts have the names and ids of the function call \
         parts, in their order.",
    ))
}

/// Checks that the first call of each step since the last prompt has a signature.
///
/// Source: <https://ai.google.dev/gemini-api/docs/thought-signatures>.
fn signatures(contents: &[Value], turns: &[Turn]) -> Result<(), ProviderRefusal> {
    let prompt = turns
        .iter()
        .rposition(|turn| *turn == Turn::User)
        .unwrap_or_default();
    for (position, content) in contents.iter().enumerate().skip(prompt) {
        let parts = content["parts"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let first = parts.iter().find(|part| part.get("functionCall").is_some());
        if let Some(call) = first.filter(|call| call["thoughtSignature"].is_null()) {
            let name = at(call, &["functionCall", "name"])
                .as_str()
                .unwrap_or_default();
            return Err(ProviderRefusal::invalid_request(format!(
                "Function call is missing a thought_signature in functionCall parts. This is required \
                 for tools to work correctly, and missing thought_signature may lead to degraded \
                 model performance. Additional data, function call `default_api:{name}` , position \
                 {position}. Please refer to \
                 https://ai.google.dev/gemini-api/docs/thought-signatures for more details."
            )));
        }
    }
    Ok(())
}
