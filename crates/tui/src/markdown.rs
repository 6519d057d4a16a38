//! Markdown as styled lines, of texts that are complete and of those that still arrive.

mod latex;
mod render;
mod resume;
mod stream;
pub(crate) mod tint;
pub(crate) mod wrap;

pub(crate) use stream::Stream;
