//! An application that is easy to test: a help desk that answers questions about orders. It accepts
//! any engine, so a test can pass a scripted one, and it does not depend on a provider.
//!
//! ```
//! use geppetto_testing::{Script, ScriptedEngine};
//! use testing_your_app::HelpDesk;
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! let desk = HelpDesk::new(ScriptedEngine::always(Script::new().text("On its way.")))?;
//! assert_eq!(desk.ask("Where is order 7?").await, "On its way.");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! Expected output of the program: the block in this example's README.md, which a test compares.

use std::time::Duration;

use geppetto_engine::{Engine, RunStatus, middleware::SystemPrompt};
use geppetto_enginebuilder::Builder;
use geppetto_session::Session;
use geppetto_toolloop::{RegistryError, ToolError, ToolRegistry, tool_fn};
use schemars::JsonSchema;
use serde::Deserialize;

/// How long a customer waits.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// The answer if none can be given.
pub const SORRY: &str = "Sorry, nobody can answer just now. Please ask again later.";

/// Arguments of `order_status`.
#[derive(Debug, Deserialize, JsonSchema)]
struct OrderStatus {
    /// The order's number.
    order: u32,
}

async fn order_status(args: OrderStatus) -> Result<&'static str, ToolError> {
    match args.order {
        7 => Ok("shipped on Monday"),
        8 => Ok("waits for payment"),
        _ => Err(ToolError::new(
            "there is no such order; ask for its number again",
        )),
    }
}

/// Answers the questions of one customer.
#[derive(Debug)]
pub struct HelpDesk {
    session: Session,
}

impl HelpDesk {
    /// Creates a desk whose answers come from `engine`.
    ///
    /// # Errors
    ///
    /// If a tool cannot be registered.
    pub fn new(engine: impl Engine + 'static) -> Result<Self, RegistryError> {
        let status = tool_fn("order_status", "Where an order is", order_status);
        let builder = Builder::new(engine)
            .middleware(SystemPrompt::new("You answer questions about orders."))
            .tools(ToolRegistry::new().with(status)?)
            .max_duration(PATIENCE);
        Ok(Self {
            session: Session::new(builder),
        })
    }

    /// Returns the answer to a question, or [`SORRY`] if there is none.
    pub async fn ask(&self, question: &str) -> String {
        let Ok(run) = self.session.submit(question).await else {
            return SORRY.to_owned();
        };
        let outcome = run.outcome().await;
        match &outcome.status {
            RunStatus::Finished => outcome.turn.assistant_text(),
            _ => SORRY.to_owned(),
        }
    }

    /// Returns the session, for an observer of the conversation.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }
}
