//! Block metadata passed to extractors, and the ways in which a block can be malformed.

use std::{error::Error, fmt, sync::Arc};

use super::Tag;
use geppetto_events::{Correlation, EventMeta};

/// Default limit on the body of a block, in bytes: 1 MiB.
pub const DEFAULT_MAX_BLOCK_BYTES: usize = 1024 * 1024;

/// Metadata of a block found in a text.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct BlockInfo {
    /// Tag of the block.
    pub tag: Tag,
    /// Block id, unique within the segment: the segment id, `:`, and `number`.
    pub id: String,
    /// Number of the block among the extracted blocks of the segment, starting at 1.
    pub number: u64,
    /// Byte offset in the clean text of the segment at which the block was removed.
    pub offset: u64,
    /// Metadata of the inference, from the event that completed the opening tag.
    pub meta: Arc<EventMeta>,
    /// Correlation, from the same event.
    pub correlation: Arc<Correlation>,
}

/// Reason that a block is malformed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Malformed {
    /// The text ended before the closing tag.
    Unclosed,
    /// The body exceeds the limit.
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unclosed => f.write_str("the text ended before the closing tag"),
            Self::TooLarge { limit } => {
                write!(f, "the body is larger than the limit of {limit} bytes")
            }
        }
    }
}

impl Error for Malformed {}

/// Handling of a malformed block. Its extractor is notified in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum MalformedPolicy {
    /// Publishes an `error` event and removes the block from the clean text.
    #[default]
    ErrorEvents,
    /// Puts the block back into the clean text unchanged, tags included, without scanning it again.
    Reconstruct,
    /// Removes the block from the clean text.
    Ignore,
}
