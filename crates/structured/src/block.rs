//! The description of a block for extractors, and the ways in which a block can be malformed.

use std::{error::Error, fmt, sync::Arc};

use super::Tag;
use geppetto_events::{Correlation, EventMeta};

/// The size up to which a block's body is captured by default, in bytes: 1 MiB.
pub const DEFAULT_MAX_BLOCK_BYTES: usize = 1024 * 1024;

/// A block that was found in a text.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct BlockInfo {
    /// What it is.
    pub tag: Tag,
    /// The block's name, unique among all blocks of its segment: the segment's id, `:`, `number`.
    pub id: String,
    /// The block's number among those of the segment that extractors took, from 1.
    pub number: u64,
    /// Where in the segment's clean text the block was cut out, in bytes.
    pub offset: u64,
    /// What is known about the inference, from the event in which the opening tag ended.
    pub meta: Arc<EventMeta>,
    /// What the text belongs to, from the same event.
    pub correlation: Arc<Correlation>,
}

/// Why a block is not whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Malformed {
    /// The text ended before the closing tag.
    Unclosed,
    /// The body is larger than the limit, which is given here in bytes.
    TooLarge {
        /// The limit.
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

/// What to do with a malformed block. Its extractor is notified in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum MalformedPolicy {
    /// An `error` event is published; the block is left out of the clean text.
    #[default]
    ErrorEvents,
    /// The block is put back into the clean text unchanged, tags included, and not scanned again.
    Reconstruct,
    /// The block is left out of the clean text.
    Ignore,
}
