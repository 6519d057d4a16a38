//! [`LogLine`]: a line of an event log.

use geppetto_turns::{
    Extra,
    serial::{json_string, json_value},
};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer, de,
    ser::{self, SerializeMap},
};
use serde_json::{Map, Value};

use crate::Event;

/// A line of an event log (NDJSON): a bare event, or an event in an envelope
/// `{"type", "event": {...}, ...}` with a time or a copy of the event's meta.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LogLine {
    /// The event.
    pub event: Event,
    /// The envelope's other fields, such as `ts` and `meta`; `None` where the event is bare.
    pub envelope: Option<Extra>,
}

impl LogLine {
    /// A bare event.
    #[must_use]
    pub fn bare(event: Event) -> Self {
        Self {
            event,
            envelope: None,
        }
    }

    /// An event in an envelope with a time, in milliseconds since 1970.
    #[must_use]
    pub fn at(event: Event, unix_ms: u64) -> Self {
        let mut fields = Extra::default();
        fields.set("ts", unix_ms);
        Self {
            event,
            envelope: Some(fields),
        }
    }

    /// When the event was logged, in milliseconds since 1970, where the envelope says it.
    #[must_use]
    pub fn unix_ms(&self) -> Option<u64> {
        self.envelope.as_ref()?.get("ts")?.as_u64()
    }

    /// Reads a line, as [`json_value`] reads JSON: nothing in it is changed in silence.
    ///
    /// # Errors
    ///
    /// When the line is not JSON, or has what JSON readers keep only in part (a key that stands twice,
    /// an integer of more than 64 bits), with its place; or is not an event, with the name of the field.
    pub fn from_json(line: &str) -> Result<Self, serde_json::Error> {
        let value = json_value(line).map_err(de::Error::custom)?;
        Self::deserialize(value)
    }

    /// Writes the line, without the line feed, as [`json_string`] does: safe to print and to split at
    /// line separators of any kind.
    ///
    /// # Errors
    ///
    /// None that an event can cause; the writer's own are passed on.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        json_string(self).map_err(ser::Error::custom)
    }
}

impl Serialize for LogLine {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some(envelope) = &self.envelope else {
            return self.event.serialize(serializer);
        };
        let mut map = serializer.serialize_map(None)?;
        if envelope.get("type").is_none() {
            map.serialize_entry("type", self.event.type_name())?;
        }
        map.serialize_entry("event", &self.event)?;
        for (key, value) in envelope.iter() {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for LogLine {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut fields: Map<String, Value> = Map::deserialize(deserializer)?;
        let Some(event) = fields.remove("event").filter(Value::is_object) else {
            let event = Event::deserialize(Value::Object(fields)).map_err(de::Error::custom)?;
            return Ok(Self::bare(event));
        };
        let event = Event::deserialize(event).map_err(de::Error::custom)?;
        if fields.get("type").and_then(Value::as_str) == Some(event.type_name()) {
            fields.remove("type");
        }
        Ok(Self {
            event,
            envelope: Some(fields.into()),
        })
    }
}
