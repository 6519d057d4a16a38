//! Detection of a body's format by its first bytes.

use bytes::{Bytes, BytesMut};

/// UTF-8 byte order mark, sent by some servers on Windows.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Returns the number of leading bytes that are white space or byte order marks, in any order, so
/// that chunk boundaries do not matter.
pub(super) fn blank_prefix(head: &[u8]) -> usize {
    let mut text = head;
    loop {
        let trimmed = text.trim_ascii_start();
        let trimmed = trimmed.strip_prefix(BYTE_ORDER_MARK).unwrap_or(trimmed);
        if trimmed.len() == text.len() {
            return head.len() - text.len();
        }
        text = trimmed;
    }
}

/// Returns `true` if more bytes are needed to decide: there are none, or they may be a partial byte
/// order mark.
pub(super) fn is_undecided(text: &[u8]) -> bool {
    BYTE_ORDER_MARK.starts_with(text)
}

pub(super) fn joined(head: &Bytes, next: Bytes) -> Bytes {
    if head.is_empty() {
        return next;
    }
    let mut joined = BytesMut::from(&**head);
    joined.extend_from_slice(&next);
    joined.freeze()
}
