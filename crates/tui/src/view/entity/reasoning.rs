//! Reasoning: one row if it is folded.

use geppetto_timeline::entity::Reasoning;
use geppetto_turns::printable_line;
use ratatui::text::{Line, Span};

use super::Look;
use crate::markdown::{
    Stream,
    wrap::{Run, truncate},
};

/// What of reasoning is shown while it goes on, in bytes.
const LIVE_LEN: usize = 2_000;
/// Lines of reasoning that are shown while it goes on, folded.
const LIVE_LINES: usize = 3;

impl Look<'_> {
    pub(super) fn reasoning(&self, reasoning: &Reasoning) -> Vec<Line<'static>> {
        let text = body(reasoning);
        if reasoning.state.is_active() {
            return self.live_reasoning(&text);
        }
        if text.is_empty() {
            return Vec::new();
        }
        let quiet = self.theme.quiet();
        if !self.is_folded {
            let mut lines = vec![self.row(&[Run::new("∴ thought", quiet)])];
            lines.extend(self.dimmed(&text));
            return lines;
        }
        let words = text.split_whitespace().count();
        let count = format!(" ({words} words)");
        let head = "∴ thought: ";
        let room = self.columns.saturating_sub(head.len() - 2 + count.len());
        let title = truncate(&title(&text), room);
        vec![self.row(&[Run::new(&format!("{head}{title}{count}"), quiet)])]
    }

    fn live_reasoning(&self, text: &str) -> Vec<Line<'static>> {
        let quiet = self.theme.quiet();
        let mut lines = vec![self.row(&[Run::new("∴ thinking…", quiet)])];
        let mut start = text.len().saturating_sub(LIVE_LEN);
        while !text.is_char_boundary(start) {
            start += 1;
        }
        let tail = text.get(start..).unwrap_or_default();
        let mut shown = self.dimmed(tail);
        if self.is_folded {
            shown.drain(..shown.len().saturating_sub(LIVE_LINES));
        }
        lines.extend(shown);
        lines
    }

    /// Returns Markdown in quiet lines behind a bar.
    fn dimmed(&self, text: &str) -> Vec<Line<'static>> {
        let quiet = self.theme.quiet();
        let bar = if self.columns > 8 { "│ " } else { "" };
        let mut stream = Stream::new(self.theme);
        stream.advance(
            text,
            self.columns.saturating_sub(bar.len().min(2)).max(1),
            true,
        );
        let lines = stream.take_finished().into_iter().map(|line| {
            let mut spans = vec![Span::styled(bar, quiet)];
            let own = line.spans.into_iter();
            spans.extend(own.map(|span| Span::styled(span.content, span.style.patch(quiet))));
            Line::from(spans)
        });
        lines.collect()
    }
}

fn body(reasoning: &Reasoning) -> String {
    let parts = [reasoning.summary.trim(), reasoning.text.trim()];
    let parts = parts.into_iter().filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("\n\n")
}

/// Returns the first line, without its marks of Markdown.
fn title(text: &str) -> String {
    let first = text.lines().find(|line| !line.trim().is_empty());
    let first = first.unwrap_or_default().replace("**", "");
    let first = first.trim_start_matches(['#', '>', ' ']).trim_end();
    printable_line(first).into_owned()
}
