//! Splits an input into chunks. The input itself determines the boundaries, so a finding is
//! reproducible from its file alone.

use bytes::Bytes;

/// The input in chunks of 0 to 24 bytes.
pub fn small(data: &[u8]) -> Vec<Bytes> {
    let mut state = hash(data);
    let mut rest = data;
    let mut chunks = Vec::new();
    while !rest.is_empty() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let size = usize::try_from(state % 25).unwrap_or_default();
        let (chunk, after) = rest.split_at(size.min(rest.len()));
        chunks.push(Bytes::copy_from_slice(chunk));
        rest = after;
    }
    chunks
}

/// The input byte by byte.
pub fn bytes(data: &[u8]) -> Vec<Bytes> {
    data.chunks(1).map(Bytes::copy_from_slice).collect()
}

/// The input as one chunk.
pub fn whole(data: &[u8]) -> Vec<Bytes> {
    vec![Bytes::copy_from_slice(data)]
}

/// FNV-1a, never 0.
fn hash(data: &[u8]) -> u64 {
    let hash = data.iter().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash | 1
}
