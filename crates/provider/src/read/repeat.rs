//! [`Repeat`]: events that equal the previous one except for their text.

use std::{borrow::Cow, ops::Range};

/// Number of fruitless events after which no more are kept: events that were kept although the next
/// one differed.
const MOST_MISSES: u8 = 16;

/// A field of random length that OpenAI adds to hide the lengths of texts. Nothing reads it.
const OBFUSCATION: &str = "\"obfuscation\":\"";

/// The number of an event, which OpenAI's Responses API increments.
const SEQUENCE: &str = "\"sequence_number\":";

/// The last event of a stream, if it contained a piece of text and nothing else.
///
/// To a JSON parser, two events with the same bytes before and after the text differ only in that text,
/// so the second one need not be parsed. Nearly all events of a stream are like this, so in most
/// streams nothing but the text is parsed. The comparison is exact: if one byte differs elsewhere, or
/// if the text contains an escape `\uXXXX`, [`find`](Repeat::find) returns `None`.
///
/// The value of a field `obfuscation` may differ as well, and the value of `sequence_number` if the
/// learned event has one.
#[derive(Debug, Default)]
pub struct Repeat {
    event: String,
    /// The parts that may differ, in ascending order.
    gaps: Vec<Gap>,
    known: bool,
    misses: u8,
}

/// A part of an event that may differ in the next one.
#[derive(Debug)]
struct Gap {
    range: Range<usize>,
    kind: GapKind,
}

#[derive(Debug, Clone, Copy)]
enum GapKind {
    Text,
    Obfuscation,
    Sequence,
}

/// The differences of an event that [`Repeat`] recognized.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Repeated<'e> {
    /// The text.
    pub text: Cow<'e, str>,
    /// The sequence number, if the learned event has one.
    pub sequence: Option<u64>,
}

impl Repeat {
    /// Returns the differences of `event`, if it equals the learned event except for its text.
    ///
    /// After any other event, the learned event is forgotten.
    pub fn find<'e>(&mut self, event: &'e str) -> Option<Repeated<'e>> {
        if !self.known {
            return None;
        }
        let repeated = self.compare(event);
        self.known = repeated.is_some();
        self.misses = if self.known {
            0
        } else {
            self.misses.saturating_add(1)
        };
        repeated
    }

    fn compare<'e>(&self, event: &'e str) -> Option<Repeated<'e>> {
        let mut repeated = Repeated {
            text: Cow::Borrowed(""),
            sequence: None,
        };
        let (mut rest, mut at) = (event, 0);
        for gap in &self.gaps {
            rest = rest.strip_prefix(self.event.get(at..gap.range.start)?)?;
            let length = match gap.kind {
                GapKind::Text => {
                    let (text, length) = string(rest)?;
                    repeated.text = text;
                    length
                }
                GapKind::Obfuscation => plain(rest),
                GapKind::Sequence => {
                    let length = digits(rest);
                    repeated.sequence = Some(number(rest.get(..length)?)?);
                    length
                }
            };
            (rest, at) = (rest.get(length..)?, gap.range.end);
        }
        (rest == self.event.get(at..)?).then_some(repeated)
    }

    /// Learns `event`, which appends `text` to the open text and contains nothing else. `sequence`
    /// is its sequence number, if it has one.
    ///
    /// Does nothing unless `text` is a slice of `event`. A parser that borrows returns such a slice
    /// for text without escapes.
    pub fn learn(&mut self, event: &str, text: &str, sequence: Option<u64>) {
        self.known = false;
        if self.misses < MOST_MISSES {
            self.known = self.keep(event, text, sequence).is_some();
        }
    }

    fn keep(&mut self, event: &str, text: &str, sequence: Option<u64>) -> Option<()> {
        let start = (text.as_ptr() as usize).checked_sub(event.as_ptr() as usize)?;
        let range = start..start.checked_add(text.len())?;
        event.get(range.clone()).filter(|slice| *slice == text)?;
        self.gaps.clear();
        self.gaps.push(Gap {
            range,
            kind: GapKind::Text,
        });
        // These names, with unescaped quotes, cannot occur inside a string, so they are fields.
        if let Some(range) = value(event, OBFUSCATION, plain) {
            let kind = GapKind::Obfuscation;
            self.gaps.push(Gap { range, kind });
        }
        if let Some(sequence) = sequence {
            let range = value(event, SEQUENCE, digits)?;
            if number(event.get(range.clone())?)? != sequence {
                return None;
            }
            let kind = GapKind::Sequence;
            self.gaps.push(Gap { range, kind });
        }
        self.gaps.sort_unstable_by_key(|gap| gap.range.start);
        event.clone_into(&mut self.event);
        Some(())
    }
}

/// Returns the range of a field's value; `field` is the name of the field, including the characters
/// before the value.
fn value(event: &str, field: &str, length: impl Fn(&str) -> usize) -> Option<Range<usize>> {
    let start = event.find(field)? + field.len();
    let length = length(event.get(start..)?);
    Some(start..start + length)
}

/// Reads the rest of a JSON string up to its closing quote. Returns the text and its length in
/// source form; `None` if it has an invalid escape, or an escape `\uXXXX`, which could be half of a
/// surrogate pair.
fn string(rest: &str) -> Option<(Cow<'_, str>, usize)> {
    let mut length = plain(rest);
    let (first, mut rest) = rest.split_at_checked(length)?;
    let mut text = Cow::Borrowed(first);
    while let Some(escape) = rest.strip_prefix('\\') {
        let character = match escape.bytes().next()? {
            byte @ (b'"' | b'\\' | b'/') => char::from(byte),
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            _ => return None,
        };
        let after = escape.get(1..)?;
        let (more, next) = after.split_at_checked(plain(after))?;
        let text = text.to_mut();
        text.push(character);
        text.push_str(more);
        length += 2 + more.len();
        rest = next;
    }
    Some((text, length))
}

/// Length of the part of a JSON string that has no escapes, in bytes.
fn plain(text: &str) -> usize {
    let end = |byte: u8| byte < b' ' || byte == b'"' || byte == b'\\';
    text.bytes().position(end).unwrap_or(text.len())
}

/// Number of digits at the start of a text.
fn digits(text: &str) -> usize {
    let end = |byte: u8| !byte.is_ascii_digit();
    text.bytes().position(end).unwrap_or(text.len())
}

/// The value of a number in JSON, which has no leading zeros.
fn number(digits: &str) -> Option<u64> {
    if digits.len() > 1 && digits.starts_with('0') {
        return None;
    }
    digits.parse().ok()
}
