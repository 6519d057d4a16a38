//! [`StatusLine`]: one line about the session.

use std::time::Duration;

use geppetto_turns::{Usage, printable_line};
use ratatui::text::{Line, Span};

use super::theme::Theme;
use crate::markdown::wrap;

#[cfg(test)]
mod tests;

const SEPARATOR: &str = " · ";
const SEPARATOR_WIDTH: usize = 3;
const SPINNER: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/// What the session is doing, as the status line shows it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct StatusLine {
    /// Model of the next run, or of the last one.
    pub(crate) model: Option<String>,
    /// State in one or two words, such as `ready` or `answering`.
    pub(crate) state: String,
    /// `true` while a run is active.
    pub(crate) is_busy: bool,
    /// Index of the frame of the spinner, which advances while a run is active.
    pub(crate) frame: usize,
    /// Token usage of the running inference, or of the last one.
    pub(crate) usage: Option<Usage>,
    /// Output tokens per second.
    pub(crate) rate: Option<f64>,
    /// Cost of the session in US dollars, where it is known.
    pub(crate) cost: Option<f64>,
    /// Duration of the running inference, or of the last one.
    pub(crate) elapsed: Option<Duration>,
    /// Number of queued prompts.
    pub(crate) queued: u64,
}

impl StatusLine {
    /// Returns the line, cut at `width` columns; less important parts are left out first.
    pub(crate) fn line(&self, theme: &Theme, width: u16) -> Line<'static> {
        let columns = usize::from(width);
        let mut parts = self.parts();
        while parts.len() > 1 && total(&parts) > columns {
            let least = parts.iter().map(|part| part.rank).max().unwrap_or_default();
            parts.retain(|part| part.rank != least);
        }
        let mut spans = Vec::new();
        let mut rest = columns;
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                spans.push(Span::styled(SEPARATOR, theme.quiet()));
                rest = rest.saturating_sub(SEPARATOR_WIDTH);
            }
            let text = wrap::truncate(&part.text, rest);
            rest = rest.saturating_sub(wrap::width(&text));
            let style = if part.rank == 0 && self.is_busy {
                theme.marker()
            } else {
                theme.quiet()
            };
            spans.push(Span::styled(text, style));
        }
        Line::from(spans)
    }

    fn parts(&self) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut add = |rank, text: String| {
            let text = printable_line(&text).into_owned();
            parts.push(Part { rank, text });
        };
        if self.is_busy {
            let frame = SPINNER.get(self.frame % SPINNER.len()).unwrap_or(&"");
            add(0, format!("{frame} {}", self.state));
        } else {
            add(0, self.state.clone());
        }
        if let Some(model) = &self.model {
            add(1, model.clone());
        }
        if self.queued > 0 {
            add(2, format!("{} queued", self.queued));
        }
        if let Some(elapsed) = self.elapsed {
            add(3, duration(elapsed));
        }
        if let Some(usage) = self.usage.as_ref().filter(|own| own.total_tokens() > 0) {
            let counts = format!("{} in", short(usage.input_tokens));
            add(5, counts);
            if usage.cached_tokens > 0 {
                add(8, format!("{} cached", short(usage.cached_tokens)));
            }
            add(4, format!("{} out", short(usage.output_tokens)));
            if usage.reasoning_tokens > 0 {
                add(9, format!("{} reasoning", short(usage.reasoning_tokens)));
            }
        }
        if let Some(rate) = self.rate.filter(|rate| rate.is_finite()) {
            add(7, format!("{rate:.0} tok/s"));
        }
        if let Some(cost) = self.cost {
            let digits = if cost < 0.1 { 4 } else { 2 };
            add(6, format!("${cost:.digits$}"));
        }
        parts
    }
}

struct Part {
    /// Those of higher ranks are left out first.
    rank: u8,
    text: String,
}

fn total(parts: &[Part]) -> usize {
    let texts: usize = parts.iter().map(|part| wrap::width(&part.text)).sum();
    texts + SEPARATOR_WIDTH * parts.len().saturating_sub(1)
}

/// Returns a number with at most four digits: `950`, `1.2k`, `34k`, `1.2M`.
fn short(number: u64) -> String {
    match number {
        0..1_000 => number.to_string(),
        1_000..10_000 => format!("{}.{}k", number / 1_000, number % 1_000 / 100),
        10_000..1_000_000 => format!("{}k", number / 1_000),
        _ => format!("{}.{}M", number / 1_000_000, number % 1_000_000 / 100_000),
    }
}

fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..60 => format!("{seconds}.{} s", time.subsec_millis() / 100),
        60..3_600 => format!("{}:{:02} min", seconds / 60, seconds % 60),
        _ => format!("{}:{:02} h", seconds / 3_600, seconds % 3_600 / 60),
    }
}
