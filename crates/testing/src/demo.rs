//! A small substitute for a model, for examples that run without an API key and without a network.
//!
//! [`provider`] starts a server whose model, [`MODEL`], thinks, calls tools and replies at the pace
//! of a human typist. It is a small program with limited understanding, and its first answer
//! mentions that. Equal requests get equal answers. Usage counts words as tokens.
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
//! It supports the Chat Completions API, the Responses API with reasoning summaries, Anthropic's Messages
//! API with signed thinking if the request enables it, and Google's generateContent API with thoughts and
//! their signatures.
//!
//! - **Memory.** It answers from the conversation: "My name is Ada" and later "What is my name?";
//!   "How many questions have I asked?"; "What did I say first?".
//! - **Tools.** It calls a tool if the prompt clearly asks for its function and contains values for
//!   the required arguments: one call per name in the prompt ("the weather in Zurich and Geneva"
//!   results in two parallel calls). A tool with side effects (delete, refund, send, pay, write,
//!   ...) is called only if the prompt requests it by its full name. After tool results, a sentence
//!   reports them.
//! - **Structured output.** With a JSON schema as response format, it answers with a value of that
//!   schema, filled with the names and numbers of the prompt, and with null if the schema allows it
//!   and the prompt has no value.
//! - **Images.** It reports how many there are, and that it cannot see them.

mod answer;
mod arguments;
mod gemini;
mod memory;
mod messages;
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

/// Name of the demo model.
pub const MODEL: &str = "demo";

/// Default delay before each delta.
pub const PACE: Duration = Duration::from_millis(15);

/// Starts the demo provider with the default pace, [`PACE`].
///
/// # Errors
///
/// If the port cannot be opened.
pub async fn provider() -> io::Result<ProviderServer> {
    provider_with_pace(PACE).await
}

/// Starts the demo provider with this delay before each delta; zero is as fast as possible.
///
/// # Errors
///
/// If the port cannot be opened.
pub async fn provider_with_pace(pace: Duration) -> io::Result<ProviderServer> {
    let server = ProviderServer::start().await?;
    server.models([MODEL]);
    server.respond_with(move |request| reply(request).pace(pace));
    Ok(server)
}

/// Returns the demo model's reply to a request of one of these APIs, without delays: for servers that
/// behave like it except where a test differs.
pub fn reply(request: &ReceivedRequest) -> Reply {
    let json = request.json();
    if request.path().ends_with("/messages") {
        let thinks = messages::thinks(json);
        return answer::to(&messages::as_chat(json)).messages(thinks).into();
    }
    if request.path().ends_with("/responses") {
        let answer = answer::to(&responses::as_chat(json));
        return answer.responses(responses::sealed(json)).into();
    }
    if request.path().ends_with("enerateContent") {
        return answer::to(&gemini::as_chat(json)).gemini().into();
    }
    answer::to(json).chat().into()
}
