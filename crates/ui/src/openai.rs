//! The OpenAI API, as a server: Chat Completions and Responses.
//!
//! [`chat::ChatStream`] and [`responses::ResponseStream`] read the events of a run and write the
//! messages of a stream; [`chat::ChatBody`] and [`responses::ResponseStream::response`] are the
//! replies to requests that do not stream. They know the names of the client's own tools, and show
//! the calls of these; all other tools run on the server.

pub mod chat;
mod error;
pub mod responses;
mod usage;

#[cfg(test)]
mod tests;

pub use error::ApiError;
