//! A tool call, from the first hook to its answer.

use std::{sync::Arc, time::Duration};

use geppetto_engine::{
    Decision, EngineError, ErrorKind, PendingCall, RunContext, ToolConfig, ToolEffect,
    ToolErrorHandling,
    steps::{is_stopped, pause},
};
use geppetto_turns::ToolCall;
use serde_json::Value;
use tokio::sync::Semaphore;

use super::{attempt::Attempt, slot::Slot};
use crate::{
    FailedToolAttempt, Rejection, Tool, ToolExecutor, ToolFailure, ToolOutput, ToolRegistry,
    ToolTraits, arguments, isolate, tool::external,
};

/// Data shared by all calls of one model output.
pub(super) struct Env {
    /// Cancelled to stop the calls.
    pub(super) ctx: RunContext,
    pub(super) registry: ToolRegistry,
    pub(super) executor: Arc<dyn ToolExecutor>,
    pub(super) config: ToolConfig,
    /// One permit for each tool that may run concurrently; an exclusive tool acquires all.
    pub(super) places: Semaphore,
    pub(super) permits: u32,
}

/// Decision of the hooks about a call.
enum Verdict {
    /// The calls are being stopped.
    Stopped,
    /// The call is answered with this error.
    Refused(String),
    /// The call waits for a person, who is asked this question.
    Waits(String),
    /// A person provided this result.
    Answered(String),
    Allowed,
}

/// A call that passed all hooks.
struct Ready<'a> {
    env: &'a Env,
    slot: &'a Arc<Slot>,
    /// The call with the arguments returned by the hooks.
    call: ToolCall,
    tool: Arc<dyn Tool>,
    traits: ToolTraits,
}

/// Runs a call. On return the call is answered, or, if the calls are being stopped, left to be
/// answered as not run. An error ends the run.
pub(super) async fn run_call(env: Arc<Env>, slot: Arc<Slot>) -> Result<(), EngineError> {
    let name = &slot.call.name;
    let traits = env.registry.traits(name).unwrap_or_default();
    let secret = env
        .registry
        .get(name)
        .map_or(Ok(&[][..]), |tool| isolate::call(|| tool.secret_args()));
    let secret = secret.map_err(|message| isolate::panicked("a tool's `secret_args`", &message))?;
    slot.set_limits(secret, traits.output_limit);
    if traits.external && !slot.has_answer() {
        slot.wait(slot.call.args.as_str().to_owned(), external::QUESTION, None);
        return Ok(());
    }
    // Errors of hooks and journals may repeat the arguments.
    let outcome = decide_and_run(&env, &slot, traits).await;
    outcome.map_err(|error| slot.hide_in(error))
}

async fn decide_and_run(
    env: &Env,
    slot: &Arc<Slot>,
    traits: ToolTraits,
) -> Result<(), EngineError> {
    let (call, verdict) = admit(env, slot).await?;
    let executor = &*env.executor;
    let tool = env.registry.get(&call.name);
    // The answer to a call whose tool does not run.
    let given = match verdict {
        Verdict::Stopped => return Ok(()),
        Verdict::Refused(refusal) => Some(Err(refusal)),
        Verdict::Answered(result) => Some(Ok(ToolOutput::text(result))),
        Verdict::Waits(question) => {
            if ask(env, slot, &call, &question)? {
                return Ok(());
            }
            // A call that cannot run does not ask a question.
            None
        }
        Verdict::Allowed => None,
    };
    // Held until the call is answered. Calls that do not run need no permit.
    let place = match &given {
        None if tool.is_some() => {
            let permits = if traits.exclusive { env.permits } else { 1 };
            env.places.acquire_many(permits).await.ok()
        }
        _ => None,
    };
    if given.is_none() && is_stopped(&env.ctx) {
        return Ok(());
    }
    let started = isolate::call(|| {
        let changed = slot.is_changed(&call.args);
        let shown = if changed { &call } else { &slot.call };
        let input = executor.mask_arguments(shown, tool.map(|tool| &**tool));
        if changed {
            slot.show_changed(&input);
        }
        slot.publish_start(executor, input, changed);
    });
    started.map_err(|message| isolate::panicked("a hook that shows a tool's start", &message))?;
    let answered = match (given, tool) {
        (Some(given), _) => slot.answer(executor, given),
        (None, None) => slot.answer(executor, Err(unknown(env, slot, &call.name))),
        (None, Some(tool)) => match arguments::parse(&tool.definition().parameters, &call.args) {
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
    drop(place);
    answered.and(told)
}

/// Lets a call wait for a person. Returns `false`, without any effect, if the call cannot run
/// anyway.
fn ask(env: &Env, slot: &Slot, call: &ToolCall, question: &str) -> Result<bool, EngineError> {
    let Some(tool) = env.registry.get(&call.name) else {
        return Ok(false);
    };
    if arguments::parse(&tool.definition().parameters, &call.args).is_err() {
        return Ok(false);
    }
    slot.wait(masked(env, call, &**tool)?, question, None);
    Ok(true)
}

fn masked(env: &Env, call: &ToolCall, tool: &dyn Tool) -> Result<String, EngineError> {
    let input = isolate::call(|| env.executor.mask_arguments(call, Some(tool)));
    input.map_err(|message| isolate::panicked("the hook `mask_arguments`", &message))
}

/// Calls the hooks. A rejection counts even if the calls are already being stopped: it is usually
/// the reason why a hook cancelled the run.
async fn admit(env: &Env, slot: &Slot) -> Result<(ToolCall, Verdict), EngineError> {
    let mut call = slot.call.clone();
    let mut ctx = env.ctx.clone();
    let decision = slot.decision();
    match decision {
        Some(Decision::Reject(reason)) => {
            return Ok((call, Verdict::Refused(format!("rejected: {reason}"))));
        }
        Some(Decision::Answer(result)) => return Ok((call, Verdict::Answered(result.clone()))),
        Some(Decision::AllowWith(args)) => {
            call.args = args.clone();
            slot.replace_args(args);
        }
        _ => {}
    }
    if let Some(decision) = decision {
        ctx = ctx.with_extension(decision.clone());
    }
    let rejected = ask_hooks(env, slot, &ctx, &mut call, decision.is_some()).await?;
    let verdict = match rejected {
        Some((_, own)) if own.is_wait() && !slot.hook_cancelled(&env.ctx) => {
            Verdict::Waits(own.reason)
        }
        Some((what, rejection)) => Verdict::Refused(refused(env, slot, what, &rejection)),
        None if is_stopped(&env.ctx) => Verdict::Stopped,
        None => Verdict::Allowed,
    };
    Ok((call, verdict))
}

/// Returns the verdict of the hooks. A wait for a person counts as permission if a person has
/// already allowed the call.
async fn ask_hooks(
    env: &Env,
    slot: &Slot,
    ctx: &RunContext,
    call: &mut ToolCall,
    is_decided: bool,
) -> Result<Option<(&'static str, Rejection)>, EngineError> {
    let executor = &*env.executor;
    let counts = |own: &Rejection| !(is_decided && own.is_wait());
    let asked = executor.pre_execute(ctx, call);
    match isolate::wait("the hook `pre_execute`", asked).await? {
        Ok(args) => {
            call.args = args;
            slot.replace_args(&call.args);
        }
        Err(rejection) if counts(&rejection) => return Ok(Some(("rejected", rejection))),
        Err(_) => {}
    }
    let Some(tool) = env.registry.get(&call.name) else {
        return Ok(None);
    };
    // Before the decision: what is decided about is what runs.
    if let Some(meant) = arguments::unquoted(&tool.definition().parameters, &call.args) {
        slot.replace_args(&meant);
        if call.args == slot.call.args {
            slot.means(&meant);
        }
        call.args = meant;
    }
    let asked = executor.is_allowed(ctx, call, &**tool);
    let allowed = isolate::wait("the hook `is_allowed`", asked).await?;
    let rejected = allowed.err().filter(counts);
    Ok(rejected.map(|rejection| ("not allowed", rejection)))
}

/// Returns the answer to a rejected call. Ends the run if the rejection does.
fn refused(env: &Env, slot: &Slot, what: &str, rejection: &Rejection) -> String {
    if rejection.ends_run || slot.hook_cancelled(&env.ctx) {
        env.ctx.cancel_because(&*rejection.reason);
    }
    format!("{what}: {}", rejection.reason)
}

fn unknown(env: &Env, slot: &Slot, name: &str) -> String {
    // Tools that were withheld from the reply are not named.
    let offer = slot.offer.as_deref();
    let on_offer = |own: &&str| offer.is_none_or(|offer| offer.has(own));
    let known: Vec<&str> = env.registry.names().filter(on_offer).collect();
    if known.is_empty() {
        return format!("unknown tool `{name}`; there are no tools");
    }
    format!("unknown tool `{name}`; there are: {}", known.join(", "))
}

async fn tell_journal(env: &Env, slot: &Slot, call: &ToolCall) -> Result<(), EngineError> {
    let (Some(journal), Some(answer)) = (env.ctx.journal(), slot.to_answer()) else {
        return Ok(());
    };
    let effect = effect(env, slot, call);
    let told = journal.after_tool(&env.ctx, &effect, &answer);
    isolate::journaled(told).await
}

fn effect<'a>(env: &Env, slot: &'a Slot, call: &'a ToolCall) -> ToolEffect<'a> {
    let traits = env.registry.traits(&call.name).unwrap_or_default();
    ToolEffect::new(call, slot.key(), traits.idempotent)
}

impl Ready<'_> {
    async fn run(&self, args: Value) -> Result<(), EngineError> {
        let (ctx, executor) = (&self.env.ctx, &*self.env.executor);
        if let Some(journal) = ctx.journal() {
            let effect = effect(self.env, self.slot, &self.call);
            isolate::journaled(journal.before_tool(ctx, &effect)).await?;
        }
        let mut number = 1;
        while !is_stopped(ctx) {
            let attempt = Attempt {
                tool: Arc::clone(&self.tool),
                traits: self.traits,
                limit: self
                    .traits
                    .timeout
                    .unwrap_or(self.env.config.execution_timeout),
                number,
            };
            let failure = match attempt.run(ctx, self.slot, args.clone()).await {
                None => return Ok(()),
                Some(Ok(output)) => return self.slot.answer(executor, Ok(output)),
                Some(Err(failure)) => failure,
            };
            if let ToolFailure::Error(error) = &failure
                && let Some(data) = error.waits()
                && !is_stopped(ctx)
            {
                let input = masked(self.env, &self.call, &*self.tool)?;
                let waiting = self.slot.wait(input, error.message(), Some(data));
                return self.tell_waiting(&waiting).await;
            }
            let Some(delay) = self.delay(number, &failure)? else {
                return self.fail(&failure);
            };
            if !pause(ctx, delay).await {
                return self.fail(&failure);
            }
            number += 1;
        }
        Ok(())
    }

    async fn tell_waiting(&self, waiting: &PendingCall) -> Result<(), EngineError> {
        let ctx = &self.env.ctx;
        let Some(journal) = ctx.journal() else {
            return Ok(());
        };
        let effect = effect(self.env, self.slot, &self.call);
        isolate::journaled(journal.tool_waits(ctx, &effect, waiting)).await
    }

    /// Returns the delay before the next attempt; `None` if there is none.
    fn delay(&self, attempt: u32, failure: &ToolFailure) -> Result<Option<Duration>, EngineError> {
        let failed = FailedToolAttempt {
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
            // The tool most likely failed because it was notified.
            return self
                .slot
                .answer(executor, Err(format!("cancelled: {failure}")));
        }
        self.slot.answer(executor, Err(failure.to_string()))?;
        if self.env.config.tool_error_handling != ToolErrorHandling::Abort {
            return Ok(());
        }
        let what = self.slot.hide(&failure.to_string());
        let message = format!("the tool `{}` failed: {what}", self.call.name);
        Err(EngineError::new(ErrorKind::Tool, message))
    }
}
