//! Wire format of a reply, borrowed from the received bytes.
//!
//! Parsing never fails for missing or unknown fields. Relevant fields are typed, passed-through
//! fields stay raw, the rest is skipped.
//!
//! Fields: <https://platform.openai.com/docs/api-reference/responses-streaming>.

use std::fmt;

use geppetto_provider::read::{MAX_ENTRIES, string};
pub(super) use geppetto_provider::read::{Number, Text};
use serde::{
    Deserialize, Deserializer,
    de::{Error, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

mod text;

#[cfg(test)]
mod tests;

pub(super) use text::text_of;

/// An event of a stream, with the fields of all supported types, so that a delta costs one parse.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Event<'a> {
    #[serde(rename = "type", borrow)]
    pub(super) kind: Text<'a>,
    pub(super) sequence_number: Number,
    pub(super) output_index: Number,
    pub(super) content_index: Number,
    pub(super) summary_index: Number,
    #[serde(borrow)]
    pub(super) item_id: Text<'a>,
    #[serde(borrow)]
    pub(super) delta: Text<'a>,
    #[serde(borrow)]
    pub(super) text: Text<'a>,
    #[serde(borrow)]
    pub(super) refusal: Text<'a>,
    #[serde(borrow)]
    pub(super) arguments: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) input: Text<'a>,
    #[serde(borrow)]
    pub(super) code: Text<'a>,
    #[serde(borrow)]
    pub(super) partial_image_b64: Text<'a>,
    #[serde(borrow)]
    pub(super) part: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) item: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) response: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) annotation: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) logprobs: Option<&'a RawValue>,
    /// An error next to a type that is not an error, sent by some gateways.
    #[serde(borrow)]
    pub(super) error: Option<&'a RawValue>,
}

/// A response: an unstreamed reply, or the response in an event of a stream.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Response<'a> {
    #[serde(borrow)]
    pub(super) id: Text<'a>,
    #[serde(borrow)]
    pub(super) object: Text<'a>,
    #[serde(borrow)]
    pub(super) model: Text<'a>,
    #[serde(borrow)]
    pub(super) status: Text<'a>,
    #[serde(borrow)]
    pub(super) service_tier: Text<'a>,
    #[serde(borrow, deserialize_with = "items")]
    pub(super) output: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    pub(super) usage: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) error: Option<&'a RawValue>,
    /// The offered tools, as repeated by the server.
    #[serde(borrow)]
    pub(super) tools: Option<&'a RawValue>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub(super) incomplete_details: IncompleteDetails<'a>,
}

/// Reason why a response is incomplete.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct IncompleteDetails<'a> {
    #[serde(borrow)]
    pub(super) reason: Text<'a>,
}

/// An item of a response's output, with the fields of all supported types.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Item<'a> {
    #[serde(rename = "type", borrow)]
    pub(super) kind: Text<'a>,
    #[serde(borrow)]
    pub(super) id: Text<'a>,
    #[serde(borrow)]
    pub(super) status: Text<'a>,
    #[serde(borrow)]
    pub(super) call_id: Text<'a>,
    #[serde(borrow)]
    pub(super) name: Text<'a>,
    #[serde(borrow)]
    pub(super) arguments: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) input: Text<'a>,
    #[serde(borrow)]
    pub(super) content: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) summary: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) encrypted_content: Text<'a>,
    #[serde(borrow)]
    pub(super) code: Text<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    pub(super) action: Action<'a>,
}

impl Item<'_> {
    /// Returns the id by which events name the item: its own, or else that of the call. llama.cpp sends no ids of
    /// items (<https://github.com/tontinton/maki/pull/514>).
    pub(super) fn key(&self) -> &str {
        match &*self.id {
            "" => &self.call_id,
            id => id,
        }
    }
}

/// Action of a web search.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Action<'a> {
    #[serde(rename = "type", borrow)]
    pub(super) kind: Text<'a>,
    #[serde(borrow)]
    pub(super) query: Text<'a>,
    #[serde(borrow)]
    pub(super) url: Text<'a>,
}

/// A part of a message, of reasoning or of its summary.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Part<'a> {
    #[serde(rename = "type", borrow)]
    pub(super) kind: Text<'a>,
    #[serde(borrow)]
    pub(super) text: Text<'a>,
    #[serde(borrow)]
    pub(super) refusal: Text<'a>,
    #[serde(borrow)]
    pub(super) annotations: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) logprobs: Option<&'a RawValue>,
}

/// Returns the parts in a raw list. Some gateways send a plain text in place of a part, or of the
/// list.
pub(super) fn parts(raw: Option<&RawValue>) -> Vec<Part<'_>> {
    let bare = |raw: &'_ RawValue| raw.get().starts_with('"');
    match raw {
        Some(raw) if bare(raw) => vec![part(raw)],
        raw => list::<&RawValue>(raw).into_iter().map(part).collect(),
    }
}

/// Returns a part; an empty one if there is none.
pub(super) fn part(raw: &RawValue) -> Part<'_> {
    if raw.get().starts_with('"') {
        return Part {
            text: Text::from(string(raw.get())),
            ..Part::default()
        };
    }
    serde_json::from_str(raw.get()).unwrap_or_default()
}

/// An offered tool.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct OfferedTool<'a> {
    #[serde(rename = "type", borrow)]
    pub(super) kind: Text<'a>,
    #[serde(borrow)]
    pub(super) name: Text<'a>,
}

/// Returns the tools in a raw list; none if it is not a list.
pub(super) fn tools(raw: Option<&RawValue>) -> Vec<OfferedTool<'_>> {
    list(raw)
}

/// Parses the items of a response. A list longer than that of any model is refused before it uses
/// more memory than the body.
fn items<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<&'de RawValue>>, D::Error> {
    struct Items;

    impl<'de> Visitor<'de> for Items {
        type Value = Option<Vec<&'de RawValue>>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of items")
        }

        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            let mut items = Vec::new();
            while let Some(item) = seq.next_element()? {
                if items.len() > MAX_ENTRIES {
                    return Err(A::Error::custom(format_args!(
                        "more than {MAX_ENTRIES} items"
                    )));
                }
                items.push(item);
            }
            Ok(Some(items))
        }
    }

    from.deserialize_any(Items)
}

fn list<'a, T: Deserialize<'a>>(raw: Option<&'a RawValue>) -> Vec<T> {
    raw.and_then(|raw| serde_json::from_str(raw.get()).ok())
        .unwrap_or_default()
}

/// Parses an object; empty for any other value: `action` is a string in the items of some tools.
fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    let raw: Option<&RawValue> = Option::deserialize(deserializer)?;
    Ok(raw
        .and_then(|raw| serde_json::from_str(raw.get()).ok())
        .unwrap_or_default())
}
