//! A chat without a terminal: prompts from standard input, answers to standard output.

use crate::{Chat, Error, environment::Environment};

pub(crate) async fn run(chat: Chat, _: &Environment) -> Result<String, Error> {
    Ok(chat.backend().id().to_owned())
}
