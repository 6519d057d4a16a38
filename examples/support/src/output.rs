//! [`Printer`]: events to stdout, in the format that was asked for.

use std::{
    io::{self, IsTerminal, Stdout},
    sync::Arc,
};

use geppetto_events::{
    Event, EventSink,
    printer::{HumanPrinter, JsonLinesPrinter, YamlPrinter},
};

use crate::OutputFormat;

/// Prints events to stdout.
#[derive(Debug)]
pub enum Printer {
    /// For people.
    Text(HumanPrinter<Stdout>),
    /// Lines of JSON.
    Jsonl(JsonLinesPrinter<Stdout>),
    /// Documents of YAML.
    Yaml(YamlPrinter<Stdout>),
}

impl Printer {
    /// A printer for the format; with colour only on a terminal.
    #[must_use]
    pub fn new(format: OutputFormat) -> Arc<Self> {
        let out = io::stdout();
        Arc::new(match format {
            OutputFormat::Text => {
                let color = out.is_terminal() && std::env::var_os("NO_COLOR").is_none();
                // Failures are said on stderr, once.
                Self::Text(
                    HumanPrinter::new(out)
                        .with_color(color)
                        .with_failures(false),
                )
            }
            OutputFormat::Jsonl => Self::Jsonl(JsonLinesPrinter::new(out)),
            OutputFormat::Yaml => Self::Yaml(YamlPrinter::new(out)),
        })
    }

    /// Whether nobody reads any more.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        let error = match self {
            Self::Text(printer) => printer.error(),
            Self::Jsonl(printer) => printer.error(),
            Self::Yaml(printer) => printer.error(),
        };
        error.is_some()
    }
}

impl EventSink for Printer {
    fn publish(&self, event: &Event) {
        match self {
            Self::Text(printer) => printer.publish(event),
            Self::Jsonl(printer) => printer.publish(event),
            Self::Yaml(printer) => printer.publish(event),
        }
    }
}
