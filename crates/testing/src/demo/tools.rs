//! Which tools the demo model calls, and with what.

use serde_json::Value;

use super::{arguments, prompt::Prompt};
use crate::json::at;

/// The most calls in one reply.
const MOST_CALLS: usize = 8;

/// A call to make.
#[derive(Debug, PartialEq)]
pub(super) struct Call {
    pub(super) name: String,
    pub(super) arguments: Value,
}

/// The calls that answer the prompt; none if no tool suits it.
pub(super) fn calls(request: &Value, prompt: &Prompt) -> Vec<Call> {
    let most = if request["parallel_tool_calls"] == false {
        1
    } else {
        MOST_CALLS
    };
    chosen(request, prompt)
        .into_iter()
        .flat_map(|function| {
            let name = function["name"].as_str().unwrap_or_default();
            arguments::of_calls(&function["parameters"], prompt)
                .into_iter()
                .map(|arguments| Call {
                    name: name.to_owned(),
                    arguments,
                })
        })
        .take(most)
        .collect()
}

/// The functions to call: the one that the request names, or those that suit the prompt.
fn chosen<'a>(request: &'a Value, prompt: &Prompt) -> Vec<&'a Value> {
    let functions: Vec<&Value> = request["tools"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|tool| &tool["function"])
        .filter(|function| function["name"].is_string())
        .collect();
    let choice = &request["tool_choice"];
    if choice == "none" {
        return Vec::new();
    }
    if let Some(name) = at(choice, &["function", "name"]).as_str() {
        return functions
            .into_iter()
            .filter(|f| f["name"] == name)
            .collect();
    }
    let suitable = suitable(&functions, prompt);
    if suitable.is_empty() && choice == "required" {
        return functions.into_iter().take(1).collect();
    }
    suitable
}

/// All functions whose name shares a word with the prompt, or else the first whose description or
/// parameters do.
fn suitable<'a>(functions: &[&'a Value], prompt: &Prompt) -> Vec<&'a Value> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let by_name: Vec<&Value> = functions
        .iter()
        .copied()
        .filter(|function| prompt.shares_word_with(&text(&function["name"])))
        .collect();
    if !by_name.is_empty() {
        return by_name;
    }
    let described = |function: &&&Value| {
        let parameters = at(function, &["parameters", "properties"]).as_object();
        prompt.shares_word_with(&text(&function["description"]))
            || parameters
                .into_iter()
                .flat_map(|properties| properties.keys())
                .any(|name| prompt.shares_word_with(name))
    };
    functions
        .iter()
        .find(described)
        .copied()
        .into_iter()
        .collect()
}
