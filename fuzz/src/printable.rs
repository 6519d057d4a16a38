//! Text for terminals.
//!
//! - No control characters remain except line feeds and tabs, and none at all on a single line.
//! - Printable text does not change.
//! - The result does not depend on how the text is split.

use geppetto_turns::printable::{Printable, printable, printable_line};

/// Checks one input.
pub fn check(text: &str) {
    let shown = printable(text);
    let controls = |c: char| c.is_control() && c != '\n' && c != '\t';
    assert!(!shown.contains(controls), "{shown:?}");
    assert_eq!(printable(&shown), shown);
    assert!(!printable_line(text).contains(char::is_control));

    let mut printer = Printable::new();
    let mut pieces = String::new();
    for (at, c) in text.char_indices() {
        let piece = text.get(at..at + c.len_utf8()).unwrap_or_default();
        pieces.push_str(&printer.push(piece));
    }
    assert_eq!(pieces, shown);
}
