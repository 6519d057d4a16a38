//! Machine-readable event printers: JSON lines and YAML.

use std::{
    io::{self, Write},
    sync::{Mutex, PoisonError},
};

use geppetto_turns::serial::json_string;
use serde::Serialize;
use serde_json::{Map, Value};

use super::Output;
use crate::{Event, EventSink};

/// Prints each event as one line of JSON: the full event or, with [`compact`](Self::compact), only
/// the changes. Terminal control characters are escaped ([`json_string`]).
#[derive(Debug)]
pub struct JsonLinesPrinter<W> {
    output: Output<W>,
    compact: Option<Mutex<Compact>>,
}

impl<W: Write> JsonLinesPrinter<W> {
    /// Creates a printer to `writer`.
    pub fn new(writer: W) -> Self {
        Self {
            output: Output::new(writer),
            compact: None,
        }
    }

    /// Omits ids and settings that are unchanged since the previous line:
    ///
    /// - `meta` and `correlation` contain only fields that differ from the previous line, and
    ///   `null` for fields that were removed;
    /// - deltas have no `offset` and `sequence`, which follow from the preceding deltas.
    ///
    /// The lines together carry the same information as full events, but a single line does not
    /// identify its run. Use the default for log files and for readers that start in the middle.
    #[must_use]
    pub fn compact(mut self) -> Self {
        self.compact = Some(Mutex::default());
        self
    }

    /// Returns the first write error, if any; nothing is written after it.
    pub fn error(&self) -> Option<io::ErrorKind> {
        self.output.error()
    }

    fn write_line(&self, event: &impl Serialize) {
        if let Ok(mut line) = json_string(event) {
            line.push('\n');
            self.output.write(&line);
        }
    }
}

impl<W: Write + Send> EventSink for JsonLinesPrinter<W> {
    fn publish(&self, event: &Event) {
        let Some(compact) = &self.compact else {
            return self.write_line(event);
        };
        let mut last = compact.lock().unwrap_or_else(PoisonError::into_inner);
        if let Ok(Value::Object(fields)) = serde_json::to_value(event) {
            let is_delta = event.any_delta().is_some();
            self.write_line(&last.reduce(fields, is_delta));
        }
    }
}

/// A line whose type comes first, as in complete events.
#[derive(Serialize)]
struct Line {
    #[serde(rename = "type")]
    event_type: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<Value>,
    #[serde(flatten)]
    fields: Map<String, Value>,
}

/// Metadata and correlation of the previous line.
#[derive(Debug, Default)]
struct Compact {
    meta: Map<String, Value>,
    correlation: Map<String, Value>,
}

impl Compact {
    /// Omits fields that follow from the previous lines.
    fn reduce(&mut self, mut fields: Map<String, Value>, is_delta: bool) -> Line {
        let parts = [
            ("meta", &mut self.meta),
            ("correlation", &mut self.correlation),
        ];
        for (name, last) in parts {
            let now = match fields.remove(name) {
                Some(Value::Object(now)) => now,
                _ => Map::new(),
            };
            let mut news: Map<String, Value> = last
                .keys()
                .filter(|key| !now.contains_key(*key))
                .map(|key| (key.clone(), Value::Null))
                .collect();
            let changed = now
                .iter()
                .filter(|(key, value)| last.get(*key) != Some(*value));
            news.extend(changed.map(|(key, value)| (key.clone(), value.clone())));
            if !news.is_empty() {
                fields.insert(name.to_owned(), Value::Object(news));
            }
            *last = now;
        }
        if is_delta {
            fields.remove("offset");
            fields.remove("sequence");
        }
        Line {
            event_type: fields.remove("type").unwrap_or_default(),
            seq: fields.remove("seq"),
            fields,
        }
    }
}

/// Prints each event as one YAML document.
#[derive(Debug)]
pub struct YamlPrinter<W> {
    output: Output<W>,
}

impl<W: Write> YamlPrinter<W> {
    /// Creates a printer to `writer`.
    pub fn new(writer: W) -> Self {
        Self {
            output: Output::new(writer),
        }
    }

    /// Returns the first write error, if any; nothing is written after it.
    pub fn error(&self) -> Option<io::ErrorKind> {
        self.output.error()
    }
}

impl<W: Write + Send> EventSink for YamlPrinter<W> {
    fn publish(&self, event: &Event) {
        if let Ok(document) = geppetto_turns::serial::yaml_string(event) {
            self.output.write(&format!("---\n{document}"));
        }
    }
}
