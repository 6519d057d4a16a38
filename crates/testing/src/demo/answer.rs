//! What the demo model says.

use serde_json::Value;

use super::{arguments, prompt::Prompt, tools};
use crate::{json::at, server::message_text};

mod say;

pub(super) use say::Answer;

/// Bytes of arguments per fragment, at least.
const FRAGMENT: usize = 8;

/// The longest quotation of a prompt or of a result, in characters.
const QUOTE: usize = 400;

/// The answer to a request in the shape of the chat API.
pub(super) fn to(request: &Value) -> Answer {
    let messages = request["messages"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let results = trailing_results(messages);
    let prompt = last_prompt(messages);
    let schema = at(request, &["response_format", "json_schema", "schema"]);
    let draft = Draft::new(messages);
    if !results.is_empty() {
        return summary(draft, messages, results, &prompt).finish();
    }
    let calls = tools::calls(request, &prompt);
    if !calls.is_empty() {
        return tool_calls(draft, &calls, messages.len()).finish();
    }
    if schema.is_object() {
        let value = arguments::value_of(schema, schema, &prompt);
        return draft
            .think("A schema is asked for.")
            .say(&value.to_string())
            .finish();
    }
    small_talk(draft, &prompt).finish()
}

fn summary(draft: Draft, messages: &[Value], results: &[Value], prompt: &Prompt) -> Draft {
    let count = match results.len() {
        1 => "One result has".to_owned(),
        many => format!("{many} results have"),
    };
    let draft = draft.think(&format!("{count} come back; now the answer."));
    let said: Vec<String> = results
        .iter()
        .map(|result| {
            let id = result["tool_call_id"].as_str().unwrap_or_default();
            let name = call_name(messages, id).unwrap_or("the tool");
            format!("{name} said {}", quote(&message_text(result)))
        })
        .collect();
    let asked = quote(prompt.text());
    draft.say(&format!(
        "You asked: {asked}. Here is what I found: {}.",
        said.join("; ")
    ))
}

fn tool_calls(draft: Draft, calls: &[tools::Call], turn: usize) -> Draft {
    let mut names: Vec<&str> = calls.iter().map(|call| call.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let mut draft = draft.think(&format!("This needs {}.", names.join(" and ")));
    for (number, call) in calls.iter().enumerate() {
        draft = draft.call(&format!("call_{turn}_{number}"), call);
    }
    draft
}

fn small_talk(draft: Draft, prompt: &Prompt) -> Draft {
    let quoted = quote(prompt.text());
    draft
        .think("No tool is needed here; a friendly answer will do.")
        .say(&format!(
            "You said: {quoted}. I am the embedded demo provider: I understand little, but I \
             stream, think and call tools like a real model."
        ))
}

/// The results at the end of the conversation, if it ends with results.
fn trailing_results(messages: &[Value]) -> &[Value] {
    let others = messages
        .iter()
        .rposition(|message| message["role"] != "tool");
    let start = others.map_or(0, |last| last + 1);
    messages.get(start..).unwrap_or_default()
}

fn last_prompt(messages: &[Value]) -> Prompt {
    let last = messages.iter().rfind(|message| message["role"] == "user");
    Prompt::new(last.map(message_text).unwrap_or_default())
}

fn call_name<'a>(messages: &'a [Value], id: &str) -> Option<&'a str> {
    messages
        .iter()
        .filter_map(|message| message["tool_calls"].as_array())
        .flatten()
        .rfind(|call| call["id"] == id)
        .and_then(|call| at(call, &["function", "name"]).as_str())
}

fn quote(text: &str) -> String {
    let text = text.trim();
    let mut quoted: String = text.chars().take(QUOTE).collect();
    if quoted.len() < text.len() {
        quoted.push('…');
    }
    format!("\"{quoted}\"")
}

/// A reply being written, and the words counted.
struct Draft(Answer);

impl Draft {
    fn new(messages: &[Value]) -> Self {
        let texts = messages.iter().map(message_text);
        Self(Answer::new(texts.map(|text| words(&text)).sum()))
    }

    fn think(mut self, text: &str) -> Self {
        self.0.think(text, words(text));
        self
    }

    fn say(mut self, text: &str) -> Self {
        self.0.say(text, words(text));
        self
    }

    fn call(mut self, id: &str, call: &tools::Call) -> Self {
        let arguments = call.arguments.to_string();
        let written = words(&arguments) + 1;
        self.0.call(id, &call.name, fragments(&arguments), written);
        self
    }

    fn finish(self) -> Answer {
        self.0
    }
}

fn words(text: &str) -> u64 {
    text.split_whitespace().fold(0, |count, _| count + 1)
}

fn fragments(text: &str) -> Vec<String> {
    let mut fragments = vec![String::new()];
    for character in text.chars() {
        if let Some(last) = fragments.last_mut()
            && last.len() < FRAGMENT
        {
            last.push(character);
        } else {
            fragments.push(character.into());
        }
    }
    fragments
}
