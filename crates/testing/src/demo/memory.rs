//! Facts from the conversation, and answers to questions about them.

use serde_json::Value;

use super::prompt::telling_words;
use crate::server::message_text;

/// Words that start a question.
const QUESTION_WORDS: [&str; 17] = [
    "are", "can", "could", "did", "do", "does", "have", "how", "is", "should", "what", "what's",
    "when", "where", "which", "who", "why",
];

/// Maximum number of words between "my" and "is" in a fact.
const LONGEST_KEY: usize = 4;

/// Earlier user messages.
#[derive(Debug)]
pub(super) struct Memory {
    prompts: Vec<String>,
}

/// A statement of the user about themselves: "my name is Ada".
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fact {
    pub(super) key: String,
    verb: &'static str,
    pub(super) value: String,
}

impl Memory {
    pub(super) fn of(messages: &[Value]) -> Self {
        let said = messages.iter().filter(|message| message["role"] == "user");
        let mut prompts: Vec<String> = said.map(message_text).collect();
        prompts.pop();
        Self { prompts }
    }

    /// Returns the answer to `prompt`, if it is a question about the conversation that can be
    /// answered.
    pub(super) fn answer(&self, prompt: &str) -> Option<String> {
        if !is_question(prompt) {
            return None;
        }
        let asked = normal(prompt);
        self.counted(&asked)
            .or_else(|| self.quoted(&asked))
            .or_else(|| self.fact(&asked))
            .or_else(|| self.said_earlier(prompt))
    }

    fn counted(&self, asked: &str) -> Option<String> {
        let things = ["question", "message", "prompt"];
        if !asked.contains("how many") || !things.iter().any(|thing| asked.contains(thing)) {
            return None;
        }
        Some(match self.prompts.as_slice() {
            [] => "This is your first question.".to_owned(),
            [only] => format!("You have asked one question before this one: \"{only}\"."),
            [first, ..] => format!(
                "You have asked {} questions before this one; the first was \"{first}\".",
                self.prompts.len()
            ),
        })
    }

    fn quoted(&self, asked: &str) -> Option<String> {
        let about_words = [
            "did i say",
            "did i ask",
            "did i tell",
            "did i just",
            "my first",
            "my last",
        ];
        if !about_words.iter().any(|words| asked.contains(words)) {
            return None;
        }
        let (which, prompt) = if asked.contains("first") {
            ("first", self.prompts.first())
        } else {
            ("last", self.prompts.last())
        };
        Some(prompt.map_or_else(
            || "You have not said anything before this.".to_owned(),
            |prompt| format!("The {which} thing that you said was \"{prompt}\"."),
        ))
    }

    /// Returns the latest fact named in the question.
    fn fact(&self, asked: &str) -> Option<String> {
        let facts: Vec<Fact> = self
            .prompts
            .iter()
            .flat_map(|prompt| facts(prompt))
            .collect();
        let asks_for = |key: &str| {
            asked.contains(&format!("my {key}"))
                || (key == "name" && (asked.contains("who am i") || asked.contains("am i called")))
        };
        if let Some(fact) = facts.iter().rfind(|fact| asks_for(&fact.key)) {
            return Some(format!("Your {} {} {}.", fact.key, fact.verb, fact.value));
        }
        asks_for("name").then(|| "You have not told me your name.".to_owned())
    }

    /// Returns a sentence of an earlier prompt that shares a significant word with the question.
    fn said_earlier(&self, prompt: &str) -> Option<String> {
        let asked = telling_words(prompt);
        let sentences = self.prompts.iter().flat_map(|prompt| sentences(prompt));
        let statements = sentences.filter(|sentence| !is_question(sentence));
        let mut related = statements.filter(|sentence| {
            let said = telling_words(sentence);
            asked.iter().any(|word| said.contains(word))
        });
        let sentence = related.next_back()?;
        Some(format!("You said earlier: \"{}\"", sentence.trim()))
    }
}

/// Returns the facts in a prompt.
pub(super) fn facts(prompt: &str) -> Vec<Fact> {
    let statements = sentences(prompt).filter(|sentence| !is_question(sentence));
    statements.flat_map(facts_of_sentence).collect()
}

fn facts_of_sentence(sentence: &str) -> Vec<Fact> {
    let words: Vec<&str> = sentence.split_whitespace().collect();
    let mut found = Vec::new();
    for at in 0..words.len() {
        let rest = words.get(at..).unwrap_or_default();
        found.extend(owned(rest).or_else(|| named(rest)));
    }
    found
}

/// Matches "my favourite colour is blue".
fn owned(words: &[&str]) -> Option<Fact> {
    let (first, rest) = words.split_first()?;
    if !first.eq_ignore_ascii_case("my") {
        return None;
    }
    let verb = rest
        .iter()
        .take(LONGEST_KEY + 1)
        .position(|word| verb_of(word).is_some())?;
    let key = rest
        .get(..verb)
        .filter(|key| !key.is_empty())?
        .join(" ")
        .to_lowercase();
    let value = value(rest.get(verb + 1..)?)?;
    let verb = verb_of(rest.get(verb)?)?;
    Some(Fact { key, verb, value })
}

/// Matches "I am Ada" and "call me Ada".
fn named(words: &[&str]) -> Option<Fact> {
    let name = match words {
        [i, am, name, ..] if i.eq_ignore_ascii_case("i") && am.eq_ignore_ascii_case("am") => name,
        [call, me, name, ..]
            if call.eq_ignore_ascii_case("call") && me.eq_ignore_ascii_case("me") =>
        {
            name
        }
        [im, name, ..] if im.eq_ignore_ascii_case("i'm") => name,
        _ => return None,
    };
    let value = bare(name);
    value.chars().next().filter(|first| first.is_uppercase())?;
    Some(Fact {
        key: "name".to_owned(),
        verb: "is",
        value: value.to_owned(),
    })
}

fn verb_of(word: &str) -> Option<&'static str> {
    ["is", "are"]
        .into_iter()
        .find(|verb| word.eq_ignore_ascii_case(verb))
}

/// Returns the words up to the end of the clause.
fn value(words: &[&str]) -> Option<String> {
    let mut taken = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let next = words.get(at + 1).map(|next| next.to_lowercase());
        let joins = ["i", "i'm", "my", "what", "please", "the"];
        let new_clause = next.is_some_and(|next| joins.contains(&next.as_str()));
        if (word.eq_ignore_ascii_case("and") && new_clause) || word.eq_ignore_ascii_case("but") {
            break;
        }
        taken.push(bare(word));
        if word.ends_with([',', ';', ':']) {
            break;
        }
    }
    let value = taken.join(" ");
    (!value.trim().is_empty()).then_some(value)
}

fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric())
}

/// Returns the sentences, each with its final punctuation mark.
fn sentences(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.split_inclusive(['.', '!', '?', '\n'])
        .filter(|sentence| !sentence.trim().is_empty())
}

fn is_question(text: &str) -> bool {
    let first = text
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .to_lowercase();
    text.trim_end().ends_with('?') || QUESTION_WORDS.contains(&first.as_str())
}

/// Returns the text in lower case, with single spaces.
fn normal(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").to_lowercase()
}
