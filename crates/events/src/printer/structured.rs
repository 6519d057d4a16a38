//! Printers for programs: JSON lines and YAML.

use std::io::{self, Write};

use super::Output;
use crate::{Event, EventSink};

/// Writes each event as one line of JSON.
#[derive(Debug)]
pub struct JsonLinesPrinter<W> {
    output: Output<W>,
}

impl<W: Write> JsonLinesPrinter<W> {
    /// A printer to `writer`.
    pub fn new(writer: W) -> Self {
        Self {
            output: Output::new(writer),
        }
    }

    /// The writer's first error, if it had one; nothing was written after it.
    pub fn error(&self) -> Option<io::ErrorKind> {
        self.output.error()
    }
}

impl<W: Write + Send> EventSink for JsonLinesPrinter<W> {
    fn publish(&self, event: &Event) {
        if let Ok(mut line) = serde_json::to_string(event) {
            line.push('\n');
            self.output.write(&line);
        }
    }
}

/// Writes each event as one document of YAML.
#[derive(Debug)]
pub struct YamlPrinter<W> {
    output: Output<W>,
}

impl<W: Write> YamlPrinter<W> {
    /// A printer to `writer`.
    pub fn new(writer: W) -> Self {
        Self {
            output: Output::new(writer),
        }
    }

    /// The writer's first error, if it had one; nothing was written after it.
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
