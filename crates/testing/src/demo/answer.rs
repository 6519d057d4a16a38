//! Answers of the demo model.

use serde_json::Value;

use super::{
    arguments,
    memory::{self, Memory},
    prompt::Prompt,
    tools,
};
use crate::{json::at, server::message_text};

mod say;

pub(super) use say::Answer;

/// Minimum size of a fragment of arguments, in bytes.
const FRAGMENT: usize = 8;

/// Maximum length of a quotation of a prompt or of a result, in characters.
const QUOTE: usize = 400;

/// Appended to the first answer of a conversation.
const INTRODUCTION: &str = "I am the embedded demo provider: a small program, not a language model. I \
    stream, remember what you tell me, call tools and fill in schemas, but I understand little.";

/// Returns the answer to a request in the format of the Chat Completions API.
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
    small_talk(draft, request, messages, &prompt).finish()
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
            format!("{name} returned {}", shortened(&message_text(result)))
        })
        .collect();
    let asked = quote(prompt.text());
    draft.say(&introduced(
        messages,
        format!(
            "You asked: {asked}. Here is what I found: {}.",
            said.join("; ")
        ),
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

/// Returns a text answer: from the history if possible, otherwise a polite one.
fn small_talk(draft: Draft, request: &Value, messages: &[Value], prompt: &Prompt) -> Draft {
    let asked = prompt.text();
    let has_tools = request["tools"]
        .as_array()
        .is_some_and(|tools| !tools.is_empty());
    let thought = if has_tools {
        "No tool is clearly asked for; an answer in words will do."
    } else {
        "A short answer will do."
    };
    let answer = if let Some(known) = Memory::of(messages).answer(asked) {
        known
    } else if let Some(fact) = memory::facts(asked).first() {
        match (fact.key.as_str(), &fact.value) {
            ("name", name) => format!("Nice to meet you, {name}. I will remember your name."),
            (key, value) => format!("I will remember your {key}: {value}."),
        }
    } else {
        let greets = ["hello", "hi", "hey", "good morning", "good evening"];
        let padded = format!(
            " {} ",
            asked.to_lowercase().replace([',', '.', '!', '?'], " ")
        );
        if greets
            .iter()
            .any(|word| padded.contains(&format!(" {word} ")))
        {
            "Hello!".to_owned()
        } else {
            format!("You said: {}.", quote(asked))
        }
    };
    let seen = match images(messages) {
        0 => String::new(),
        1 => " There is an image with it, which I cannot look at.".to_owned(),
        many => format!(" There are {many} images with it, which I cannot look at."),
    };
    draft
        .think(thought)
        .say(&introduced(messages, answer + &seen))
}

/// Returns the answer, followed by an introduction if it is the first one of a conversation.
fn introduced(messages: &[Value], answer: String) -> String {
    let has_text = |message: &Value| !message_text(message).trim().is_empty();
    let answered = |message: &Value| message["role"] == "assistant" && has_text(message);
    if messages.iter().any(answered) {
        return answer;
    }
    format!("{answer} {INTRODUCTION}")
}

/// Returns the number of images in the last prompt.
fn images(messages: &[Value]) -> usize {
    let last = messages.iter().rfind(|message| message["role"] == "user");
    let parts = last.and_then(|message| message["content"].as_array());
    let kinds = parts
        .into_iter()
        .flatten()
        .filter_map(|part| part["type"].as_str());
    kinds.filter(|kind| kind.contains("image")).count()
}

/// Returns the results at the end of the conversation, if it ends with results.
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
    format!("\"{}\"", shortened(text))
}

fn shortened(text: &str) -> String {
    let text = text.trim();
    let mut short: String = text.chars().take(QUOTE).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// A reply under construction, with a word count.
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
