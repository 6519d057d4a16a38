//! [`Printer`]: prints events in the selected format.

use std::{
    io::{self, IsTerminal, Stderr, Stdout},
    sync::Arc,
};

use geppetto_events::{
    Event, EventSink,
    printer::{HumanPrinter, JsonLinesPrinter, YamlPrinter},
};

use crate::OutputFormat;

/// Prints events.
#[derive(Debug)]
pub enum Printer {
    /// For people: the answer to stdout, thinking, tools, notices and usage to stderr.
    Text(Box<HumanPrinter<Stdout, Stderr>>),
    /// Lines of JSON, each with only the ids that changed.
    Jsonl(JsonLinesPrinter<Stdout>),
    /// Lines of JSON in the stored format.
    JsonlFull(JsonLinesPrinter<Stdout>),
    /// YAML documents.
    Yaml(YamlPrinter<Stdout>),
}

impl Printer {
    /// Creates a printer for the format. Colour is used only on a terminal.
    #[must_use]
    pub fn new(format: OutputFormat) -> Arc<Self> {
        let out = io::stdout();
        Arc::new(match format {
            OutputFormat::Text => {
                let color = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
                // The program reports failures itself.
                let printer = HumanPrinter::new(out)
                    .with_notes(io::stderr())
                    .with_color(color)
                    .with_failures(false);
                Self::Text(Box::new(printer))
            }
            OutputFormat::Jsonl => Self::Jsonl(JsonLinesPrinter::new(out).compact()),
            OutputFormat::JsonlFull => Self::JsonlFull(JsonLinesPrinter::new(out)),
            OutputFormat::Yaml => Self::Yaml(YamlPrinter::new(out)),
        })
    }

    /// Returns `true` if the reader of the output closed it.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        let error = match self {
            Self::Text(printer) => printer.error(),
            Self::Jsonl(printer) | Self::JsonlFull(printer) => printer.error(),
            Self::Yaml(printer) => printer.error(),
        };
        error.is_some()
    }
}

impl EventSink for Printer {
    fn publish(&self, event: &Event) {
        match self {
            Self::Text(printer) => printer.publish(event),
            Self::Jsonl(printer) | Self::JsonlFull(printer) => printer.publish(event),
            Self::Yaml(printer) => printer.publish(event),
        }
    }
}
