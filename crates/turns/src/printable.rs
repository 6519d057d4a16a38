//! Untrusted text from models, tools and servers, made safe to print.
//!
//! Terminals execute escape sequences: one in a model's answer can clear the screen, retitle the
//! window, write to the clipboard or hide text. [`printable`] replaces every character with such an
//! effect and leaves all others unchanged. Stored data is not modified: turns, events and files
//! keep the original characters, and only output for people is filtered.
//!
//! | characters | become |
//! |---|---|
//! | line feed, tab | unchanged |
//! | CR LF, CR, U+2028, U+2029 | one line feed; a lone CR would write over its line |
//! | other C0 controls (ESC, BEL, BS, NUL ...), DEL | their picture: `␛`, `␇`, `␈`, `␀`, `␡` |
//! | C1 controls, U+0080 to U+009F | U+FFFD; 8-bit forms of escape sequences |
//! | embeddings, overrides and isolates of bidirectional text, U+202A to U+202E, U+2066 to U+206F | U+FFFD; they show text in another order than it has (CVE-2021-42574) |
//! | U+FFF9 to U+FFFB, tag characters U+E0000 to U+E007F | U+FFFD; invisible text. Tags stay in a flag that begins with U+1F3F4 |
//!
//! ```
//! use geppetto_turns::printable::{printable, printable_line};
//!
//! assert_eq!(printable("Gr\u{fc}ezi \u{1f600}\n"), "Gr\u{fc}ezi \u{1f600}\n");
//! assert_eq!(printable("\u{1b}[2Jgone"), "␛[2Jgone");
//! assert_eq!(printable_line("a\r\nb"), "a b");
//! ```

use std::borrow::Cow;

mod data;
#[cfg(test)]
mod tests;

pub use data::shorten_data;

/// The replacement for a character that cannot be shown.
const REPLACEMENT: char = '\u{fffd}';

/// Replaces terminal control characters. Borrows if there is nothing to replace.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    Printable::new().push(text)
}

/// Same as [`printable`], on a single line: line feeds and tabs become spaces. For names, titles
/// and other text that must not look like several lines.
#[must_use]
pub fn printable_line(text: &str) -> Cow<'_, str> {
    let text = printable(text);
    if text.contains(['\n', '\t']) {
        return Cow::Owned(text.replace(['\n', '\t'], " "));
    }
    text
}

/// Incremental [`printable`] for text that arrives in pieces. The concatenated output does not
/// depend on where the text is split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Printable {
    last: Last,
}

/// State carried over from the last character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Last {
    #[default]
    Other,
    /// A carriage return that was already written as a line feed.
    CarriageReturn,
    /// A black flag, or one of the tags that follow it.
    Flag,
}

impl Printable {
    /// Creates a filter at the beginning of a text.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Filters the next piece. Borrows if there is nothing to replace.
    #[must_use]
    pub fn push<'t>(&mut self, piece: &'t str) -> Cow<'t, str> {
        if self.last == Last::Other && piece.bytes().all(is_plain) {
            return Cow::Borrowed(piece);
        }
        let mut unchanged = true;
        let text = piece.chars().filter_map(|c| {
            let shown = self.show(c);
            unchanged &= shown == Some(c);
            shown
        });
        let text: String = text.collect();
        if unchanged {
            return Cow::Borrowed(piece);
        }
        Cow::Owned(text)
    }

    fn show(&mut self, c: char) -> Option<char> {
        let last = std::mem::take(&mut self.last);
        Some(match c {
            '\n' if last == Last::CarriageReturn => return None,
            '\n' | '\t' => c,
            '\r' => {
                self.last = Last::CarriageReturn;
                '\n'
            }
            '\u{2028}' | '\u{2029}' => '\n',
            '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or(REPLACEMENT),
            '\u{7f}' => '\u{2421}',
            '\u{80}'..='\u{9f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{206f}'
            | '\u{fff9}'..='\u{fffb}' => REPLACEMENT,
            '\u{1f3f4}' => {
                self.last = Last::Flag;
                c
            }
            '\u{e0020}'..='\u{e007f}' if last == Last::Flag => {
                if c != '\u{e007f}' {
                    self.last = Last::Flag;
                }
                c
            }
            '\u{e0000}'..='\u{e007f}' => REPLACEMENT,
            _ => c,
        })
    }
}

/// Returns `true` if a byte is a character that is kept in every context.
fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\n' | b'\t')
}
