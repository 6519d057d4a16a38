//! The required outcome of the beginning of a stream, given the outcome of all of it.

use geppetto_engine::ErrorKind;
use geppetto_turns::{Block, Content, FinishClass, Turn, keys::turn_meta};

use super::{
    Replay,
    place::{End, Place},
};
use crate::recordings::{
    compare::{difference, same},
    observation::Observation,
    recording::Recording,
    wire::{self, Adapter},
};

/// Judges one cut; the error is the problem, in one line.
pub(super) fn judge(
    recording: &Recording,
    adapter: &Adapter,
    place: Place,
    full: &Replay,
    cut: &Replay,
) -> Result<(), String> {
    let mut arrived = recording.body.get(..place.at).unwrap_or_default().to_vec();
    // The last event may lack its blank line.
    arrived.extend_from_slice(b"\n\n");
    let arrived = arrived.as_slice();
    match (
        (adapter.is_over)(arrived),
        &cut.seen.outcome,
        &full.seen.outcome,
    ) {
        (true, Ok(_), Ok(_)) if (adapter.looks_complete)(recording) => {
            return beginning_of(full, &cut.seen);
        }
        // The server had reported the end: nothing relevant may be missing.
        (true, Ok(cut_result), Ok(full_result)) => {
            same(
                "stop reason",
                &full_result.stop_reason,
                &cut_result.stop_reason,
            )?;
            same(
                "finish class",
                &full_result.finish_class,
                &cut_result.finish_class,
            )?;
            return all_of(&full.seen, &cut.seen);
        }
        (true, Err(error), Ok(_)) => {
            return Err(format!("the server said that it is done, but: {error:?}"));
        }
        (false, Ok(_), _) => {
            return Err("a result, though the server did not say that it is done".to_owned());
        }
        // The server had reported the end, and only later a failure.
        (true, Ok(_), Err(_)) if !wire::reports_error(arrived) => {
            return beginning_of(full, &cut.seen);
        }
        (true, Ok(_), Err(error)) => return Err(format!("a result, but the whole is {error:?}")),
        (_, Err(error), full) => {
            let by_cut = match place.end {
                End::Clean => ErrorKind::Truncated,
                End::Broken => ErrorKind::Disconnected,
            };
            let reported = full.as_ref().err().map(geppetto_engine::EngineError::kind);
            if error.kind() != by_cut && Some(error.kind()) != reported {
                return Err(format!("expected a {by_cut} error, got {error:?}"));
            }
        }
    }
    beginning_of(full, &cut.seen)?;
    marked(&full.turn, &cut.turn)
}

/// Checks that everything was kept.
fn all_of(full: &Observation, cut: &Observation) -> Result<(), String> {
    same("text", &full.text, &cut.text)?;
    same("reasoning", &full.reasoning, &cut.reasoning)?;
    same("refusal", &full.refusal, &cut.refusal)?;
    same("tool calls", &full.calls, &cut.calls)
}

/// Checks that a beginning was kept; for a text that the provider later retracted, a beginning of
/// that text.
fn beginning_of(replay: &Replay, cut: &Observation) -> Result<(), String> {
    let full = &replay.seen;
    let taken_back = replay.cut_texts.iter();
    for (what, full, cut) in [
        ("text", &full.text, &cut.text),
        ("reasoning", &full.reasoning, &cut.reasoning),
        ("refusal", &full.refusal, &cut.refusal),
    ] {
        let mut taken_back = taken_back.clone().filter(|_| what == "text");
        let is_of = |full: &String| full.starts_with(cut.as_str());
        if !is_of(full) && !taken_back.any(is_of) {
            return Err(difference(&format!("{what} is no beginning"), full, cut));
        }
    }
    if cut.calls.len() > full.calls.len() {
        return Err("more tool calls than in the whole".to_owned());
    }
    for ((id, name, args), (cut_id, cut_name, cut_args)) in full.calls.iter().zip(&cut.calls) {
        // The id and the name may follow the arguments.
        let (id, name) = (
            cut_id.is_empty() || cut_id == id,
            cut_name.is_empty() || cut_name == name,
        );
        if !(id && name && args.starts_with(cut_args.as_str())) {
            return Err(difference("tool call is no beginning", args, cut_args));
        }
    }
    Ok(())
}

/// Checks that the turn marks its reply as incomplete, and each incomplete block.
fn marked(full: &Turn, cut: &Turn) -> Result<(), String> {
    let result = cut.metadata.get(&turn_meta::INFERENCE_RESULT);
    let result = result.map_err(|error| error.to_string())?;
    let Some(result) = result.filter(|result| result.truncated) else {
        return Err("the turn is not marked as truncated".to_owned());
    };
    same("finish class", &FinishClass::Error, &result.finish_class)?;
    let whole: Vec<_> = full.blocks.iter().filter_map(|block| said(block)).collect();
    for block in cut
        .blocks
        .iter()
        .filter(|block| block.incomplete().is_none())
    {
        if let Some(said) = said(block)
            && !whole.contains(&said)
        {
            return Err(format!("a block is not whole and not marked so: {said:?}"));
        }
    }
    Ok(())
}

/// Returns the text of a block whose text can grow.
fn said(block: &Block) -> Option<(&'static str, &str)> {
    match &block.content {
        Content::LlmText(text) => Some(("text", &text.text)),
        Content::Reasoning(reasoning) => Some(("reasoning", &reasoning.text)),
        Content::ToolCall(call) => Some(("tool call", call.args.as_str())),
        _ => None,
    }
}
