//! [`Mark`]: the byte order mark at the beginning of a stream.

use bytes::{Buf as _, Bytes};

const MARK: &[u8] = b"\xef\xbb\xbf";

/// Removes one byte order mark from the beginning of a stream, for any chunk boundaries.
#[derive(Debug, Default)]
pub(super) struct Mark {
    /// Number of bytes of the mark read so far.
    seen: usize,
    passed: bool,
}

impl Mark {
    /// Reads the beginning of `chunk`. Returns the bytes held back that turned out to be text
    /// rather than a mark; they precede the rest of `chunk`.
    pub(super) fn step(&mut self, chunk: &mut Bytes) -> Bytes {
        while !self.passed {
            let left = MARK.get(self.seen..).unwrap_or_default();
            match (left.first(), chunk.first()) {
                (Some(expected), Some(byte)) if expected == byte => {
                    self.seen += 1;
                    chunk.advance(1);
                }
                (Some(_), None) => break,
                (Some(_), Some(_)) => {
                    self.passed = true;
                    return Bytes::from_static(MARK.get(..self.seen).unwrap_or_default());
                }
                (None, _) => self.passed = true,
            }
        }
        Bytes::new()
    }

    /// Returns `true` if part of a mark was read, and what follows is not known.
    pub(super) fn is_cut(&self) -> bool {
        !self.passed && (1..MARK.len()).contains(&self.seen)
    }
}
