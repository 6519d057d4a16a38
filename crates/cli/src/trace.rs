//! Traces of the libraries on standard error, with `-v`.

use std::fmt::{Debug, Write as _};

use geppetto_turns::printable_line;
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

use crate::say;

/// Prints the events of the libraries. Spans are not shown. The libraries trace no credentials.
struct Printer {
    most: Level,
}

/// Begins to print: retries and what was left out with one `-v`, everything with two.
pub(crate) fn start(verbosity: u8) {
    let most = match verbosity {
        0 => return,
        1 => Level::DEBUG,
        _ => Level::TRACE,
    };
    // Nothing else sets one.
    let _ = tracing::subscriber::set_global_default(Printer { most });
}

impl Subscriber for Printer {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= self.most && metadata.target().starts_with("geppetto")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let metadata = event.metadata();
        let mut line = Line::default();
        event.record(&mut line);
        let level = metadata.level().as_str().to_lowercase();
        let text = format!(
            "[{level} {}] {}{}",
            metadata.target(),
            line.message,
            line.fields
        );
        say::line(&printable_line(&text));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// The message and the other fields of an event.
#[derive(Default)]
struct Line {
    message: String,
    fields: String,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        // Writing to a string cannot fail.
        let _ = if field.name() == "message" {
            write!(self.message, "{value:?}")
        } else {
            write!(self.fields, " {}={value:?}", field.name())
        };
    }
}
