//! [`Slot`]: one tool call of a model output, from waiting to its answer.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use geppetto_engine::{
    Decision, EngineError, PendingCall, RunContext, ToolOffer, steps::is_stopped,
};
use geppetto_events::{
    Correlation, Event, EventKind,
    kind::{
        Attachment, ToolCallFinished, ToolCallWaiting, ToolExecutionStarted, ToolResultReady,
        ToolStatus,
    },
};
use geppetto_turns::{Args, Block, Content, ToolCall, ToolUse};
use serde_json::Value;
use tokio::time::Instant;

use super::Request;
use crate::{ResumedCall, ToolExecutor, ToolOutput, executor::hide, isolate, tool::cut};

/// State of a call: its request, progress and answer.
///
/// The answer is published once, when it is set; every way in which a call can end sets one.
pub(super) struct Slot {
    pub(super) call: ToolCall,
    /// Number of earlier calls of the conversation with the same id.
    repeated: usize,
    key: OnceLock<String>,
    /// Tools offered to the reply, if known.
    pub(super) offer: Option<Arc<ToolOffer>>,
    /// Reason why the call is not run, if known before the hooks are called.
    pub(super) refusal: Option<String>,
    pub(super) resumed: Option<ResumedCall>,
    pub(super) keeps_waiting: bool,
    pub(super) correlation: Arc<Correlation>,
    ctx: RunContext,
    state: Mutex<State>,
}

struct State {
    progress: Progress,
    /// Texts hidden from events and errors: the arguments written by the model, those substituted
    /// by a hook, and the names of the secret arguments.
    secrets: (Vec<Args>, Vec<String>),
    output_limit: usize,
    /// What the arguments written by the model mean, if some of their values are quoted.
    meant: Option<Args>,
    /// Arguments substituted by a hook, masked.
    changed: Option<Args>,
    /// Time of the start event, if it was published.
    started: Option<Instant>,
    /// `true` if the tool was started.
    ran: bool,
}

enum Progress {
    /// The tool has not run.
    Open,
    /// A person is to decide about the call.
    Waiting(PendingCall),
    /// The tool is running, or ran and is about to be retried.
    Running,
    Answered(ToolUse),
}

impl Slot {
    pub(super) fn new(ctx: &RunContext, request: Request) -> Self {
        let state = State {
            progress: Progress::Open,
            secrets: (Vec::new(), Vec::new()),
            output_limit: crate::DEFAULT_OUTPUT_LIMIT,
            meant: None,
            changed: None,
            started: None,
            ran: false,
        };
        Self {
            call: request.call,
            repeated: request.repeated,
            key: OnceLock::new(),
            offer: request.offer,
            refusal: request.refusal,
            resumed: request.resumed,
            keeps_waiting: request.keeps_waiting,
            correlation: request.correlation,
            ctx: ctx.clone(),
            state: Mutex::new(state),
        }
    }

    /// Returns the idempotency key of the call, the same for all attempts.
    pub(super) fn key(&self) -> &str {
        let key = || self.ctx.effect_key(&self.call, self.repeated);
        self.key.get_or_init(key)
    }

    /// Returns `true` if a hook cancelled `ctx` while the run itself continues.
    pub(super) fn hook_cancelled(&self, ctx: &RunContext) -> bool {
        ctx.is_cancelled() && !is_stopped(&self.ctx)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the secret arguments of the call and the length limit of its answer.
    pub(super) fn set_limits(&self, secret: &[String], output_limit: usize) {
        let mut state = self.state();
        state.secrets = (vec![self.call.args.clone()], secret.to_vec());
        state.output_limit = output_limit;
    }

    /// Records the arguments that a hook substituted.
    pub(super) fn replace_args(&self, args: &Args) {
        if *args != self.call.args {
            self.state().secrets.0.push(args.clone());
        }
    }

    /// Records the meaning of the arguments written by the model.
    pub(super) fn means(&self, meant: &Args) {
        self.state().meant = Some(meant.clone());
    }

    /// Returns `true` if arguments are not those that the model wrote, or what they mean.
    pub(super) fn is_changed(&self, args: &Args) -> bool {
        *args != self.call.args && self.state().meant.as_ref() != Some(args)
    }

    /// Records the masked form of the substituted arguments.
    pub(super) fn show_changed(&self, masked: &str) {
        self.state().changed = Some(Args::from(masked));
    }

    /// Returns `text` without the call's secrets.
    pub(super) fn hide(&self, text: &str) -> String {
        hidden(text, &self.state().secrets)
    }

    /// Returns `error` without the call's secrets. Sources that contain one are removed.
    pub(super) fn hide_in(&self, error: EngineError) -> EngineError {
        let mut texts = vec![error.to_string()];
        let mut cause = std::error::Error::source(&error);
        while let Some(own) = cause {
            texts.push(own.to_string());
            cause = own.source();
        }
        if texts.iter().all(|text| self.hide(text) == *text) {
            return error;
        }
        EngineError::new(error.kind(), self.hide(error.message()))
            .with_retryable(error.is_retryable())
    }

    /// Marks the call as running: from now on it may have effects.
    pub(super) fn run(&self) {
        let mut state = self.state();
        state.ran = true;
        if matches!(state.progress, Progress::Open) {
            state.progress = Progress::Running;
            self.ctx.add_tool_calls(1);
        }
    }

    /// Returns `true` if the tool has started.
    pub(super) fn has_run(&self) -> bool {
        self.state().ran
    }

    /// Returns the person's decision about the call.
    pub(super) fn decision(&self) -> Option<&Decision> {
        self.resumed.as_ref()?.decision.as_ref()
    }

    /// Returns `true` if a decision answers the call without running its tool.
    pub(super) fn has_answer(&self) -> bool {
        matches!(
            self.decision(),
            Some(Decision::Answer(_) | Decision::Reject(_))
        )
    }

    /// Makes the call wait for a person, and publishes the question. `input` must be masked.
    /// Without `data`, the data that the tool stored the last time is kept.
    pub(super) fn wait(&self, input: String, question: &str, data: Option<&Value>) -> PendingCall {
        let question = self.hide(question);
        let earlier = self.resumed.as_ref().map(|own| &own.pending);
        let mut pending = PendingCall::new(&*self.call.id, &*self.call.name, input, question);
        pending.started = data.is_some() || earlier.is_some_and(|own| own.started);
        let data = data.or(earlier.map(|own| &own.data));
        let pending = pending.with_data(data.cloned().unwrap_or_default());
        self.publish_waiting(&pending);
        self.state().progress = Progress::Waiting(pending.clone());
        pending
    }

    /// Returns the call if it is left to a later run: it waits and the run did not end with a
    /// failure, or it waited before and has not started, so that a question to a person does not
    /// depend on how a run ends.
    pub(super) fn left(&self, ended_well: bool) -> Option<PendingCall> {
        let state = self.state();
        let (pending, is_told) = match (&state.progress, &self.resumed) {
            (Progress::Waiting(pending), resumed) if ended_well || resumed.is_some() => {
                (pending.clone(), true)
            }
            (Progress::Open, Some(resumed)) if state.started.is_none() => {
                (resumed.pending.clone(), false)
            }
            _ => return None,
        };
        drop(state);
        if !is_told {
            self.publish_waiting(&pending);
        }
        Some(pending)
    }

    fn publish_waiting(&self, own: &PendingCall) {
        let event =
            ToolCallWaiting::new(&*own.call_id, &*own.tool_name, &*own.input, &*own.question);
        self.publish(EventKind::ToolCallWaiting(Box::new(event)));
    }

    /// Publishes the start, with masked input.
    pub(super) fn publish_start(&self, executor: &dyn ToolExecutor, input: String, changed: bool) {
        let mut event = ToolExecutionStarted::new(&*self.call.id, &*self.call.name, input);
        event.changed = changed;
        executor.publish_start(&self.ctx, &mut event);
        event.tool_call_id.clone_from(&self.call.id);
        event.tool_name.clone_from(&self.call.name);
        self.state().started = Some(Instant::now());
        self.publish(EventKind::ToolExecutionStarted(event));
    }

    /// Answers the call, unless it is already answered: stores the answer and publishes it. Returns
    /// an error if the hook panicked; the answer is stored in that case too.
    pub(super) fn answer(
        &self,
        executor: &dyn ToolExecutor,
        outcome: Result<ToolOutput, String>,
    ) -> Result<(), EngineError> {
        let mut state = self.state();
        if matches!(state.progress, Progress::Answered(_)) {
            return Ok(());
        }
        let limit = state.output_limit;
        let failed = outcome.is_err();
        let ToolOutput {
            text,
            images,
            files,
            ends_run,
        } = outcome.unwrap_or_else(ToolOutput::text);
        // Masked before truncation, which could leave a part of a secret.
        let shown = match state.secrets.1.is_empty() {
            true => None,
            false => Some(cut(hidden(&text, &state.secrets), limit)),
        };
        let mut answer = answer_of(&self.call.id, cut(text, limit), failed);
        let shown = shown.map_or_else(
            || answer.output(),
            |shown| answer_of(&self.call.id, shown, failed).output(),
        );
        answer.images = images;
        answer.files = files;
        answer.ends_run = ends_run;
        if state.ran {
            answer.ran_with = state.changed.take();
            let took = state.started.map(|started| started.elapsed().as_millis());
            answer.duration_ms = took.map(|took| u64::try_from(took).unwrap_or(u64::MAX));
        }
        let status = match failed {
            true => ToolStatus::Error,
            false => ToolStatus::Success,
        };
        let mut event = ToolResultReady::new(&*self.call.id, &*self.call.name, shown, status);
        event.attachments = Attachment::all(&answer.images, &answer.files).into();
        state.progress = Progress::Answered(answer);
        drop(state);
        self.publish_answer(executor, event)
    }

    fn publish_answer(
        &self,
        executor: &dyn ToolExecutor,
        mut event: ToolResultReady,
    ) -> Result<(), EngineError> {
        let (id, name) = (&*self.call.id, &*self.call.name);
        let mut finished = ToolCallFinished::new(id, name, event.status.clone());
        // Both events are required, or the call would stay open for every reader.
        let hook = isolate::call(|| executor.publish_result(&self.ctx, &mut event));
        event.tool_call_id.clone_from(&self.call.id);
        event.tool_name.clone_from(&self.call.name);
        finished.duration_ms = self.show_answer(&event.result);
        self.publish(EventKind::ToolResultReady(event));
        self.publish(EventKind::ToolCallFinished(finished));
        hook.map_err(|message| isolate::panicked("the hook `publish_result`", &message))
    }

    /// Stores the answer as shown, if it differs from the answer. Returns the duration of the call.
    fn show_answer(&self, shown: &str) -> Option<u64> {
        let mut state = self.state();
        let Progress::Answered(answer) = &mut state.progress else {
            return None;
        };
        if answer.output() != shown {
            answer.shown = Some(shown.to_owned());
        }
        answer.duration_ms
    }

    fn publish(&self, kind: EventKind) {
        self.ctx.publish_event(
            Event::new(kind)
                .with_meta(Arc::clone(self.ctx.meta()))
                .with_correlation(Arc::clone(&self.correlation)),
        );
    }

    /// Returns the answer, if there is one.
    pub(super) fn to_answer(&self) -> Option<ToolUse> {
        match &self.state().progress {
            Progress::Answered(answer) => Some(answer.clone()),
            Progress::Open | Progress::Waiting(_) | Progress::Running => None,
        }
    }

    /// Returns the answer as a block.
    pub(super) fn to_block(&self) -> Option<Block> {
        let answer = self.to_answer()?;
        Some(Block::new(Content::ToolUse(answer)).with_id(self.ctx.next_id()))
    }
}

fn hidden(text: &str, (args, secret): &(Vec<Args>, Vec<String>)) -> String {
    let mut text = text.to_owned();
    for args in args {
        text = hide(&text, args, secret);
    }
    text
}

fn answer_of(id: &str, text: String, failed: bool) -> ToolUse {
    let mut answer = ToolUse::default();
    id.clone_into(&mut answer.id);
    if failed {
        answer.error = Some(text);
    } else {
        answer.result = Some(text.into());
    }
    answer
}
