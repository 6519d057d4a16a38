//! Markdown and conversations as text for a terminal or a file, without a chat.
//!
//! ```
//! use geppetto_tui::print::Printer;
//!
//! let printer = Printer::new(40);
//! assert_eq!(printer.markdown("1. one *two*\n1. three"), "1. one two\n2. three\n");
//! ```

use std::fmt::Write as _;

use geppetto_timeline::View;
use ratatui::{
    style::{Color, Modifier, Style},
    text::Line,
};

use crate::{
    markdown::Stream,
    view::{theme::Theme, transcript::Transcript},
};

#[cfg(test)]
mod tests;

/// Prints Markdown and conversations as a chat shows them.
///
/// Control characters of terminals in texts become visible.
#[derive(Debug, Clone, Copy)]
pub struct Printer {
    columns: u16,
    escapes: Escapes,
    is_folded: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Escapes {
    None,
    Plain,
    Colour,
}

impl Printer {
    /// Creates a printer for lines of at most `columns` columns, at least 1, without escape
    /// sequences, for a file or a pipe.
    #[must_use]
    pub fn new(columns: u16) -> Self {
        Self {
            columns: columns.max(1),
            escapes: Escapes::None,
            is_folded: true,
        }
    }

    /// Prints bold, dim and italic text, and colours if `has_colour`.
    #[must_use]
    pub fn for_terminal(mut self, has_colour: bool) -> Self {
        self.escapes = if has_colour {
            Escapes::Colour
        } else {
            Escapes::Plain
        };
        self
    }

    /// Sets whether reasoning, arguments and results of tools are shortened; `true` by default.
    #[must_use]
    pub fn folded(mut self, is_folded: bool) -> Self {
        self.is_folded = is_folded;
        self
    }

    /// Returns a Markdown text.
    #[must_use]
    pub fn markdown(&self, text: &str) -> String {
        let mut stream = Stream::new(self.theme());
        stream.advance(text, usize::from(self.columns), true);
        self.text(&stream.take_finished())
    }

    /// Returns a conversation, with what is still open at its end.
    #[must_use]
    pub fn conversation(&self, view: &View) -> String {
        let mut transcript = Transcript::new(self.theme());
        transcript.set_folded(self.is_folded);
        let mut lines = transcript.tail(view, self.columns, usize::MAX);
        lines.extend(transcript.live(view, self.columns, u16::MAX));
        self.text(&lines)
    }

    fn theme(&self) -> Theme {
        match self.escapes {
            Escapes::Colour => Theme::coloured(),
            _ => Theme::plain(),
        }
    }

    fn text(&self, lines: &[Line<'static>]) -> String {
        let mut text = String::new();
        for line in lines {
            for span in &line.spans {
                let style = line.style.patch(span.style);
                match codes(style) {
                    codes if codes.is_empty() || self.escapes == Escapes::None => {
                        text.push_str(&span.content);
                    }
                    codes => {
                        let _ = write!(text, "\x1b[{codes}m{}\x1b[0m", span.content);
                    }
                }
            }
            if self.escapes == Escapes::None {
                text.truncate(text.trim_end_matches(' ').len());
            }
            text.push('\n');
        }
        text
    }
}

/// Returns the codes of a style, separated by semicolons.
fn codes(style: Style) -> String {
    let modifiers = [
        (Modifier::BOLD, "1"),
        (Modifier::DIM, "2"),
        (Modifier::ITALIC, "3"),
        (Modifier::UNDERLINED, "4"),
        (Modifier::CROSSED_OUT, "9"),
    ];
    let has = |modifier: &(Modifier, &'static str)| style.add_modifier.contains(modifier.0);
    let mut codes: Vec<&str> = modifiers
        .iter()
        .filter(|own| has(own))
        .map(|own| own.1)
        .collect();
    codes.extend(match style.fg {
        Some(Color::Red) => Some("31"),
        Some(Color::Green) => Some("32"),
        Some(Color::Yellow) => Some("33"),
        Some(Color::Blue) => Some("34"),
        Some(Color::Magenta) => Some("35"),
        Some(Color::Cyan) => Some("36"),
        _ => None,
    });
    codes.join(";")
}
