//! [`ErrorLine`]: errors that a server sends outside of events: in a line `error: {..}`, or as a
//! JSON object without a field name.
//!
//! According to the rules of server-sent events, such lines are dropped. llama.cpp servers report
//! failures in the first form: <https://github.com/ggml-org/llama.cpp/issues/16104>. Google's front
//! end appends the second form to a stream that it aborts:
//! <https://github.com/googleapis/python-genai/issues/1162>.

use bytes::{Buf as _, Bytes};
use memchr::memchr2;

use super::{bare_json, rest::Rest};

const FIELD: &[u8] = b"error:";

/// Inspects the beginning of each line outside of an event.
#[derive(Debug, Default)]
pub(super) struct ErrorLine {
    /// The current line, including its field name, or the JSON object so far; empty outside of one.
    held: Vec<u8>,
}

/// Action for the buffered bytes.
#[derive(Debug)]
pub(super) enum Step {
    /// The next bytes, this many, are not part of an error line.
    Pass(usize),
    /// All of them were held back: the line, or its field name, is incomplete.
    Held,
    /// The bytes held back are not an error line: [`ErrorLine::take`] returns them.
    NoError,
    /// The value of an error line.
    Error(String),
    /// The line is longer than the limit.
    TooLong,
}

impl ErrorLine {
    /// Returns the number of bytes held back.
    pub(super) fn len(&self) -> usize {
        self.held.len()
    }

    /// Inspects `chunk`, which follows `rest`, and consumes the bytes it holds back: at most
    /// `limit` bytes of a line, for any chunk boundaries.
    pub(super) fn step(&mut self, chunk: &mut Bytes, rest: &Rest, limit: usize) -> Step {
        let begins = self.held.is_empty() && rest.is_between_fields();
        if bare_json::begins(&self.held) || (begins && bare_json::begins(chunk)) {
            return self.json_step(chunk, limit);
        }
        if self.held.is_empty() && !(begins && chunk.starts_with(b"e")) {
            return Step::Pass(passed(chunk, rest));
        }
        let name_left = FIELD.get(self.held.len()..).unwrap_or_default();
        let known = name_left.len().min(chunk.len());
        if chunk.get(..known) != name_left.get(..known) {
            return if self.held.is_empty() {
                Step::Pass(passed(chunk, rest))
            } else {
                Step::NoError
            };
        }
        let end = memchr2(b'\n', b'\r', chunk);
        if self.held.len() + end.unwrap_or(chunk.len()) > limit {
            return Step::TooLong;
        }
        self.held
            .extend_from_slice(chunk.get(..end.unwrap_or(chunk.len())).unwrap_or_default());
        chunk.advance(end.map_or(chunk.len(), |end| end + 1));
        match end {
            Some(_) => self.finish().map_or(Step::Held, Step::Error),
            None => Step::Held,
        }
    }

    /// Holds back a line of a JSON object, up to its end.
    fn json_step(&mut self, chunk: &mut Bytes, limit: usize) -> Step {
        let end = memchr::memchr(b'\n', chunk).map_or(chunk.len(), |end| end + 1);
        if self.held.len() + end > limit {
            return Step::TooLong;
        }
        let line = self.held.len();
        self.held
            .extend_from_slice(chunk.get(..end).unwrap_or_default());
        chunk.advance(end);
        let line = line_start(&self.held, line);
        match bare_json::end(&self.held, line) {
            bare_json::End::NotYet => Step::Held,
            bare_json::End::No => Step::NoError,
            bare_json::End::Error => self.finish().map_or(Step::Held, Step::Error),
        }
    }

    /// Returns the bytes held back.
    pub(super) fn take(&mut self) -> Bytes {
        Bytes::from(std::mem::take(&mut self.held))
    }

    /// Ends the line; returns its value if it is an error line.
    pub(super) fn finish(&mut self) -> Option<String> {
        let line = std::mem::take(&mut self.held);
        if bare_json::begins(&line) {
            let text = String::from_utf8_lossy(&line).trim().to_owned();
            return bare_json::is_error(&text).then_some(text);
        }
        let value = line.strip_prefix(FIELD)?;
        Some(String::from_utf8_lossy(value).trim().to_owned())
    }
}

/// Returns the beginning of the line that contains the byte at `at`.
fn line_start(text: &[u8], at: usize) -> usize {
    let before = text.get(..at).unwrap_or_default();
    memchr::memrchr(b'\n', before).map_or(0, |end| end + 1)
}

/// Returns the number of bytes that can be decoded without inspecting the next line.
///
/// An event with data ends where the decoder stops, and contains no error line before that. Other
/// lines are passed one by one: an event without data does not stop the decoder.
fn passed(chunk: &[u8], rest: &Rest) -> usize {
    if rest.is_at_line_start() && begins_data(chunk) {
        return chunk.len();
    }
    let Some(end) = memchr2(b'\n', b'\r', chunk) else {
        return chunk.len();
    };
    let next = chunk.get(end + 1..).unwrap_or_default();
    if begins_data(next.strip_prefix(b"\n").unwrap_or(next)) {
        return chunk.len();
    }
    end + 1
}

fn begins_data(text: &[u8]) -> bool {
    text.starts_with(b"data:")
}
