//! A small stand-in for a model, so that examples run without a key and without a network.
//!
//! [`provider`] starts a server whose model, [`MODEL`], thinks aloud, calls tools and answers at
//! the pace of a human typist. It understands nothing: it picks tools whose names share a word with
//! the prompt, fills their arguments from names, quotations and numbers in the prompt, and sums up
//! what the tools returned. The same request always gets the same answer. Usage counts words as
//! tokens.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let provider = geppetto_testing::demo::provider().await?;
//! println!("a model that needs no key: {}", provider.base_url());
//! # Ok(())
//! # }
//! ```
//!
//! It speaks the chat API and the Responses API, there with its thoughts as a summary.
//!
//! - With tools and a prompt: some reasoning, then one call per suitable tool and per thing that
//!   the prompt names ("the weather in Zurich and Geneva" makes two parallel calls).
//! - After tool results: a sentence that quotes them.
//! - Without (suitable) tools: some reasoning and a friendly answer that quotes the prompt.
//! - With a JSON schema as response format: a JSON value of that schema.

mod answer;
mod arguments;
mod prompt;
mod responses;
mod tools;

#[cfg(test)]
mod tests;

use std::{io, time::Duration};

use crate::{
    reply::Reply,
    server::{ProviderServer, ReceivedRequest},
};

/// The name of the demo model.
pub const MODEL: &str = "demo";

/// The wait before each delta, unless set otherwise.
pub const PACE: Duration = Duration::from_millis(15);

/// Starts the demo provider with its usual pace, [`PACE`].
///
/// # Errors
///
/// When the port cannot be opened.
pub async fn provider() -> io::Result<ProviderServer> {
    provider_with_pace(PACE).await
}

/// Starts the demo provider with this wait before each delta; zero is as fast as possible.
///
/// # Errors
///
/// When the port cannot be opened.
pub async fn provider_with_pace(pace: Duration) -> io::Result<ProviderServer> {
    let server = ProviderServer::start().await?;
    server.models([MODEL]);
    server.respond_with(move |request| reply(request).pace(pace));
    Ok(server)
}

/// What the demo model answers to a request of the chat or the Responses API, without any pace: for
/// servers that behave like it except where a test wants otherwise.
pub fn reply(request: &ReceivedRequest) -> Reply {
    let json = request.json();
    if request.path().ends_with("/responses") {
        let answer = answer::to(&responses::as_chat(json));
        return answer.responses(responses::sealed(json)).into();
    }
    answer::to(json).chat().into()
}
