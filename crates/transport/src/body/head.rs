//! How a body begins.

use bytes::{Bytes, BytesMut};

/// What some servers on Windows put before UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// How many bytes at the beginning say nothing: a byte order mark, as far as it has come, and
/// white space.
pub(super) fn blank_prefix(head: &[u8]) -> usize {
    if BYTE_ORDER_MARK.starts_with(head) {
        return head.len();
    }
    let text = head.strip_prefix(BYTE_ORDER_MARK).unwrap_or(head);
    let is_blank = |byte: &&u8| byte.is_ascii_whitespace();
    head.len() - text.len() + text.iter().take_while(is_blank).count()
}

/// A head that says nothing, and what came next: the mark stays, white space goes.
pub(super) fn joined(blank: &Bytes, next: Bytes) -> Bytes {
    let mark = blank.len().min(BYTE_ORDER_MARK.len());
    match blank.get(..mark) {
        Some(mark) if !mark.is_empty() && BYTE_ORDER_MARK.starts_with(mark) => {
            let mut joined = BytesMut::from(mark);
            joined.extend_from_slice(&next);
            joined.freeze()
        }
        _ => next,
    }
}
