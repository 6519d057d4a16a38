//! Checks what tools did against what the session says they did.

use std::collections::{BTreeMap, BTreeSet};

use geppetto_store::OUTCOME_UNKNOWN;
use geppetto_turns::{Content, ToolUse, Turn};
use serde_json::Value;

use super::{Violations, When};
use crate::{
    model::{Acts, Call},
    tools::Arguments,
};

/// A tool that is not idempotent acts once at most; an idempotent one always has the same key. The
/// session claims no effect that did not happen, and the model is told of every one that may have.
pub(super) fn check(
    id: &str,
    turns: &[Turn],
    acts: &BTreeMap<Call, Acts>,
    when: When,
    found: &mut Violations,
) {
    let mut keys = BTreeSet::new();
    let answered = turns
        .last()
        .map(|latest| answered(id, latest, found))
        .unwrap_or_default();
    for (call, acts) in acts.iter().filter(|(call, _)| answered.contains_key(call)) {
        if acts.tool == "pay" && acts.count > 1 {
            found.push(format!("{id}: {call:?} acted {} times", acts.count));
        }
        if acts.keys.len() != 1 {
            found.push(format!("{id}: {call:?} has the keys {:?}", acts.keys));
        }
        for key in &acts.keys {
            if !keys.insert(key.clone()) {
                found.push(format!("{id}: the key {key} belongs to two calls"));
            }
        }
    }
    for (call, answer) in answered {
        let done = acts.get(&call).map_or(0, |acts| acts.count);
        let tool = acts.get(&call).map_or("", |acts| acts.tool.as_str());
        match answer.as_deref() {
            None if when == When::Killed => {}
            None => found.push(format!("{id}: {call:?} has no answer")),
            Some("done") if done > 0 => {}
            Some(text) if text.contains(OUTCOME_UNKNOWN) && matches!(tool, "" | "pay") => {}
            Some(text) => {
                found.push(format!(
                    "{id}: {call:?} acted {done} times, and its answer is {text}"
                ));
            }
        }
    }
}

/// Returns the calls of a conversation with their answers. Providers use ids again, so an answer
/// belongs to the last call with its id.
fn answered(id: &str, turn: &Turn, found: &mut Violations) -> BTreeMap<Call, Option<String>> {
    let mut answers = BTreeMap::new();
    let mut open: BTreeMap<&str, Call> = BTreeMap::new();
    for block in &turn.blocks {
        match &block.content {
            Content::ToolCall(own) => {
                let Ok(Arguments { op, call }) = own.args.parse() else {
                    found.push(format!("{id}: a call has the arguments {}", own.args));
                    continue;
                };
                let call = Call { op, call };
                answers.insert(call.clone(), None);
                open.insert(&own.id, call);
            }
            Content::ToolUse(answer) => match open.remove(answer.id.as_str()) {
                Some(call) => {
                    answers.insert(call, Some(text(answer)));
                }
                None => found.push(format!("{id}: {} is answered twice", answer.id)),
            },
            _ => {}
        }
    }
    answers
}

fn text(answer: &ToolUse) -> String {
    match (&answer.result, &answer.error) {
        (Some(Value::String(text)), None) => text.clone(),
        (result, error) => format!("{result:?} {error:?}"),
    }
}
