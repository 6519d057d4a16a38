//! A small stand-in for a model, so that examples run without a key and without a network.
//!
//! [`provider`] starts a server whose model, [`MODEL`], thinks, calls tools and answers at the pace of
//! a human typist. It is a small program that understands little, and its first answer says so. The
//! same request always gets the same answer. Usage counts words as tokens.
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
//! - **Memory.** It answers from the conversation: "My name is Ada" and later "What is my name?"; "How
//!   many questions have I asked?"; "What did I say first?".
//! - **Tools.** It calls a tool if the prompt clearly asks for what the tool does, and has values for
//!   the arguments that the tool requires: one call for each thing that the prompt names ("the weather in
//!   Zurich and Geneva" makes two parallel calls). A tool that changes something (delete, refund, send,
//!   pay, write, ...) is called only if the prompt says to use it by its full name. After tool results, a
//!   sentence reports them.
//! - **Structured output.** With a JSON schema as response format, it answers with a value of that schema,
//!   filled from the names and numbers of the prompt, with null where the schema allows it and the prompt
//!   has nothing.
//! - **Images.** It says how many there are, and that it cannot look at them.

mod answer;
mod arguments;
mod memory;
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
