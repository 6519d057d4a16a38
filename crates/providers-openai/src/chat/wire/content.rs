//! Content of a message: a text, a list of parts, or an object.

use std::{borrow::Cow, fmt};

use geppetto_provider::read::{Fill, Text, room};
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::Value;

/// Content in all forms used by servers.
#[derive(Debug, PartialEq)]
pub(in crate::chat) enum Content<'a> {
    /// A text; empty if there is none.
    Text(Cow<'a, str>),
    /// Parts in order: Mistral's thinking and text.
    Parts(Vec<Part<'a>>),
    /// An object if a schema was requested (Cloudflare).
    Json(Value),
}

impl Default for Content<'_> {
    fn default() -> Self {
        Self::Text(Cow::Borrowed(""))
    }
}

impl<'de: 'a, 'a> Fill<'de> for Content<'a> {
    fn fill<D: Deserializer<'de>>(&mut self, deserializer: D) -> Result<(), D::Error> {
        *self = Deserialize::deserialize(deserializer)?;
        Ok(())
    }
}

/// Output of one part of a content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::chat) enum Piece<'c> {
    Text(Cow<'c, str>),
    Reasoning(Cow<'c, str>),
    Refusal(&'c str),
}

impl Content<'_> {
    /// Calls `say` for each piece, in order. Parts of unknown types without text are skipped.
    pub(in crate::chat) fn each<'c>(&'c self, say: &mut dyn FnMut(Piece<'c>)) {
        match self {
            Self::Text(text) if text.is_empty() => {}
            Self::Text(text) => say(Piece::Text(Cow::Borrowed(text))),
            Self::Parts(parts) => parts.iter().for_each(|part| part.each(say)),
            Self::Json(value) => say(Piece::Text(Cow::Owned(value.to_string()))),
        }
    }

    /// Returns all text, from any kind of piece.
    pub(in crate::chat) fn flat(&self) -> Cow<'_, str> {
        if let Self::Text(text) = self {
            return Cow::Borrowed(text);
        }
        let mut all = String::new();
        self.each(&mut |piece| match piece {
            Piece::Text(text) | Piece::Reasoning(text) => all.push_str(&text),
            Piece::Refusal(text) => all.push_str(text),
        });
        Cow::Owned(all)
    }
}

/// A part of a content.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(in crate::chat) struct Part<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    text: Text<'a>,
    #[serde(borrow)]
    thinking: Content<'a>,
    /// Databricks: <https://github.com/databricks/databricks-ai-bridge/issues/133>.
    #[serde(borrow)]
    summary: Content<'a>,
    #[serde(borrow)]
    refusal: Text<'a>,
}

impl Part<'_> {
    fn each<'c>(&'c self, say: &mut dyn FnMut(Piece<'c>)) {
        let reasons = matches!(&*self.kind, "thinking" | "reasoning");
        for thought in [&self.thinking, &self.summary] {
            let thought = thought.flat();
            if !thought.is_empty() {
                say(Piece::Reasoning(thought));
            }
        }
        match (&*self.text, reasons) {
            ("", _) => {}
            (text, true) => say(Piece::Reasoning(Cow::Borrowed(text))),
            (text, false) => say(Piece::Text(Cow::Borrowed(text))),
        }
        if !self.refusal.is_empty() {
            say(Piece::Refusal(&self.refusal));
        }
    }
}

struct ContentVisitor;

impl<'de> Visitor<'de> for ContentVisitor {
    type Value = Content<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a list of parts or an object")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Content::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Content::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Content::default())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Content::Json(value.into()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Content::Json(number.into()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Content::Json(number.into()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Content::Json(number.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut parts = Vec::new();
        while let Some(PartOrText(part)) = seq.next_element()? {
            room(parts.len())?;
            parts.push(part);
        }
        Ok(Content::Parts(parts))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let value = Value::deserialize(MapAccessDeserializer::new(map))?;
        if !is_part(&value) {
            return Ok(Content::Json(value));
        }
        let part = Part::deserialize(value).map_err(A::Error::custom)?;
        Ok(Content::Parts(vec![part]))
    }
}

/// Returns `true` if an object is a single part without a list around it, as Mistral sends its
/// references (<https://github.com/vercel/ai/pull/4747>).
fn is_part(value: &Value) -> bool {
    let has = |name: &str| value.get(name).is_some();
    match value.get("type").and_then(Value::as_str) {
        Some("reference") => has("reference_ids"),
        Some("text" | "output_text") => value.get("text").is_some_and(Value::is_string),
        Some("thinking") => has("thinking"),
        Some("reasoning") => has("summary") || has("text"),
        _ => false,
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Content<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ContentVisitor)
    }
}

/// A part, or a plain text in place of one.
struct PartOrText<'a>(Part<'a>);

struct PartVisitor;

impl<'de> Visitor<'de> for PartVisitor {
    type Value = PartOrText<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a part of a content")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        let text = Text::from(Cow::Borrowed(text));
        Ok(PartOrText(Part {
            text,
            ..Part::default()
        }))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        let text = Text::from(Cow::Owned(text.to_owned()));
        Ok(PartOrText(Part {
            text,
            ..Part::default()
        }))
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(PartOrText(Part::default()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        Part::deserialize(MapAccessDeserializer::new(map)).map(PartOrText)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for PartOrText<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PartVisitor)
    }
}
