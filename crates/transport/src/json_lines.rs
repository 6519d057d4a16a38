//! [`JsonLines`]: a body read as JSON values, one a line.

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

/// One value of the stream, borrowed until the next is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JsonLine<'a> {
    /// The value, without the end of its line.
    pub text: &'a str,
    /// `true` if the body ended inside this object: the stream was truncated.
    pub is_cut: bool,
}

/// A body read as JSON values, one a line (NDJSON).
///
/// Lines end with LF or CR LF, cut anywhere by the chunks, as may be UTF-8 sequences; invalid UTF-8
/// is replaced by U+FFFD. Blank lines are skipped, and the last line needs no end.
///
/// An object ends with its closing bracket: servers print objects over several lines, put several on
/// one, and keep the connection open behind the last one. Everything else ends with its line.
///
/// All values of a chunk are handed out before the body is asked for more. All waits are drop-safe.
///
/// Format: <https://github.com/ndjson/ndjson-spec>
#[derive(Debug)]
pub struct JsonLines {
    body: Body,
    chunk: Bytes,
    limit: usize,
    scan: Scan,
    /// The bytes of the value that is read.
    raw: Vec<u8>,
    /// The value that was handed out last.
    value: String,
    invalid_utf8: u64,
    finished: bool,
}

impl JsonLines {
    /// Reads `body` as values of at most [`DEFAULT_MAX_EVENT_BYTES`] each.
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

    /// Sets the limit on one value, in bytes. Set it before the first value is read.
    #[must_use]
    pub fn with_max_line_bytes(mut self, limit: NonZeroUsize) -> Self {
        self.limit = limit.get();
        self
    }

    /// The next value, `None` at the end of the body. Drop-safe.
    ///
    /// What the end of the body cuts is handed out as the last value.
    ///
    /// # Errors
    ///
    /// The connection broke, a time limit passed, or a value is larger than the limit
    /// ([`TransportErrorKind::TooLarge`]). After an error there are no more values.
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

    /// The next value if it has already been received, without waiting. `None` says nothing about
    /// the end of the body.
    ///
    /// # Errors
    ///
    /// A value is larger than the limit.
    pub fn next_received(&mut self) -> Result<Option<JsonLine<'_>>, TransportError> {
        Ok(self.advance()?.then_some(JsonLine {
            text: &self.value,
            is_cut: false,
        }))
    }

    /// Marks the value that was handed out last as a heartbeat: it ends no wait for a message
    /// ([`Timeouts::message`](crate::Timeouts)).
    pub fn was_heartbeat(&mut self) {
        self.body.message_was_none();
    }

    /// Number of byte sequences so far that are no UTF-8. In the values, U+FFFD stands for them.
    #[must_use]
    pub fn invalid_utf8(&self) -> u64 {
        self.invalid_utf8
    }

    /// Reads on to the end of the next value in the bytes at hand; returns `true` if there is one.
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
