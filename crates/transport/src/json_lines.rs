//! [`JsonLines`]: a body read as newline-delimited JSON.

use std::num::NonZeroUsize;

use bytes::{Buf as _, Bytes};

use crate::{
    Body, DEFAULT_MAX_EVENT_BYTES,
    error::{TransportError, TransportErrorKind},
};
use scan::Scan;

mod scan;
#[cfg(test)]
mod tests;

/// One value of the stream, valid until the next one is requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonLine<'a> {
    /// The value, without its line ending.
    pub text: &'a str,
    /// `true` if the body ended inside this object: the stream was truncated.
    pub is_cut: bool,
}

/// Body read as newline-delimited JSON (NDJSON).
///
/// Lines end with LF or CR LF. Chunks may split line endings and UTF-8 sequences; invalid UTF-8 is
/// replaced by U+FFFD. Blank lines are skipped, and the last line needs no line ending.
///
/// An object ends with its closing bracket rather than with its line, because servers print objects
/// over several lines, put several on one line, and keep the connection open after the last one.
/// Any other value ends with its line.
///
/// All values of a chunk are returned before more of the body is read. All waits are cancel safe.
///
/// Format: <https://github.com/ndjson/ndjson-spec>
#[derive(Debug)]
pub struct JsonLines {
    body: Body,
    chunk: Bytes,
    limit: usize,
    scan: Scan,
    /// Bytes of the current value.
    raw: Vec<u8>,
    /// The value that was returned last.
    value: String,
    invalid_utf8: u64,
    finished: bool,
}

impl JsonLines {
    /// Creates a reader for values of at most [`DEFAULT_MAX_EVENT_BYTES`] each.
    #[must_use]
    pub fn new(body: Body) -> Self {
        Self {
            body,
            chunk: Bytes::new(),
            limit: DEFAULT_MAX_EVENT_BYTES,
            scan: Scan::default(),
            raw: Vec::new(),
            value: String::new(),
            invalid_utf8: 0,
            finished: false,
        }
    }

    /// Sets the limit on one value, in bytes. Call it before the first value is read.
    #[must_use]
    pub fn with_max_line_bytes(mut self, limit: NonZeroUsize) -> Self {
        self.limit = limit.get();
        self
    }

    /// Returns the next value; `None` at the end of the body. Cancel safe.
    ///
    /// A value cut off by the end of the body is returned as the last value.
    ///
    /// # Errors
    ///
    /// Returns an error if the connection broke, a time limit passed, or a value exceeds the limit
    /// ([`TransportErrorKind::TooLarge`]). There are no more values after an error.
    pub async fn next(&mut self) -> Result<Option<JsonLine<'_>>, TransportError> {
        let mut is_cut = false;
        while !self.advance()? {
            if self.finished {
                return Ok(None);
            }
            match self.body.message_chunk().await {
                Ok(Some(chunk)) => self.chunk = chunk,
                Ok(None) => {
                    self.finished = true;
                    if self.raw.is_empty() {
                        return Ok(None);
                    }
                    is_cut = self.scan.is_in_object();
                    self.take_value();
                    break;
                }
                Err(error) => {
                    self.finished = true;
                    return Err(error);
                }
            }
        }
        Ok(Some(JsonLine {
            text: &self.value,
            is_cut,
        }))
    }

    /// Returns the next value if it has already been received, without waiting. `None` does not
    /// imply the end of the body.
    ///
    /// # Errors
    ///
    /// Returns an error if a value exceeds the limit.
    pub fn next_received(&mut self) -> Result<Option<JsonLine<'_>>, TransportError> {
        Ok(self.advance()?.then_some(JsonLine {
            text: &self.value,
            is_cut: false,
        }))
    }

    /// Marks the last returned value as a heartbeat, which does not reset the `message` limit
    /// ([`Timeouts::message`](crate::Timeouts)).
    pub fn was_heartbeat(&mut self) {
        self.body.message_was_none();
    }

    /// Returns the number of invalid UTF-8 sequences so far, each replaced by U+FFFD.
    #[must_use]
    pub fn invalid_utf8(&self) -> u64 {
        self.invalid_utf8
    }

    /// Scans for the end of the next value in the buffered bytes; returns `true` if there is one.
    fn advance(&mut self) -> Result<bool, TransportError> {
        let skipped = self.scan.blanks(&self.chunk);
        self.chunk.advance(skipped);
        let (length, is_whole) = self.scan.value(&self.chunk);
        if self.raw.len() + length > self.limit {
            self.finished = true;
            self.chunk.clear();
            self.raw.clear();
            return Err(TransportError::new(
                TransportErrorKind::TooLarge,
                format!(
                    "the server sent a JSON value larger than the limit of {} bytes",
                    self.limit
                ),
            ));
        }
        self.raw
            .extend_from_slice(self.chunk.get(..length).unwrap_or_default());
        self.chunk.advance(length);
        if is_whole {
            self.body.message_is_whole();
            self.take_value();
        }
        Ok(is_whole)
    }

    fn take_value(&mut self) {
        let broken = self.raw.utf8_chunks();
        let broken = broken.filter(|chunk| !chunk.invalid().is_empty());
        self.invalid_utf8 += broken.count() as u64;
        self.value.clear();
        self.value
            .push_str(String::from_utf8_lossy(&self.raw).trim_end());
        self.raw.clear();
    }
}
