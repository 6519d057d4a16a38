//! Tool calls that wait for a person, and the answers.

use geppetto_engine::{Decision, PendingCall};

use super::Session;
use crate::Prompt;

impl Session {
    /// Returns the tool calls of the latest turn that wait for a person's decision, even if the
    /// session was restored from stored turns. Empty while an inference is running.
    ///
    /// They wait until they are [answered](Self::answer). A new prompt answers them as not run.
    #[must_use]
    pub fn waits(&self) -> Vec<PendingCall> {
        let latest = {
            let state = self.lock();
            let running = state.active.as_ref().is_some_and(|run| !run.is_ending());
            state.history.latest().filter(|_| !running).cloned()
        };
        latest.as_ref().map_or_else(Vec::new, PendingCall::of)
    }

    /// Returns a run on the latest turn that continues with decisions about the
    /// [waiting](Self::waits) calls, by call id. Nothing happens until it is
    /// [submitted](Prompt::submit), which is possible in another process than the one that asked.
    ///
    /// An allowed call runs once, with its original id and idempotency key, if its tool exists, its
    /// arguments are valid and no hook rejects it. The hooks of calls without a decision are called
    /// again, because they may know the answer by now. If calls are still waiting afterwards, the
    /// run ends waiting again, before the model is called; otherwise the model receives the
    /// answers. The settings of the first run, such as its model, apply again; settings given here
    /// take precedence.
    ///
    /// Submitting fails, with nothing changed, with
    /// [`SessionError::AlreadyAnswered`](crate::SessionError::AlreadyAnswered) for a call that is
    /// already answered, [`SessionError::NotWaiting`](crate::SessionError::NotWaiting) for a call
    /// that is not waiting, [`SessionError::DecidedTwice`](crate::SessionError::DecidedTwice), and
    /// [`SessionError::NothingWaits`](crate::SessionError::NothingWaits) without decisions and
    /// waiting calls.
    ///
    /// ```
    /// # use async_trait::async_trait;
    /// # use geppetto_engine::RunContext;
    /// # use geppetto_enginebuilder::Builder;
    /// # use geppetto_testing::{Script, ScriptedEngine};
    /// # use geppetto_toolloop::{Rejection, Tool, ToolExecutor, ToolRegistry, raw_tool_fn};
    /// # use geppetto_turns::ToolCall;
    /// use geppetto_engine::Decision;
    /// use geppetto_session::Session;
    ///
    /// /// Asks before each call.
    /// struct Ask;
    ///
    /// #[async_trait]
    /// impl ToolExecutor for Ask {
    ///     async fn is_allowed(
    ///         &self,
    ///         _: &RunContext,
    ///         _: &ToolCall,
    ///         _: &dyn Tool,
    ///     ) -> Result<(), Rejection> {
    ///         Err(Rejection::wait("May I send this mail?"))
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let send = raw_tool_fn("send", "Sends", serde_json::json!({"type": "object"}),
    /// #     |_: serde_json::Value| async { "sent" });
    /// # let tools = ToolRegistry::new().with(send)?;
    /// # let engine = ScriptedEngine::new([
    /// #     Script::new().tool_call("call_1", "send", r#"{"to": "ann"}"#),
    /// #     Script::new().text("I have sent it."),
    /// # ]);
    /// let session = Session::new(Builder::new(engine).tools(tools).tool_executor(Ask));
    /// let stopped = session.submit("Write to Ann").await?.wait().await.expect_err("it waits");
    /// assert!(stopped.is_waiting());
    ///
    /// let waits = session.waits();
    /// assert_eq!(waits[0].question, "May I send this mail?");
    /// let run = session.answer([(&*waits[0].call_id, Decision::Allow)]).submit().await?;
    /// assert_eq!(run.wait().await?.assistant_text(), "I have sent it.");
    /// # Ok(())
    /// # }
    /// ```
    pub fn answer<I: Into<String>>(
        &self,
        decisions: impl IntoIterator<Item = (I, Decision)>,
    ) -> Prompt {
        let decisions = decisions.into_iter();
        let decisions = decisions.map(|(call_id, decision)| (call_id.into(), decision));
        self.inference().decisions(decisions.collect())
    }
}
