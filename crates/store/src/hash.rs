//! [`BlockHash`] and [`EncodedBlock`]: content addresses of blocks.

use std::fmt;

use geppetto_turns::Block;

use crate::{Error, stored_json};

mod sha256;

pub(crate) use sha256::digest;

#[cfg(test)]
mod tests;

/// SHA-256 of a block's JSON, by which a store finds equal blocks.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlockHash([u8; 32]);

impl BlockHash {
    /// Returns the hash of a block's JSON.
    #[must_use]
    pub fn of_json(json: &str) -> Self {
        Self::of_bytes(json.as_bytes())
    }

    /// Returns the SHA-256 of any bytes. For implementations of stores.
    #[must_use]
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(digest(bytes))
    }

    /// Returns the bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for BlockHash {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for BlockHash {
    /// Writes the hash in hexadecimal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for BlockHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlockHash({self})")
    }
}

/// A block as JSON, with its hash. For implementations of stores.
///
/// The hash is of the JSON as stored, so that it can be verified. The order of keys follows
/// `serde_json`: a program that enables its feature `preserve_order` may store equal blocks twice.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EncodedBlock {
    /// Hash of the JSON.
    pub hash: BlockHash,
    /// The block in geppetto's format ([`stored_json`]).
    pub json: String,
}

impl EncodedBlock {
    /// Encodes a block. Takes time linear in its size, a few milliseconds per MiB.
    ///
    /// # Errors
    ///
    /// Propagates serializer errors; a block causes none.
    pub fn new(block: &Block) -> Result<Self, Error> {
        let json = stored_json(block)?;
        Ok(Self {
            hash: BlockHash::of_json(&json),
            json,
        })
    }
}
