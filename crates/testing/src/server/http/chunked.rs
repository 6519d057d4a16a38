//! Decoding of chunked request bodies.

use bytes::{Buf, Bytes, BytesMut};

use super::Unreadable;

/// Contents at the beginning of the inbox.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    Chunk(Bytes),
    End,
    Incomplete,
}

/// Takes one complete chunk, or the end of the body, from the inbox. Trailers are read and
/// discarded.
pub(super) fn next_chunk(inbox: &mut BytesMut) -> Result<Next, Unreadable> {
    let broken = || Unreadable::Refused(400, "the chunks of the body are not well formed");
    let (start, size) = match httparse::parse_chunk_size(inbox) {
        Ok(httparse::Status::Complete(found)) => found,
        Ok(httparse::Status::Partial) => return Ok(Next::Incomplete),
        Err(_) => return Err(broken()),
    };
    let size = usize::try_from(size).map_err(|_| broken())?;
    if size == 0 {
        return Ok(end_of_trailers(inbox, start));
    }
    let end = start.saturating_add(size);
    match inbox.get(end..end.saturating_add(2)) {
        None => Ok(Next::Incomplete),
        Some(b"\r\n") => {
            inbox.advance(start);
            let data = inbox.split_to(size).freeze();
            inbox.advance(2);
            Ok(Next::Chunk(data))
        }
        Some(_) => Err(broken()),
    }
}

fn end_of_trailers(inbox: &mut BytesMut, start: usize) -> Next {
    let rest = inbox.get(start..).unwrap_or_default();
    let length = if rest.starts_with(b"\r\n") {
        Some(2)
    } else {
        let blank = rest.windows(4).position(|window| window == b"\r\n\r\n");
        blank.map(|position| position + 4)
    };
    match length {
        Some(length) => {
            inbox.advance(start + length);
            Next::End
        }
        None => Next::Incomplete,
    }
}
