//! [`ToolExecutor`]: hooks of an application around each tool call.

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

/// Hooks of each tool call, called in this order: [`pre_execute`](Self::pre_execute), lookup,
/// [`is_allowed`](Self::is_allowed), [`mask_arguments`](Self::mask_arguments) and
/// [`publish_start`](Self::publish_start), attempts with [`should_retry`](Self::should_retry),
/// [`publish_result`](Self::publish_result).
///
/// Every hook has a default; [`DefaultExecutor`] uses all of them. Hooks cannot change these
/// guarantees: every call is answered once, its events are in their legal order, limits hold, and
/// no tool starts after a cancellation. A hook that panics ends the run, and so does a hook that
/// cancels the context it receives; the reason is kept ([`RunContext::cancel_because`],
/// [`Rejection::ending_run`]).
///
/// # Asking a person
///
/// `pre_execute` and `is_allowed` can ask a person in two ways:
///
/// - They return [`Rejection::wait`]: the run ends, and a later run, possibly in another process,
///   continues with the person's decision. The hooks are then called again. If the person decided,
///   the [`Decision`](geppetto_engine::Decision) is an extension of their context, a call with
///   changed arguments has those, and another request to wait is ignored; a rejection still
///   applies. If nobody decided, the result of the hooks applies.
/// - They await the answer themselves. A call whose hooks wait does not occupy a slot of
///   [`max_parallel`](Self::max_parallel), the wait does not count towards the tool's timeout, and
///   later calls run in the meantime. At most 256 calls of a reply wait at once. A wait inside
///   [`RunContext::off_the_clock`] does not count towards the time limit of the run.
#[async_trait]
pub trait ToolExecutor: Send + Sync {
    /// Called first for every tool call, before lookup and validation. Returns the arguments to
    /// continue with: the call's own, or replacements. The history keeps the arguments written by
    /// the model.
    ///
    /// # Errors
    ///
    /// If the call is rejected; the model receives the reason.
    async fn pre_execute(&self, _ctx: &RunContext, call: &ToolCall) -> Result<Args, Rejection> {
        Ok(call.args.clone())
    }

    /// Called after lookup and validation; decides if the call is permitted. Permits every call by
    /// default.
    ///
    /// # Errors
    ///
    /// If the call is not permitted; the model receives the reason.
    async fn is_allowed(
        &self,
        _ctx: &RunContext,
        _call: &ToolCall,
        _tool: &dyn Tool,
    ) -> Result<(), Rejection> {
        Ok(())
    }

    /// Returns the arguments as shown in events. By default, the tool's secret arguments are
    /// replaced by [`MASK`]. `tool` is `None` if no tool has the call's name.
    fn mask_arguments(&self, call: &ToolCall, tool: Option<&dyn Tool>) -> String {
        mask_arguments(&call.args, tool.map_or(&[], Tool::secret_args))
    }

    /// Called with the start event of a tool before it is published. May change the event's input
    /// and publish further events.
    fn publish_start(&self, _ctx: &RunContext, _event: &mut ToolExecutionStarted) {}

    /// Called with the event of a tool's result before it is published. May change the result in
    /// the event and publish further events; the answer for the model does not change.
    fn publish_result(&self, _ctx: &RunContext, _event: &mut ToolResultReady) {}

    /// Called after each failed attempt. Returns the delay before the next attempt, or `None` to
    /// give up.
    ///
    /// By default, calls are retried if the configuration is set to
    /// [`Retry`](ToolErrorHandling::Retry), within the limits and delays of its
    /// [`RetryConfig`](geppetto_engine::RetryConfig), and only if a retry is
    /// [safe](ToolFailure::may_be_repeated).
    fn should_retry(&self, attempt: &FailedToolAttempt<'_>) -> Option<Duration> {
        let retry = &attempt.config.retry_config;
        let wanted = attempt.config.tool_error_handling == ToolErrorHandling::Retry
            && attempt.attempt <= retry.max_retries
            && attempt.failure.may_be_repeated(attempt.traits.idempotent);
        wanted.then(|| retry.delay(attempt.attempt.saturating_sub(1)))
    }

    /// Returns the maximum number of tools that run concurrently; 0 counts as 1. Defaults to the
    /// value in the configuration.
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

/// Executor with the default hooks.
#[derive(Debug, Clone, Copy, Default)]
pub struct DefaultExecutor;

impl ToolExecutor for DefaultExecutor {}

/// A hook's refusal to run a call, either for good or until a person decides, and the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rejection {
    /// Reason, for the model.
    pub reason: String,
    /// `true` if the rejection ends the run.
    pub ends_run: bool,
    /// `true` if the call waits for a person; `reason` is the question.
    pub waits: bool,
}

impl Rejection {
    /// Creates a rejection with a reason.
    pub fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            ends_run: false,
            waits: false,
        }
    }

    /// Lets the call wait for a person, who is asked `question`. The call stays unanswered: the
    /// other calls of the reply run, and then the run ends with
    /// [`RunStop::Waiting`](geppetto_engine::RunStop::Waiting), so that nothing has to stay in
    /// memory. A later run continues with the person's [decision](geppetto_engine::Decision);
    /// `Session::answer` starts it.
    ///
    /// The person sees the arguments as they would be used: those of the model if `pre_execute`
    /// waits, those returned by `pre_execute` if `is_allowed` waits. A call with an unknown tool or
    /// invalid arguments does not wait: it is answered as usual.
    pub fn wait(question: impl Into<String>) -> Self {
        Self {
            waits: true,
            ..Self::new(question)
        }
    }

    /// Returns `true` if the call waits. A rejection that ends the run does not wait.
    pub(crate) fn is_wait(&self) -> bool {
        self.waits && !self.ends_run
    }

    /// Also ends the run, which is cancelled with this reason ([`RunContext::cancel_because`]). The
    /// model is not called again, and calls that have not run are answered as not run.
    #[must_use]
    pub fn ending_run(mut self) -> Self {
        self.ends_run = true;
        self
    }
}

/// A failed attempt at a tool call.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct FailedToolAttempt<'a> {
    /// The call.
    pub call: &'a ToolCall,
    /// Cause of the failure.
    pub failure: &'a ToolFailure,
    /// Number of the attempt, starting at 1.
    pub attempt: u32,
    /// Options of the tool.
    pub traits: ToolTraits,
    /// Tool configuration of the run.
    pub config: &'a ToolConfig,
}
