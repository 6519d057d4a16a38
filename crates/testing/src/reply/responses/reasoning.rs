//! [`Reasoning`]: parts of a summary, plain text, and encrypted content.

use serde_json::{Map, Value, json};

use super::{message::Place, stream::Events};

/// A change of a reasoning item.
#[derive(Clone, Copy)]
pub(super) enum Thought<'a> {
    /// Another part of the summary starts.
    SummaryPart,
    Summary(&'a str),
    Text(&'a str),
    Encrypted(&'a str),
}

/// A reasoning item.
#[derive(Default)]
pub(super) struct Reasoning {
    summary: Vec<String>,
    text: Vec<String>,
    encrypted: Option<String>,
    /// The list whose last part is open.
    open: Option<Kind>,
}

/// The two kinds of text, each with separate names for everything.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Summary,
    Text,
}

impl Reasoning {
    pub(super) fn think(&mut self, thought: Thought<'_>, place: &Place, events: &mut Events) {
        let (kind, delta) = match thought {
            Thought::Encrypted(content) => {
                self.encrypted = Some(content.to_owned());
                return;
            }
            Thought::SummaryPart => {
                self.begin_part(Kind::Summary, place, events);
                return;
            }
            Thought::Summary(delta) => (Kind::Summary, delta),
            Thought::Text(delta) => (Kind::Text, delta),
        };
        if self.open != Some(kind) {
            self.begin_part(kind, place, events);
        }
        let parts = self.parts(kind);
        let index = parts.len().saturating_sub(1);
        if let Some(part) = parts.last_mut() {
            part.push_str(delta);
        }
        let fields = kind.at(place, index).chain([("delta", json!(delta))]);
        events.send(&format!("{}.delta", kind.words()), fields);
    }

    fn begin_part(&mut self, kind: Kind, place: &Place, events: &mut Events) {
        self.end_part(place, events);
        self.open = Some(kind);
        let parts = self.parts(kind);
        let index = parts.len();
        parts.push(String::new());
        let fields = kind.at(place, index).chain([("part", kind.part(""))]);
        events.send(&format!("{}.added", kind.parts()), fields);
    }

    pub(super) fn end_part(&mut self, place: &Place, events: &mut Events) {
        let Some(kind) = self.open.take() else {
            return;
        };
        let parts = self.parts(kind);
        let index = parts.len().saturating_sub(1);
        let text = parts.last().cloned().unwrap_or_default();
        let part = kind.part(&text);
        let words = kind.at(place, index).chain([("text", json!(text))]);
        events.send(&format!("{}.done", kind.words()), words);
        let whole = kind.at(place, index).chain([("part", part)]);
        events.send(&format!("{}.done", kind.parts()), whole);
    }

    fn parts(&mut self, kind: Kind) -> &mut Vec<String> {
        match kind {
            Kind::Summary => &mut self.summary,
            Kind::Text => &mut self.text,
        }
    }

    /// Returns the fields of the item except for its id. The API assigns it no status.
    pub(super) fn json(&self) -> Map<String, Value> {
        let list = |kind: Kind, texts: &[String]| -> Value {
            texts.iter().map(|text| kind.part(text)).collect()
        };
        let mut fields = Map::new();
        fields.insert("type".to_owned(), "reasoning".into());
        fields.insert("summary".to_owned(), list(Kind::Summary, &self.summary));
        if !self.text.is_empty() {
            fields.insert("content".to_owned(), list(Kind::Text, &self.text));
        }
        if let Some(encrypted) = &self.encrypted {
            fields.insert("encrypted_content".to_owned(), encrypted.as_str().into());
        }
        fields
    }
}

impl Kind {
    /// Returns the prefix of the types of events about text.
    fn words(self) -> &'static str {
        match self {
            Self::Summary => "response.reasoning_summary_text",
            Self::Text => "response.reasoning_text",
        }
    }

    /// Returns the prefix of the types of events about parts.
    fn parts(self) -> &'static str {
        match self {
            Self::Summary => "response.reasoning_summary_part",
            Self::Text => "response.content_part",
        }
    }

    fn part(self, text: &str) -> Value {
        match self {
            Self::Summary => json!({"type": "summary_text", "text": text}),
            Self::Text => json!({"type": "reasoning_text", "text": text}),
        }
    }

    fn at(
        self,
        place: &Place,
        index: usize,
    ) -> impl Iterator<Item = (&'static str, Value)> + use<> {
        let name = match self {
            Self::Summary => "summary_index",
            Self::Text => "content_index",
        };
        place.clone().into_iter().chain([(name, json!(index))])
    }
}
