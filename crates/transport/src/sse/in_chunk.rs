//! [`InChunk`]: an event that is contained in one chunk, the common case.

use std::ops::Range;

use bytes::Bytes;
use memchr::memchr2;

/// An event of at most one `event` line, one `data` line and a blank line, in the memory that it was
/// received in: no copy, no allocation.
#[derive(Debug)]
pub(super) struct InChunk {
    bytes: Bytes,
    name: Range<usize>,
    data: Range<usize>,
}

impl InChunk {
    /// Takes the event at the beginning of `chunk`. Returns `None` without consuming anything if
    /// the event has another format, continues in the next chunk, is not valid UTF-8, or is near
    /// the limit: the decoder decides then.
    ///
    /// Must be called at the beginning of a line, outside of an event.
    pub(super) fn take(chunk: &mut Bytes, limit: usize) -> Option<Self> {
        let mut line = 0;
        let mut name = 0..0;
        if chunk.starts_with(b"event:") {
            let (end, next) = line_end(chunk, line)?;
            name = value(chunk, b"event:".len(), end);
            line = next;
        }
        if !chunk.get(line..)?.starts_with(b"data:") {
            return None;
        }
        let (end, next) = line_end(chunk, line)?;
        let data = value(chunk, line + b"data:".len(), end);
        let rest = chunk.get(next..)?;
        let blank = if rest.starts_with(b"\r\n") { 2 } else { 1 };
        let is_blank = blank == 2 || rest.starts_with(b"\n");
        if !is_blank || data.is_empty() || name.len() + data.len() >= limit {
            return None;
        }
        let is_text = |range: &Range<usize>| text(chunk, range).is_some();
        (is_text(&name) && is_text(&data)).then(|| Self {
            bytes: chunk.split_to(next + blank),
            name,
            data,
        })
    }

    /// Returns the event type; `message` if the server sent none.
    pub(super) fn event(&self) -> &str {
        match text(&self.bytes, &self.name) {
            None | Some("") => "message",
            Some(name) => name,
        }
    }

    pub(super) fn data(&self) -> &str {
        // It was validated before.
        text(&self.bytes, &self.data).unwrap_or_default()
    }
}

/// Returns the end of the line that begins at `from`, and the beginning of the next one, if the line
/// ends with LF, or with CR and LF.
fn line_end(chunk: &[u8], from: usize) -> Option<(usize, usize)> {
    let end = from + memchr2(b'\n', b'\r', chunk.get(from..)?)?;
    match chunk.get(end..)? {
        [b'\n', ..] => Some((end, end + 1)),
        [b'\r', b'\n', ..] => Some((end, end + 2)),
        _ => None,
    }
}

/// Returns the value of a field whose name and colon end at `from`, without its leading space.
fn value(chunk: &[u8], from: usize, end: usize) -> Range<usize> {
    from + usize::from(chunk.get(from) == Some(&b' '))..end
}

fn text<'a>(chunk: &'a [u8], range: &Range<usize>) -> Option<&'a str> {
    str::from_utf8(chunk.get(range.clone())?).ok()
}
