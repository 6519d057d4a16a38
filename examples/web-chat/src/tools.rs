//! Tools of the chat.

use std::time::Duration;

use async_trait::async_trait;
use geppetto_engine::{InferenceConfig, RunContext};
use geppetto_toolloop::{RegistryError, Rejection, Tool, ToolExecutor, ToolRegistry, tool_fn};
use geppetto_turns::ToolCall;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Arguments of `find_train`.
#[derive(Debug, Deserialize, JsonSchema)]
struct FindTrain {
    /// Where the train goes, such as Bern.
    #[schemars(length(max = 60))]
    destination: String,
}

#[derive(Debug, Serialize)]
struct Train {
    departs: &'static str,
    minutes: u32,
    destination: String,
}

async fn find_train(args: FindTrain) -> Train {
    tokio::time::sleep(Duration::from_millis(800)).await;
    let (departs, minutes) = match args.destination.to_lowercase().as_str() {
        "bern" => ("10:02", 56),
        _ => ("10:32", 167),
    };
    Train {
        departs,
        minutes,
        destination: args.destination,
    }
}

/// Arguments of `send_mail`.
#[derive(Debug, Deserialize, JsonSchema)]
struct SendMail {
    /// The address, such as ann@example.com.
    #[schemars(length(max = 200))]
    to: String,
}

/// Pretends to send a mail.
async fn send_mail(mail: SendMail) -> String {
    format!("sent to {}", mail.to)
}

pub(crate) fn registry() -> Result<ToolRegistry, RegistryError> {
    let train = tool_fn(
        "find_train",
        "The next train from Zurich to a city",
        find_train,
    );
    let mail = tool_fn("send_mail", "Sends a mail to an address", send_mail);
    ToolRegistry::new().with(train)?.with(mail)
}

/// Asks a person before a mail is sent.
pub(crate) struct Ask;

#[async_trait]
impl ToolExecutor for Ask {
    async fn is_allowed(
        &self,
        _: &RunContext,
        call: &ToolCall,
        _: &dyn Tool,
    ) -> Result<(), Rejection> {
        match call.name.as_str() {
            "send_mail" => Err(Rejection::wait("May I send this mail?")),
            _ => Ok(()),
        }
    }
}

/// Settings of short answers.
pub(crate) fn brief() -> InferenceConfig {
    let mut config = InferenceConfig::default();
    config.max_response_tokens = Some(300);
    config
}
