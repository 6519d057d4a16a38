//! [`Request`]: a tool call without an answer yet.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use geppetto_engine::{PendingCall, RequestedCall, RunContext, ToolChoice, ToolOffer};
use geppetto_events::Correlation;
use geppetto_turns::{Content, FinishClass, InferenceResult, ToolCall, Turn};

use crate::{ResumedCall, ToolRegistry};

#[cfg(test)]
mod tests;

/// A tool call without an answer yet.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) call: ToolCall,
    /// Correlation of the call's events.
    pub(crate) correlation: Arc<Correlation>,
    /// Number of earlier calls of the conversation with the same id.
    pub(crate) repeated: usize,
    /// Tools offered to the reply; `None` if an earlier run made the call.
    pub(crate) offer: Option<Arc<ToolOffer>>,
    /// Reason why the call is not run, if its reply determines it.
    pub(crate) refusal: Option<String>,
    /// Present if the call was waiting for a person when an earlier run ended.
    pub(crate) resumed: Option<ResumedCall>,
    /// `true` if the call keeps waiting in this run, which decides about others.
    pub(crate) keeps_waiting: bool,
}

/// Returns the unanswered calls in `turn` that were requested by the recorded replies, in the order
/// of the turn.
///
/// A call is matched by the id of its block. If a middleware recreated the block, the call is
/// matched by its own id, among the blocks that are new since `before`. Calls removed by a
/// middleware are not included.
pub(crate) fn requests(
    before: &Turn,
    turn: &Turn,
    recorded: &[RequestedCall],
) -> Vec<(RequestedCall, Request)> {
    if recorded.is_empty() {
        return Vec::new();
    }
    let by_block = by_block(turn, recorded);
    let mut by_call: HashMap<&str, Vec<&RequestedCall>> = HashMap::new();
    for own in recorded.iter().rev() {
        by_call.entry(&own.call.id).or_default().push(own);
    }
    let mut old: HashMap<&str, usize> = HashMap::new();
    for call in before.blocks.iter().filter_map(|own| own.as_tool_call()) {
        if by_call.contains_key(call.id.as_str()) {
            *old.entry(&call.id).or_default() += 1;
        }
    }
    let mut seen: HashMap<&str, usize> = HashMap::new();
    // Index of each open call by call id: a second call with the same id could not be told apart
    // from it.
    let mut open: HashMap<&str, usize> = HashMap::new();
    let mut found: Vec<Option<(RequestedCall, Request)>> = Vec::new();
    for (place, block) in turn.blocks.iter().enumerate() {
        if let Some(answer) = block.as_tool_use()
            && let Some(index) = open.remove(answer.id.as_str())
            && let Some(slot) = found.get_mut(index)
        {
            *slot = None;
        }
        let Some(call) = block.as_tool_call() else {
            continue;
        };
        let Some(candidates) = by_call.get_mut(call.id.as_str()) else {
            continue;
        };
        let count = seen.entry(&call.id).or_default();
        *count += 1;
        let is_new = *count > old.get(call.id.as_str()).copied().unwrap_or_default();
        let own = match by_block.get(block.id.as_str()) {
            Some((own, last)) if own.call.id == call.id && *last == place => Some(*own),
            // The most recent one: earlier ones were replaced.
            _ if is_new => candidates.first().copied(),
            _ => None,
        };
        let is_whole = block.incomplete().is_none() && !call.id.is_empty() && !call.name.is_empty();
        let Some(own) = own.filter(|_| is_whole && !open.contains_key(call.id.as_str())) else {
            continue;
        };
        candidates.retain(|other| other.block_id != own.block_id);
        let request = Request {
            call: call.clone(),
            correlation: Arc::clone(&own.correlation),
            repeated: *count - 1,
            offer: Some(Arc::clone(&own.offer)),
            refusal: None,
            resumed: None,
            keeps_waiting: false,
        };
        open.insert(&call.id, found.len());
        found.push(Some((own.clone(), request)));
    }
    found.into_iter().flatten().collect()
}

/// Returns the recorded calls by the ids of their blocks, each with the place of the last block with
/// that id: earlier ones belong to earlier replies, whose calls may have had the same id.
fn by_block<'a>(
    turn: &Turn,
    recorded: &'a [RequestedCall],
) -> HashMap<&'a str, (&'a RequestedCall, usize)> {
    let recorded = recorded.iter().rev();
    let mut calls: HashMap<&str, _> = recorded
        .map(|own| (own.block_id.as_str(), (own, 0)))
        .collect();
    for (place, block) in turn.blocks.iter().enumerate() {
        if let Some((_, last)) = calls.get_mut(block.id.as_str()) {
            *last = place;
        }
    }
    calls
}

/// Returns the calls of `turn` that were waiting for a person when an earlier run ended, in the
/// order of the turn, with the decisions about them.
pub(crate) fn resumed(ctx: &RunContext, turn: &Turn) -> Vec<Request> {
    let mut decisions = ctx.take_decisions();
    // A tool that has started is not called again because of a decision about another call.
    let decides = !decisions.is_empty();
    let pending = PendingCall::of(turn);
    if pending.is_empty() {
        return Vec::new();
    }
    let ids: HashSet<String> = pending.iter().map(|own| own.call_id.clone()).collect();
    let mut seen: HashMap<&str, usize> = HashMap::new();
    // Open call by id, and its ordinal among the calls with the same id.
    let mut open: HashMap<&str, (usize, &ToolCall, usize)> = HashMap::new();
    for (place, block) in turn.blocks.iter().enumerate() {
        match &block.content {
            Content::ToolCall(call) if ids.contains(&call.id) => {
                let count = seen.entry(&call.id).or_default();
                if block.incomplete().is_none() {
                    open.entry(&call.id).or_insert((place, call, *count));
                }
                *count += 1;
            }
            Content::ToolUse(answer) => {
                open.remove(answer.id.as_str());
            }
            Content::User(_) | Content::System(_) => open.clear(),
            _ => {}
        }
    }
    let requests = pending.into_iter().filter_map(|pending| {
        let (place, call, repeated) = open.remove(pending.call_id.as_str())?;
        let mut correlation = Correlation::clone(ctx.correlation());
        correlation.tool_call_id = Some(call.id.clone());
        let decision = decisions.remove(&call.id);
        let request = Request {
            call: call.clone(),
            correlation: Arc::new(correlation),
            repeated,
            offer: None,
            refusal: None,
            keeps_waiting: pending.started && decision.is_none() && decides,
            resumed: Some(ResumedCall { pending, decision }),
        };
        Some((place, request))
    });
    let mut requests: Vec<(usize, Request)> = requests.collect();
    requests.sort_by_key(|(place, _)| *place);
    requests.into_iter().map(|(_, request)| request).collect()
}

/// Returns the reason why no call of a reply with this ending may run; `None` if they may.
pub(crate) fn ended_badly(class: &FinishClass, truncated: bool) -> Option<&'static str> {
    match class {
        FinishClass::Refused => {
            Some("the reply was refused by the model or stopped by a content filter")
        }
        FinishClass::Error => Some("the reply failed before it was whole"),
        FinishClass::Interrupted => Some("the reply was interrupted before it was whole"),
        FinishClass::Unknown | FinishClass::Other(_) if truncated => {
            Some("the reply ended for an unknown reason before it was whole")
        }
        _ => None,
    }
}

/// Returns the reason why a call must not run, based on the tools offered to its reply and on how
/// the reply ended.
pub(crate) fn refusal(
    own: &RequestedCall,
    call: &ToolCall,
    result: &InferenceResult,
    registry: &ToolRegistry,
) -> Option<String> {
    // A middleware may have replaced the result of the reply.
    let of_result = ended_badly(&result.finish_class, result.truncated);
    let badly = ended_badly(&own.finish_class, own.truncated).or(of_result);
    if let Some(reason) = badly {
        return Some(reason.to_owned());
    }
    let is_cut = own.is_last
        && own.finish_class == FinishClass::MaxTokens
        && (call.args.as_str().trim().is_empty() || call.args.object().is_err());
    if is_cut {
        let reason = "the output limit cut the call's arguments; ask for less at once";
        return Some(reason.to_owned());
    }
    let (name, offer) = (call.name.as_str(), &own.offer);
    match &offer.choice {
        ToolChoice::None => {
            return Some("this reply was not to call tools (tool choice `none`)".to_owned());
        }
        ToolChoice::Tool(only) if only != name => {
            return Some(format!("this reply was to call `{only}` alone"));
        }
        _ => {}
    }
    // Unregistered tools are answered as unknown.
    if registry.get(name).is_some() && !offer.has(name) {
        let offered = match offer.names.is_empty() {
            true => "no tool was".to_owned(),
            false => format!("there were: {}", offer.names.join(", ")),
        };
        return Some(format!(
            "`{name}` was not on offer for this reply; {offered}"
        ));
    }
    None
}
