//! [`Repeat`]: events that equal the previous one except for their text.

use std::{borrow::Cow, ops::Range};

/// Number of fruitless events after which no more are kept: events that were kept although the next
/// one differed.
const MOST_MISSES: u8 = 16;

/// Number of integers in the counts that may differ; further ones must be equal.
const MOST_COUNTS: usize = 16;

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
/// The value of a field `obfuscation` may differ as well, the value of `sequence_number` if the
/// learned event has one, and the numbers of an object of token counts that [`learn`](Repeat::learn)
/// received.
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
    /// A number of the counts.
    Count,
    /// Start of the counts, without length.
    CountsStart,
    /// End of the counts, without length.
    CountsEnd,
}

/// The parts of an event in which [`Repeat`] allows differences.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Repeated<'e> {
    /// The text.
    pub text: Cow<'e, str>,
    /// The sequence number, if the learned event has one.
    pub sequence: Option<u64>,
    /// The JSON source of the token counts, if the learned event has them: an object of which only
    /// the integers may differ.
    pub counts: Option<&'e str>,
}

impl<'e> Repeated<'e> {
    /// Returns the parts of an event that has no others than a text.
    pub fn text(text: &'e str) -> Self {
        Self {
            text: Cow::Borrowed(text),
            ..Self::default()
        }
    }
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
        let mut repeated = Repeated::default();
        let (mut rest, mut at, mut counts) = (event, 0, "");
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
                GapKind::Count => {
                    let length = digits(rest);
                    is_integer(rest.get(..length)?).then_some(length)?
                }
                GapKind::CountsStart => {
                    counts = rest;
                    0
                }
                GapKind::CountsEnd => {
                    repeated.counts = counts.get(..counts.len().checked_sub(rest.len())?);
                    0
                }
            };
            (rest, at) = (rest.get(length..)?, gap.range.end);
        }
        (rest == self.event.get(at..)?).then_some(repeated)
    }

    /// Learns `event`, which appends the text of `parts` to the open text and contains nothing else but
    /// its other parts.
    ///
    /// Does nothing unless the text and the counts are slices of `event`. A parser that borrows returns
    /// such a slice for text without escapes.
    pub fn learn(&mut self, event: &str, parts: &Repeated<'_>) {
        self.known = false;
        if self.misses < MOST_MISSES {
            self.known = self.keep(event, parts).is_some();
        }
    }

    fn keep(&mut self, event: &str, parts: &Repeated<'_>) -> Option<()> {
        self.gaps.clear();
        let range = place(event, &parts.text)?;
        self.gap(range, GapKind::Text);
        // These names, with unescaped quotes, cannot occur inside a string, so they are fields.
        if let Some(range) = value(event, OBFUSCATION, plain) {
            self.gap(range, GapKind::Obfuscation);
        }
        if let Some(sequence) = parts.sequence {
            let range = value(event, SEQUENCE, digits)?;
            if number(event.get(range.clone())?)? != sequence {
                return None;
            }
            self.gap(range, GapKind::Sequence);
        }
        if let Some(counts) = parts.counts {
            let Range { start, end } = place(event, counts)?;
            self.gap(start..start, GapKind::CountsStart);
            for range in integers(counts) {
                self.gap(start + range.start..start + range.end, GapKind::Count);
            }
            self.gap(end..end, GapKind::CountsEnd);
        }
        // Stable: the gaps of the counts stay between their start and their end.
        self.gaps.sort_by_key(|gap| gap.range.start);
        event.clone_into(&mut self.event);
        Some(())
    }

    fn gap(&mut self, range: Range<usize>, kind: GapKind) {
        self.gaps.push(Gap { range, kind });
    }
}

/// Returns the range of a slice of `event`; `None` if it is not one.
fn place(event: &str, slice: &str) -> Option<Range<usize>> {
    let start = (slice.as_ptr() as usize).checked_sub(event.as_ptr() as usize)?;
    let range = start..start.checked_add(slice.len())?;
    let is_slice = event.get(range.clone()).is_some_and(|found| found == slice);
    is_slice.then_some(range)
}

/// Returns the ranges of the integers that are values of an object's fields, in JSON source.
fn integers(object: &str) -> impl Iterator<Item = Range<usize>> {
    let values = object.match_indices(':').filter_map(|(colon, _)| {
        let after = object.get(colon + 1..)?;
        let digits_at = after.len() - after.trim_ascii_start().len();
        let start = colon + 1 + digits_at;
        let end = start + digits(object.get(start..)?);
        // Digits within a string or before a fraction must stay as they are.
        let ends = object
            .get(end..)?
            .trim_ascii_start()
            .starts_with([',', '}']);
        (ends && end > start).then_some(start..end)
    });
    values.take(MOST_COUNTS)
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

/// The value of an integer in JSON; `None` if it exceeds 64 bits.
fn number(digits: &str) -> Option<u64> {
    is_integer(digits).then(|| digits.parse().ok()).flatten()
}

/// Returns `true` if digits are an integer in JSON, which has no leading zeros.
fn is_integer(digits: &str) -> bool {
    !digits.is_empty() && (digits.len() == 1 || !digits.starts_with('0'))
}
