//! Selection of the tools to call, and their arguments.

use serde_json::Value;

use super::{
    arguments,
    prompt::{Prompt, same_word, telling_words},
};
use crate::json::at;

/// Maximum number of calls in one reply.
const MOST_CALLS: usize = 8;

/// Words for irreversible effects. A tool with one of them in its name is called only if the prompt
/// requests it by its full name.
const EFFECTS: [&str; 33] = [
    "approve",
    "cancel",
    "create",
    "delete",
    "deploy",
    "destroy",
    "drop",
    "erase",
    "exec",
    "execute",
    "grant",
    "insert",
    "install",
    "kill",
    "modify",
    "overwrite",
    "pay",
    "payment",
    "publish",
    "purchase",
    "purge",
    "refund",
    "reject",
    "remove",
    "rename",
    "revoke",
    "send",
    "shutdown",
    "terminate",
    "uninstall",
    "wipe",
    "withdraw",
    "write",
];

/// Words that denote an effect at the beginning of a name, as in "book_room", but not elsewhere, as
/// in "find_books".
const EFFECT_VERBS: [&str; 31] = [
    "block", "book", "buy", "charge", "close", "commit", "edit", "email", "format", "launch",
    "mail", "merge", "move", "order", "patch", "place", "post", "push", "put", "replace", "reset",
    "restart", "run", "save", "set", "shell", "stop", "submit", "transfer", "update", "upload",
];

/// Words that request a call when they precede a tool's name.
const USE: [&str; 7] = ["call", "execute", "invoke", "run", "use", "using", "with"];

/// Negations.
const NOT: [&str; 6] = ["avoid", "don't", "dont", "never", "not", "without"];

/// A tool call to make.
#[derive(Debug, PartialEq)]
pub(super) struct Call {
    pub(super) name: String,
    pub(super) arguments: Value,
}

/// Returns the calls for the prompt; none if no tool matches.
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

/// Returns the functions to call: the one named in the request, or those that the prompt asks for.
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
    let suitable: Vec<&Value> = functions
        .iter()
        .copied()
        .filter(|function| is_asked_for(function, prompt))
        .collect();
    if suitable.is_empty() && choice == "required" {
        let harmless = functions.iter().position(|function| !has_effects(function));
        return functions
            .into_iter()
            .skip(harmless.unwrap_or(0))
            .take(1)
            .collect();
    }
    suitable
}

/// Returns `true` if the prompt clearly asks for the function.
fn is_asked_for(function: &Value, prompt: &Prompt) -> bool {
    let name = function["name"].as_str().unwrap_or_default();
    match mention(name, prompt.text()) {
        Mention::Forbidden => return false,
        Mention::Told => return true,
        Mention::Named if !has_effects(function) && name.contains(['_', '-']) => return true,
        Mention::Named | Mention::None => {}
    }
    if has_effects(function) || !arguments::can_be_found(&function["parameters"], prompt) {
        return false;
    }
    let named = shared(name, prompt);
    let described = shared(function["description"].as_str().unwrap_or_default(), prompt);
    let all = described
        .iter()
        .chain(&named)
        .collect::<std::collections::BTreeSet<_>>()
        .len();
    // If the prompt contains the arguments, one word of the name is sufficient.
    let has_arguments = arguments::requires_any(&function["parameters"]);
    let whole_name = !named.is_empty() && named.len() == telling_words(name).len();
    all >= 2 || whole_name || (has_arguments && !named.is_empty())
}

/// Returns the significant words of the prompt that also occur in `text`. Words in names of tools
/// do not count.
fn shared(text: &str, prompt: &Prompt) -> Vec<String> {
    let theirs = telling_words(text);
    let words = prompt.text().split_whitespace();
    let mut ours: Vec<String> = words
        .filter(|word| !word.contains('_'))
        .flat_map(telling_words)
        .collect();
    ours.sort_unstable();
    ours.dedup();
    ours.retain(|our| theirs.iter().any(|their| same_word(our, their)));
    ours
}

fn has_effects(function: &Value) -> bool {
    let words = |text: &Value| -> Vec<String> {
        let text = text.as_str().unwrap_or_default();
        let words = text
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty());
        words.map(str::to_lowercase).collect()
    };
    let in_list = |word: &String, list: &[&str]| list.iter().any(|own| same_word(word, own));
    let name = words(&function["name"]);
    // The first word of a description is its verb: "Sends a letter".
    let does = words(&function["description"]).into_iter().next();
    // The name of a tool that looks up orders may start with "order".
    let verb = name.first().filter(|verb| *verb != "order");
    name.iter().any(|word| in_list(word, &EFFECTS))
        || verb.is_some_and(|verb| in_list(verb, &EFFECT_VERBS))
        || does.is_some_and(|does| in_list(&does, &EFFECTS) || in_list(&does, &EFFECT_VERBS))
}

/// Mention of a tool's full name in a prompt.
enum Mention {
    None,
    /// "What does lookup_weather do?"
    Named,
    /// "Use lookup_weather."
    Told,
    /// "Do not use lookup_weather."
    Forbidden,
}

fn mention(name: &str, text: &str) -> Mention {
    let words: Vec<String> = text
        .split_whitespace()
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric() && c != '_' && c != '-'))
        .map(str::to_lowercase)
        .collect();
    let name = name.to_lowercase();
    let mut found = Mention::None;
    for (at, _) in words.iter().enumerate().filter(|(_, word)| **word == name) {
        let before = words.get(at.saturating_sub(4)..at).unwrap_or_default();
        let any = |list: &[&str]| before.iter().any(|word| list.contains(&word.as_str()));
        if any(&NOT) {
            return Mention::Forbidden;
        }
        if any(&USE) || words.get(at + 1).is_some_and(|next| next == "tool") {
            found = Mention::Told;
        } else if matches!(found, Mention::None) {
            found = Mention::Named;
        }
    }
    found
}
