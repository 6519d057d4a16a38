//! Which tools the demo model calls, and with what.

use serde_json::Value;

use super::{
    arguments,
    prompt::{Prompt, same_word, telling_words},
};
use crate::json::at;

/// The most calls in one reply.
const MOST_CALLS: usize = 8;

/// Words for effects that cannot be taken back. A tool with one of them in its name is called only when
/// the prompt says to use it, by its full name.
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

/// Words that are effects where they stand first, in "book_room", and not in "find_books".
const EFFECT_VERBS: [&str; 31] = [
    "block", "book", "buy", "charge", "close", "commit", "edit", "email", "format", "launch",
    "mail", "merge", "move", "order", "patch", "place", "post", "push", "put", "replace", "reset",
    "restart", "run", "save", "set", "shell", "stop", "submit", "transfer", "update", "upload",
];

/// Words that, before a tool's name, say to call it.
const USE: [&str; 7] = ["call", "execute", "invoke", "run", "use", "using", "with"];

/// Words that turn what follows into its opposite.
const NOT: [&str; 6] = ["avoid", "don't", "dont", "never", "not", "without"];

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

/// The functions to call: the one that the request names, or those that the prompt asks for.
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

/// Whether the prompt clearly asks for what the function does.
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
    // With arguments that are in the prompt, one word of the name is clear enough.
    let has_arguments = arguments::requires_any(&function["parameters"]);
    let whole_name = !named.is_empty() && named.len() == telling_words(name).len();
    all >= 2 || whole_name || (has_arguments && !named.is_empty())
}

/// The telling words of the prompt that `text` has, too. The words in names of tools do not count.
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
    // What a tool does is the first word of its description: "Sends a letter".
    let does = words(&function["description"]).into_iter().next();
    // The name of a tool for looking up orders may begin with "order".
    let verb = name.first().filter(|verb| *verb != "order");
    name.iter().any(|word| in_list(word, &EFFECTS))
        || verb.is_some_and(|verb| in_list(verb, &EFFECT_VERBS))
        || does.is_some_and(|does| in_list(&does, &EFFECTS) || in_list(&does, &EFFECT_VERBS))
}

/// How a prompt mentions a tool by its full name.
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
