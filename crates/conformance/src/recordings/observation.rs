//! [`Observation`]: the outcome of a replay, and its invariants.

use geppetto_engine::EngineError;
use geppetto_events::{Event, EventKind, Grammar, kind::REPLACED};
use geppetto_turns::{Block, Content, InferenceResult, Reasoning, Turn, keys::block_meta};
use serde_json::{Map, Value};

use super::wire::Adapter;

/// The outcome of a replay.
#[derive(Debug)]
pub(super) struct Observation {
    pub(super) outcome: Result<InferenceResult, EngineError>,
    pub(super) text: String,
    pub(super) refusal: String,
    pub(super) reasoning: String,
    /// Id, name and arguments of each call.
    pub(super) calls: Vec<(String, String, String)>,
    /// The number of tokens of the text with log probabilities.
    pub(super) logprobs: usize,
    pub(super) annotations: usize,
}

impl Observation {
    /// Collects the contents of the blocks from `from` on.
    pub(super) fn of(
        outcome: Result<InferenceResult, EngineError>,
        turn: &Turn,
        from: usize,
        adapter: &Adapter,
    ) -> Self {
        let mut seen = Self {
            outcome,
            text: String::new(),
            refusal: String::new(),
            reasoning: String::new(),
            calls: Vec::new(),
            logprobs: 0,
            annotations: 0,
        };
        for block in turn.blocks.range(from..turn.blocks.len()) {
            seen.take(block, adapter);
        }
        if let Ok(result) = &seen.outcome {
            let list = |name: &str| result.details.get(name)?.as_array().map(Vec::len);
            seen.logprobs += list("logprobs").unwrap_or_default();
            seen.annotations += list("annotations").unwrap_or_default();
        }
        seen
    }

    fn take(&mut self, block: &Block, adapter: &Adapter) {
        match &block.content {
            Content::LlmText(text) if text.refusal => self.refusal.push_str(&text.text),
            Content::LlmText(text) if (adapter.is_text)(block) => self.text.push_str(&text.text),
            Content::Reasoning(reasoning) => reasoned(reasoning, |text| {
                self.reasoning.push_str(text);
            }),
            Content::ToolCall(call) => {
                let args = call.args.as_str().to_owned();
                self.calls.push((call.id.clone(), call.name.clone(), args));
            }
            Content::Other(item) => self.calls.extend(served_call(&item.payload)),
            _ => {}
        }
        if matches!(block.content, Content::LlmText(_)) {
            let list = |key: &str| block.metadata.raw(key)?.as_array().map(Vec::len);
            self.logprobs += list(block_meta::LOGPROBS.id()).unwrap_or_default();
            self.annotations += list(block_meta::ANNOTATIONS.id()).unwrap_or_default();
        }
    }

    /// Returns the choices other than the first.
    pub(super) fn other_choices(&self) -> Vec<Value> {
        let details = self.outcome.as_ref().ok().map(|result| &result.details);
        let choices = details.and_then(|details| details.get("other_choices")?.as_array());
        choices.cloned().unwrap_or_default()
    }
}

/// Returns a call that the server has run itself, which is kept as an item.
fn served_call(item: &Map<String, Value>) -> Option<(String, String, String)> {
    let field = |name: &str| item.get(name)?.as_str().map(str::to_owned);
    (field("type")? == "custom_tool_call")
        .then(|| Some((field("call_id")?, field("name")?, field("input")?)))?
}

/// Checks the events against the grammar and against the blocks that they announced: the deltas of
/// each segment are the text of a block, in order.
pub(super) fn check_events(events: &[Event], turn: &Turn, from: usize) -> Result<(), String> {
    let mut grammar = Grammar::fragment();
    for event in events {
        grammar.accept(event).map_err(|error| error.to_string())?;
    }
    grammar.finish().map_err(|error| error.to_string())?;
    let mut announced = segments(events);
    let mut kept: Vec<(&str, String)> = Vec::new();
    for block in turn.blocks.range(from..turn.blocks.len()) {
        match &block.content {
            Content::LlmText(text) => kept.push(("text", text.text.clone())),
            Content::Reasoning(reasoning) => reasoned(reasoning, |text| {
                kept.push(("reasoning", text.to_owned()));
            }),
            Content::ToolCall(call) => kept.push(("tool call", call.args.as_str().to_owned())),
            _ => {}
        }
    }
    // A text that the provider retracted for another one was cut off and is in no block.
    let cut: Vec<&str> = cut_texts(events).collect();
    announced.retain(|segment| kept.contains(segment) || !cut.contains(&segment.1.as_str()));
    match announced == kept {
        true => Ok(()),
        false => Err(format!(
            "events add up to {announced:?}, blocks are {kept:?}"
        )),
    }
}

/// Returns the texts that were not completed, because the reply broke off or the provider retracted
/// them.
pub(super) fn cut_texts(events: &[Event]) -> impl Iterator<Item = &str> {
    events.iter().filter_map(|event| match &event.kind {
        EventKind::TextSegmentFinished(end) => {
            let is_cut = matches!(end.finish_reason.as_deref(), Some("truncated" | REPLACED));
            is_cut.then_some(end.text.as_str())
        }
        _ => None,
    })
}

/// Visits the texts of a reasoning block, each of which is shown as a segment.
fn reasoned(reasoning: &Reasoning, mut take: impl FnMut(&str)) {
    let summary = reasoning.summary.iter().map(|part| part.text.as_str());
    let texts = summary.chain([reasoning.text.as_str()]);
    texts.filter(|text| !text.is_empty()).for_each(&mut take);
}

/// Returns the text of each segment, summed over its deltas, in the order of opening. Empty texts
/// make no block and are left out.
fn segments(events: &[Event]) -> Vec<(&'static str, String)> {
    let mut segments: Vec<(Option<&str>, &str, String)> = Vec::new();
    for event in events {
        let id = event.correlation.segment_id.as_deref();
        let opened = match &event.kind {
            EventKind::TextSegmentStarted(_) => "text",
            EventKind::ReasoningSegmentStarted(_) => "reasoning",
            EventKind::ToolCallStarted(_) => "tool call",
            _ => {
                let open = segments.iter_mut().rev().find(|(known, _, _)| *known == id);
                let delta = event.text_delta().or_else(|| event.reasoning_delta());
                let delta = delta.or_else(|| event.arguments_delta());
                if let (Some(delta), Some((_, _, text))) = (delta, open) {
                    text.push_str(delta);
                }
                continue;
            }
        };
        segments.push((id, opened, String::new()));
    }
    segments
        .into_iter()
        .filter(|(_, kind, text)| *kind == "tool call" || !text.is_empty())
        .map(|(_, kind, text)| (kind, text))
        .collect()
}
