//! Conversion between events and their wire format, without losing a field.

use std::sync::Arc;

use geppetto_turns::Extra;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use serde_json::{Map, Value};

use super::january;
use crate::{Correlation, CustomEvent, Event, EventKind, EventMeta, kind::Visitor};

#[derive(Serialize)]
struct Wire<'a, P> {
    #[serde(rename = "type")]
    event_type: &'a str,
    #[serde(skip_serializing_if = "is_zero")]
    seq: u64,
    #[serde(skip_serializing_if = "is_one")]
    merged: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    meta: Option<&'a EventMeta>,
    #[serde(skip_serializing_if = "Option::is_none")]
    correlation: Option<&'a Correlation>,
    #[serde(flatten)]
    payload: &'a P,
}

/// Writes a complete event.
struct Write<'a, S> {
    event: &'a Event,
    serializer: S,
}

impl<S: Serializer> Visitor for Write<'_, S> {
    type Output = Result<S::Ok, S::Error>;

    fn visit<P: Serialize>(self, payload: &P) -> Self::Output {
        let Self { event, serializer } = self;
        let (meta, correlation) = (&*event.meta, &*event.correlation);
        let wire = Wire {
            event_type: event.type_name(),
            seq: event.seq,
            merged: event.merged,
            meta: (*meta != EventMeta::default()).then_some(meta),
            correlation: (!correlation.is_empty()).then_some(correlation),
            payload,
        };
        if event.extra.is_empty() && meta.extra.is_empty() && correlation.extra.is_empty() {
            return wire.serialize(serializer);
        }
        let mut value = serde_json::to_value(&wire).map_err(ser::Error::custom)?;
        for (part, extra) in [("meta", &meta.extra), ("correlation", &correlation.extra)] {
            if let Some(part) = value.get_mut(part) {
                overlay(part, extra);
            }
        }
        overlay(&mut value, &event.extra);
        value.serialize(serializer)
    }
}

/// Replaces the values of the typed fields by the fields that were kept from decoding.
fn overlay(value: &mut Value, extra: &Extra) {
    if let Value::Object(map) = value {
        for (key, value) in extra.iter() {
            map.insert(key.to_owned(), value.clone());
        }
    }
}

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.kind.visit(Write {
            event: self,
            serializer,
        })
    }
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        decode(Map::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

fn decode(mut fields: Map<String, Value>) -> Result<Event, String> {
    let event_type = match fields.remove("type") {
        Some(Value::String(name)) => name,
        Some(other) => return Err(format!("type: expected text, found {other}")),
        None => return Err("type: missing; every event has one, such as `text-delta`".to_owned()),
    };
    let event_type = january::to_present(event_type, &mut fields);
    let seq = number(&mut fields, "seq", 0)?;
    let merged = number(&mut fields, "merged", 1)?.max(1);
    let mut said = fields.remove("meta");
    let set_aside = said.as_mut().and_then(second_session);
    let (mut meta, rest): (EventMeta, _) =
        lossless(said).map_err(|error| format!("{event_type}: meta.{error}"))?;
    meta.extra = rest;
    if let Some((name, value)) = set_aside {
        meta.extra.set(name, value);
    }
    let (mut correlation, rest): (Correlation, _) = lossless(fields.remove("correlation"))
        .map_err(|error| format!("{event_type}: correlation.{error}"))?;
    correlation.extra = rest;

    let fields = Value::Object(fields);
    let (kind, extra) = match EventKind::decode(&event_type, &fields) {
        Some(kind) => {
            let kind = kind.map_err(|error| format!("{event_type}: {error}"))?;
            let back = serde_json::to_value(Event::new(kind.clone())).unwrap_or_default();
            (kind, difference(fields, &back))
        }
        None => {
            let Value::Object(fields) = fields else {
                return Err("expected a map".to_owned());
            };
            let custom = CustomEvent::new(event_type, fields);
            (EventKind::Custom(custom), Extra::default())
        }
    };
    Ok(Event {
        seq,
        merged,
        meta: Arc::new(meta),
        correlation: Arc::new(correlation),
        kind,
        extra,
    })
}

/// Removes the second of two names for the session from the metadata of an event. Older events have
/// `run_id`; one that was decoded and encoded again has both.
fn second_session(meta: &mut Value) -> Option<(&'static str, Value)> {
    let fields = meta.as_object_mut()?;
    fields.get("run_id")?;
    let name = match fields.get("session_id")? {
        Value::Null => "session_id",
        _ => "run_id",
    };
    Some((name, fields.remove(name)?))
}

/// A typed value, and the fields that it would not encode identically.
fn lossless<T>(value: Option<Value>) -> Result<(T, Extra), String>
where
    T: for<'de> Deserialize<'de> + Serialize + Default,
{
    let value = match value {
        None | Some(Value::Null) => return Ok((T::default(), Extra::default())),
        Some(value) => value,
    };
    let typed = T::deserialize(&value).map_err(|error| error.to_string())?;
    let back = serde_json::to_value(&typed).map_err(|error| error.to_string())?;
    Ok((typed, difference(value, &back)))
}

/// Returns the fields of `original` that `back` lacks or has with another value.
fn difference(original: Value, back: &Value) -> Extra {
    let Value::Object(fields) = original else {
        return Extra::default();
    };
    fields
        .into_iter()
        .filter(|(key, value)| back.get(key) != Some(value))
        .collect::<Map<_, _>>()
        .into()
}

fn number(fields: &mut Map<String, Value>, name: &str, default: u64) -> Result<u64, String> {
    match fields.remove(name) {
        None | Some(Value::Null) => Ok(default),
        Some(value) => value
            .as_u64()
            .ok_or_else(|| format!("{name}: expected a whole number of at least 0, found {value}")),
    }
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that serde asks for"
)]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that serde asks for"
)]
fn is_one(number: &u64) -> bool {
    *number == 1
}
