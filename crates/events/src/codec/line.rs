//! [`LogLine`]: one line of an event log.

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

/// One line of an event log (NDJSON): a bare event, or an event in an envelope `{"type", "event":
/// {...}, ...}` with a timestamp or a copy of the event's metadata.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LogLine {
    /// The logged event.
    pub event: Event,
    /// Other fields of the envelope, such as `ts` and `meta`; `None` for a bare event.
    pub envelope: Option<Extra>,
}

impl LogLine {
    /// Creates a line with a bare event.
    #[must_use]
    pub fn bare(event: Event) -> Self {
        Self {
            event,
            envelope: None,
        }
    }

    /// Creates a line with an event in an envelope, timestamped in milliseconds since the Unix
    /// epoch.
    #[must_use]
    pub fn at(event: Event, unix_ms: u64) -> Self {
        let mut fields = Extra::default();
        fields.set("ts", unix_ms);
        Self {
            event,
            envelope: Some(fields),
        }
    }

    /// Returns the timestamp in milliseconds since the Unix epoch, if the envelope has one.
    #[must_use]
    pub fn unix_ms(&self) -> Option<u64> {
        self.envelope.as_ref()?.get("ts")?.as_u64()
    }

    /// Parses a line under the rules of [`json_value`]: nothing is changed silently.
    ///
    /// # Errors
    ///
    /// Returns an error if the line is not JSON or contains anything that JSON readers preserve
    /// only in part (a duplicate key, an integer of more than 64 bits), with its position; or if it
    /// is not an event, with the name of the field.
    pub fn from_json(line: &str) -> Result<Self, serde_json::Error> {
        let value = json_value(line).map_err(de::Error::custom)?;
        Self::deserialize(value)
    }

    /// Serializes the line, without the line feed, as [`json_string`] does: safe to print and to
    /// split at any kind of line separator.
    ///
    /// # Errors
    ///
    /// Propagates serializer errors; an event causes none.
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
