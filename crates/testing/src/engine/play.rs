//! Playback of a script.

use std::future::{Future, pending};

use geppetto_engine::{EngineError, Finish, ItemId, ResponseWriter, RunContext};
use geppetto_events::kind::ReasoningSource;
use geppetto_turns::{FinishClass, InferenceResult};

use super::script::{Script, Step};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Text,
    Reasoning,
}

pub(super) async fn play(
    script: Script,
    ctx: &RunContext,
    mut reply: ResponseWriter<'_>,
) -> Result<InferenceResult, EngineError> {
    let mut known = Finish::default();
    known.usage = script.usage;
    let mut open: Option<(Part, ItemId)> = None;
    for step in script.steps {
        if ctx.is_cancelled() && !script.deaf {
            return Err(reply.fail(EngineError::cancelled(), known));
        }
        let part = part_of(&step);
        if let Some((was, id)) = open
            && part.is_some_and(|part| part != was)
        {
            reply.close(id, None);
            open = None;
        }
        match step {
            Step::Text(delta) | Step::Reasoning(delta) => {
                let part = part.unwrap_or(Part::Text);
                let (_, id) = *open.get_or_insert_with(|| (part, open_part(&mut reply, part)));
                reply.push(id, &delta);
            }
            Step::ToolCall {
                id,
                name,
                arguments,
            } => {
                let call = reply.open_tool_call(id, name);
                for piece in arguments {
                    reply.push(call, &piece);
                }
                reply.close(call, None);
            }
            Step::Wait(time) => attentive(ctx, script.deaf, tokio::time::sleep(time)).await,
            Step::Hang => attentive(ctx, script.deaf, pending()).await,
            Step::Hold(gate) => attentive(ctx, script.deaf, gate.pass()).await,
            Step::Fail(kind, message) => {
                return Err(reply.fail(EngineError::new(kind, message), known));
            }
            #[allow(clippy::panic, reason = "the script asks for it")]
            Step::Panic(message) => panic!("{message}"),
        }
    }
    if ctx.is_cancelled() && !script.deaf {
        return Err(reply.fail(EngineError::cancelled(), known));
    }
    let pending = reply.has_tool_calls();
    known.class = script.finish.unwrap_or(default_finish(pending));
    known.stop_reason = Some(known.class.to_string());
    Ok(reply.finish(known))
}

fn part_of(step: &Step) -> Option<Part> {
    match step {
        Step::Text(_) => Some(Part::Text),
        Step::Reasoning(_) => Some(Part::Reasoning),
        _ => None,
    }
}

fn default_finish(has_tool_calls: bool) -> FinishClass {
    if has_tool_calls {
        FinishClass::ToolCallsPending
    } else {
        FinishClass::Completed
    }
}

fn open_part(reply: &mut ResponseWriter<'_>, part: Part) -> ItemId {
    match part {
        Part::Text => reply.open_text(),
        Part::Reasoning => reply.open_reasoning(ReasoningSource::Provider),
    }
}

/// Waits for `event`, or until the run is cancelled, unless the script is deaf.
async fn attentive(ctx: &RunContext, deaf: bool, event: impl Future<Output = ()>) {
    tokio::select! {
        biased;
        () = event => {}
        () = ctx.cancelled(), if !deaf => {}
    }
}
