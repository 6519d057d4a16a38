//! One tool call, from the first hook to the answer.

use std::{sync::Arc, time::Duration};

use geppetto_engine::{
    EngineError, ErrorKind, Extensions, RunContext, ToolConfig, ToolErrorHandling,
};
use geppetto_turns::ToolCall;
use serde_json::Value;
use tokio::time::timeout;
use tracing::Instrument as _;

use super::slot::Slot;
use crate::{
    FailedAttempt, Tool, ToolContext, ToolExecutor, ToolFailure, ToolRegistry, ToolTraits,
    arguments,
    executor::hide,
    isolate::{self, Isolated},
    stop::{is_stopped, pause},
};

/// What all calls of one model output have in common.
pub(super) struct Env {
    /// Cancelled when the calls are to stop.
    pub(super) ctx: RunContext,
    pub(super) registry: ToolRegistry,
    pub(super) executor: Arc<dyn ToolExecutor>,
    pub(super) config: ToolConfig,
    /// Names the model output; with the call's id it names the call.
    pub(super) key: String,
}

/// A call that passed all hooks.
struct Ready<'a> {
    env: &'a Env,
    slot: &'a Slot,
    /// The call with the arguments that the hooks gave it.
    call: ToolCall,
    tool: Arc<dyn Tool>,
    traits: ToolTraits,
}

/// Runs a call. On return it is answered, or it is left to be answered as not run because the
/// calls are to stop. An error ends the run.
pub(super) async fn run_call(env: Arc<Env>, slot: Arc<Slot>) -> Result<(), EngineError> {
    let (env, slot) = (&*env, &*slot);
    let Some((call, verdict)) = admit(env, slot).await? else {
        return Ok(());
    };
    let executor = &*env.executor;
    let tool = env.registry.get(&call.name);
    let traits = env.registry.traits(&call.name).unwrap_or_default();
    let secret = tool.map_or(Ok(&[][..]), |tool| isolate::call(|| tool.secret_args()));
    let secret = secret.map_err(|message| isolate::panicked("a tool's `secret_args`", &message))?;
    slot.set_limits(&call.args, secret, traits.output_limit);
    let started = isolate::call(|| {
        let input = executor.mask_arguments(&call, tool.map(|tool| &**tool));
        slot.publish_start(executor, input);
    });
    started.map_err(|message| isolate::panicked("a hook that shows a tool's start", &message))?;
    let answered = match (verdict, tool) {
        (Err(refusal), _) => slot.answer(executor, Err(refusal)),
        (Ok(()), None) => slot.answer(executor, Err(unknown(env, &call.name))),
        (Ok(()), Some(tool)) => match arguments::parse(&tool.definition().parameters, &call.args) {
            Err(problem) => slot.answer(executor, Err(format!("the tool was not run: {problem}"))),
            Ok(args) => {
                let tool = Arc::clone(tool);
                let ready = Ready {
                    env,
                    slot,
                    call: call.clone(),
                    tool,
                    traits,
                };
                ready.run(args).await
            }
        },
    };
    let told = tell_journal(env, slot, &call).await;
    answered.and(told)
}

/// Asks the hooks. `None` when the calls are to stop.
async fn admit(
    env: &Env,
    slot: &Slot,
) -> Result<Option<(ToolCall, Result<(), String>)>, EngineError> {
    let (ctx, executor) = (&env.ctx, &*env.executor);
    let mut call = slot.call.clone();
    let asked = executor.pre_execute(ctx, &call);
    let prepared = isolate::wait("the hook `pre_execute`", asked).await?;
    let verdict = match prepared {
        Err(rejection) => Err(format!("rejected: {}", rejection.reason)),
        Ok(args) => {
            call.args = args;
            match env.registry.get(&call.name) {
                None => Ok(()),
                Some(tool) => {
                    let asked = executor.is_allowed(ctx, &call, &**tool);
                    let allowed = isolate::wait("the hook `is_allowed`", asked).await?;
                    allowed.map_err(|rejection| format!("not allowed: {}", rejection.reason))
                }
            }
        }
    };
    Ok((!is_stopped(ctx)).then_some((call, verdict)))
}

fn unknown(env: &Env, name: &str) -> String {
    let known: Vec<&str> = env.registry.names().collect();
    if known.is_empty() {
        return format!("unknown tool `{name}`; there are no tools");
    }
    format!("unknown tool `{name}`; there are: {}", known.join(", "))
}

async fn tell_journal(env: &Env, slot: &Slot, call: &ToolCall) -> Result<(), EngineError> {
    let (Some(journal), Some(answer)) = (env.ctx.journal(), slot.to_answer()) else {
        return Ok(());
    };
    let told = journal.after_tool(&env.ctx, call, &answer);
    isolate::journaled(told).await
}

impl Ready<'_> {
    async fn run(&self, args: Value) -> Result<(), EngineError> {
        let (ctx, executor) = (&self.env.ctx, &*self.env.executor);
        if let Some(journal) = ctx.journal() {
            isolate::journaled(journal.before_tool(ctx, &self.call)).await?;
        }
        let mut attempt = 1;
        while !is_stopped(ctx) {
            self.slot.run();
            let failure = match self.attempt(attempt, args.clone()).await {
                Ok(text) => return self.slot.answer(executor, Ok(text)),
                Err(failure) => failure,
            };
            let Some(delay) = self.delay(attempt, &failure)? else {
                return self.fail(&failure);
            };
            if !pause(ctx, delay).await {
                return self.fail(&failure);
            }
            attempt += 1;
        }
        Ok(())
    }

    /// How long to wait before the next attempt; `None` when there is none.
    fn delay(&self, attempt: u32, failure: &ToolFailure) -> Result<Option<Duration>, EngineError> {
        let failed = FailedAttempt {
            call: &self.call,
            failure,
            attempt,
            traits: self.traits,
            config: &self.env.config,
        };
        let asked = isolate::call(|| self.env.executor.should_retry(&failed));
        asked.map_err(|message| isolate::panicked("the hook `should_retry`", &message))
    }

    fn fail(&self, failure: &ToolFailure) -> Result<(), EngineError> {
        let executor = &*self.env.executor;
        if is_stopped(&self.env.ctx) {
            // Most likely the tool failed because it was told to stop.
            return self
                .slot
                .answer(executor, Err(format!("cancelled: {failure}")));
        }
        self.slot.answer(executor, Err(failure.to_string()))?;
        if self.env.config.tool_error_handling != ToolErrorHandling::Abort {
            return Ok(());
        }
        let what = hide(
            &failure.to_string(),
            &self.call.args,
            self.tool.secret_args(),
        );
        let message = format!("the tool `{}` failed: {what}", self.call.name);
        Err(EngineError::new(ErrorKind::Tool, message))
    }

    async fn attempt(&self, attempt: u32, args: Value) -> Result<String, ToolFailure> {
        let ctx = ToolContext {
            run: self.env.ctx.child(),
            call_id: self.call.id.clone(),
            tool_name: self.call.name.clone(),
            idempotency_key: format!("{}:{}", self.env.key, self.call.id),
            attempt,
            state: Extensions::default(),
        };
        let cancellation = ctx.run.cancellation().clone();
        let span = tracing::info_span!(
            "execute_tool",
            gen_ai.operation.name = "execute_tool",
            gen_ai.tool.name = self.call.name,
            gen_ai.tool.call.id = self.call.id,
            attempt,
        );
        let limit = self
            .traits
            .timeout
            .unwrap_or(self.env.config.execution_timeout);
        // The call is made inside the future: a tool may panic before it gives one.
        let call = async { self.tool.call(ctx, args).await };
        let outcome = timeout(limit, Isolated::new(call.instrument(span))).await;
        // Work that the tool left behind sees that nobody waits for it.
        cancellation.cancel();
        match outcome {
            Ok(Ok(Ok(output))) => Ok(output.text),
            Ok(Ok(Err(error))) => Err(ToolFailure::Error(error)),
            Ok(Err(message)) => Err(ToolFailure::Panicked(message)),
            Err(_) => Err(ToolFailure::TimedOut(limit)),
        }
    }
}
