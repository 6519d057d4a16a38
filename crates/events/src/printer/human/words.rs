//! The wording of notes.

use std::fmt::Write as _;

use geppetto_turns::{Usage, printable, printable::shorten_data, printable_line};

use crate::kind::Info;

/// A tool call or its result.
pub(super) fn tool(mark: &str, name: &str, what: &str) -> String {
    let (name, what) = (printable_line(name), shorten_data(what));
    format!("{mark} {name} {}", printable(&what))
}

pub(super) fn info(event: &Info) -> String {
    format!("({})", printable(&event.to_text()))
}

/// The token counts; `None` if the provider reported none.
pub(super) fn usage(usage: Option<&Usage>) -> Option<String> {
    let usage = usage.filter(|usage| usage.total_tokens() > 0)?;
    let mut said = format!("{} tokens in", usage.input_tokens);
    if usage.cached_tokens > 0 {
        let _ = write!(said, " ({} cached)", usage.cached_tokens);
    }
    let _ = write!(said, ", {} out", usage.output_tokens);
    if usage.reasoning_tokens > 0 {
        let _ = write!(said, " ({} reasoning)", usage.reasoning_tokens);
    }
    Some(said)
}
