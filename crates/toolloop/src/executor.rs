//! [`ToolExecutor`]: what an application may decide about each tool call.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use geppetto_engine::{RunContext, ToolConfig, ToolErrorHandling};
use geppetto_events::kind::{ToolExecutionStarted, ToolResultReady};
use geppetto_turns::{Args, ToolCall};

use crate::{Tool, ToolFailure, ToolTraits};

mod mask;

#[cfg(test)]
mod tests;

pub use mask::MASK;
pub(crate) use mask::{arguments as mask_arguments, hide};

/// The hooks of each tool call, in this order: [`pre_execute`](Self::pre_execute), lookup,
/// [`is_allowed`](Self::is_allowed), [`mask_arguments`](Self::mask_arguments) and
/// [`publish_start`](Self::publish_start), attempts with [`should_retry`](Self::should_retry),
/// [`publish_result`](Self::publish_result).
///
/// Every hook has a default; [`DefaultExecutor`] is those. What no hook can change is that every
/// call is answered once, with its events in their legal order, that limits hold, and that no tool
/// starts after a cancel. A hook that panics ends the run, and so does one that cancels the context
/// that it is given; the reason is kept ([`RunContext::cancel_because`],
/// [`Rejection::ending_run`]).
///
/// # People
///
/// `pre_execute` and `is_allowed` can ask a person in two ways:
///
/// - They return [`Rejection::wait`]: the run ends, and a later one goes on with the person's
///   decision, also in another process. Then the hooks are asked again. If the person decided, their
///   context has the [`Decision`](geppetto_engine::Decision) as an extension, a call with other
///   arguments has those, and a hook that still wants to wait is not obeyed; one that rejects the call
///   is. If nobody decided, what the hooks say counts.
/// - They wait themselves. A call whose hooks wait takes no place of
///   [`max_parallel`](Self::max_parallel), its wait does not count in the tool's timeout, and calls
///   after it run meanwhile. At most 256 calls of a reply wait at once. The wait does not count in the
///   run's time limit if it is awaited in [`RunContext::off_the_clock`].
#[async_trait]
pub trait ToolExecutor: Send + Sync {
    /// Called first for every tool call, before lookup and validation. Returns the arguments to
    /// continue with: the call's own, or others. The history keeps those that the model wrote.
    ///
    /// # Errors
    ///
    /// When the call is rejected; the model gets the reason.
    async fn pre_execute(&self, _ctx: &RunContext, call: &ToolCall) -> Result<Args, Rejection> {
        Ok(call.args.clone())
    }

    /// Decides if a call is permitted. All calls are by default.
    ///
    /// # Errors
    ///
    /// When it may not; the model gets the reason.
    async fn is_allowed(
        &self,
        _ctx: &RunContext,
        _call: &ToolCall,
        _tool: &dyn Tool,
    ) -> Result<(), Rejection> {
        Ok(())
    }

    /// The arguments as events show them. By default, what the tool names as secret is replaced
    /// by [`MASK`]; `tool` is absent where no tool has the call's name.
    fn mask_arguments(&self, call: &ToolCall, tool: Option<&dyn Tool>) -> String {
        mask_arguments(&call.args, tool.map_or(&[], Tool::secret_args))
    }

    /// Sees the event that says that a tool starts, before it is published. May change its input,
    /// and publish events of its own.
    fn publish_start(&self, _ctx: &RunContext, _event: &mut ToolExecutionStarted) {}

    /// Called with the event of a tool's result before it is published. May change the result in
    /// the event, and publish events of its own; the answer for the model does not change.
    fn publish_result(&self, _ctx: &RunContext, _event: &mut ToolResultReady) {}

    /// How long to wait before a failed call is tried again; `None` when it is not.
    ///
    /// By default calls are tried again where the configuration says
    /// [`Retry`](ToolErrorHandling::Retry), as often and after as long as its
    /// [`RetryConfig`](geppetto_engine::RetryConfig) says, and only where that is
    /// [safe](ToolFailure::may_be_repeated).
    fn should_retry(&self, attempt: &FailedToolAttempt<'_>) -> Option<Duration> {
        let retry = &attempt.config.retry_config;
        let wanted = attempt.config.tool_error_handling == ToolErrorHandling::Retry
            && attempt.attempt <= retry.max_retries
            && attempt.failure.may_be_repeated(attempt.traits.idempotent);
        wanted.then(|| retry.delay(attempt.attempt.saturating_sub(1)))
    }

    /// How many tools may run at once; 0 counts as 1. What the configuration says by default.
    fn max_parallel(&self, config: &ToolConfig) -> usize {
        usize::try_from(config.max_parallel_tools).unwrap_or(usize::MAX)
    }
}

#[async_trait]
impl<E: ToolExecutor + ?Sized> ToolExecutor for Arc<E> {
    async fn pre_execute(&self, ctx: &RunContext, call: &ToolCall) -> Result<Args, Rejection> {
        (**self).pre_execute(ctx, call).await
    }

    async fn is_allowed(
        &self,
        ctx: &RunContext,
        call: &ToolCall,
        tool: &dyn Tool,
    ) -> Result<(), Rejection> {
        (**self).is_allowed(ctx, call, tool).await
    }

    fn mask_arguments(&self, call: &ToolCall, tool: Option<&dyn Tool>) -> String {
        (**self).mask_arguments(call, tool)
    }

    fn publish_start(&self, ctx: &RunContext, event: &mut ToolExecutionStarted) {
        (**self).publish_start(ctx, event);
    }

    fn publish_result(&self, ctx: &RunContext, event: &mut ToolResultReady) {
        (**self).publish_result(ctx, event);
    }

    fn should_retry(&self, attempt: &FailedToolAttempt<'_>) -> Option<Duration> {
        (**self).should_retry(attempt)
    }

    fn max_parallel(&self, config: &ToolConfig) -> usize {
        (**self).max_parallel(config)
    }
}

/// The executor that changes nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct DefaultExecutor;

impl ToolExecutor for DefaultExecutor {}

/// A call that a hook does not let through, now or at all, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rejection {
    /// Why, for the model.
    pub reason: String,
    /// `true` if the rejection ends the run.
    pub ends_run: bool,
    /// `true` if the call waits for a person; `reason` is the question.
    pub waits: bool,
}

impl Rejection {
    /// A rejection for `reason`.
    pub fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            ends_run: false,
            waits: false,
        }
    }

    /// Lets the call wait for a person, who is asked `question`. It is not answered: the other calls
    /// of the reply run, and then the run ends with
    /// [`RunStop::Waiting`](geppetto_engine::RunStop::Waiting), so that nothing has to be kept in
    /// memory. A later run goes on with what the person [decided](geppetto_engine::Decision);
    /// `Session::answer` starts it.
    ///
    /// The person sees the arguments as they would be used: of `pre_execute` those that the model
    /// wrote, of `is_allowed` those that `pre_execute` returned. A call whose tool is unknown or
    /// whose arguments do not fit does not wait: it is answered as usual.
    pub fn wait(question: impl Into<String>) -> Self {
        Self {
            waits: true,
            ..Self::new(question)
        }
    }

    /// A rejection that ends the run does not wait.
    pub(crate) fn is_wait(&self) -> bool {
        self.waits && !self.ends_run
    }

    /// Ends the run, too: it is cancelled, with this reason
    /// ([`RunContext::cancel_because`]). The model is not asked again, and calls that have not
    /// run are answered as not run.
    #[must_use]
    pub fn ending_run(mut self) -> Self {
        self.ends_run = true;
        self
    }
}

/// An attempt at a tool call that failed.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct FailedToolAttempt<'a> {
    /// The call.
    pub call: &'a ToolCall,
    /// Why it failed.
    pub failure: &'a ToolFailure,
    /// Which attempt it was, from 1.
    pub attempt: u32,
    /// How the tool may be run.
    pub traits: ToolTraits,
    /// How tools are run.
    pub config: &'a ToolConfig,
}
