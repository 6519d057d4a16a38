//! Standard base64 with padding (RFC 4648, section 4), encoding only.
//!
//! Implemented here because a crate for it would be one of the few dependencies of this crate.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub(super) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk
            .iter()
            .chain([&0, &0])
            .take(3)
            .fold(0u32, |group, byte| (group << 8) | u32::from(*byte));
        for position in 0..4 {
            if position <= chunk.len() {
                let sextet = (group >> (18 - 6 * position)) & 63;
                let letter = ALPHABET.get(sextet as usize).copied().unwrap_or(b'=');
                text.push(char::from(letter));
            } else {
                text.push('=');
            }
        }
    }
    text
}
