//! Tolerant readers that accept any JSON type for a field of a reply.
//!
//! | | |
//! |---|---|
//! | [`Text`], [`Number`] | a field that should be a text or a number |
//! | [`Fill`], [`wire_object!`](crate::wire_object) | objects that are read into their place, at the cost of what they hold |
//! | [`Few`] | a list of nearly always one value |
//! | [`Counts`] | a usage object |
//! | [`raw_value`], [`string`] | a raw value, mended where it must be |
//! | [`Word`] | a word that is repeated in each frame |
//! | [`StreamedArgs`] | the arguments of a tool call, in pieces |
//! | [`Repeat`] | events that equal the previous one except for their text, which need no parsing |
//! | [`Half`] | halves of characters, where text does not go to [`Output`](crate::Output) |
//! | [`is_reported`], [`is_error_alone`] | errors inside a reply |

mod counts;
mod few;
mod fill;
pub mod halves;
pub(crate) mod mend;
mod object;
mod python;
mod repeat;
mod streamed_args;
mod text;
mod word;

pub use crate::harness::{
    errors::{is_base_resp, is_error_alone, is_reported},
    feed::is_heartbeat,
};
pub use counts::Counts;
pub use few::Few;
pub use fill::{Beside, Fields, Fill, ObjectVisitor, Place, parse, parse_into, room};
pub use halves::Half;
pub use mend::raw_value;
pub(crate) use object::is_object;
pub use repeat::{Repeat, Repeated};
pub use streamed_args::StreamedArgs;
pub use text::{Number, Text, string};
pub use word::Word;

/// Maximum number of tool calls, of items, and of entries of a list in one reply. Models call a few
/// tools at once; OpenAI accepts at most 128 in a request.
pub const MAX_ENTRIES: usize = 10_000;

/// Returns the error of a value that must be an object and is not.
#[must_use]
pub fn no_object() -> serde_json::Error {
    serde::de::Error::custom("expected an object")
}
