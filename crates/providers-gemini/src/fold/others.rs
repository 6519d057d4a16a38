//! [`Others`]: candidates other than the first.

use std::collections::BTreeMap;

use geppetto_provider::{Fault, Output};
use serde_json::{Value, json};

use super::is_none;
use crate::wire::Candidate;

/// Maximum number of candidates; the API's limit is 8.
const MOST: usize = 1024;

/// Candidates other than the first, if several were requested (`candidateCount`).
#[derive(Debug, Default)]
pub(super) struct Others {
    all: BTreeMap<u64, Other>,
}

#[derive(Debug, Default)]
struct Other {
    text: String,
    calls: Vec<Value>,
    reason: String,
}

impl Others {
    pub(super) fn take(
        &mut self,
        index: u64,
        candidate: &Candidate<'_>,
        out: &Output<'_>,
    ) -> Result<(), Fault> {
        if self.all.len() >= MOST && !self.all.contains_key(&index) {
            return Err(Fault::too_many("candidates"));
        }
        let other = self.all.entry(index).or_default();
        for part in candidate
            .content
            .iter()
            .flat_map(|content| content.parts.iter())
        {
            if let Some(text) = part.text.as_deref().filter(|_| !part.is_thought()) {
                other.text.push_str(text);
            }
            if let Some(call) = &part.call {
                let args = call
                    .args
                    .and_then(|raw| serde_json::from_str::<Value>(raw.get()).ok());
                other.calls.push(json!({"name": *call.name, "args": args}));
            }
        }
        if !is_none(&candidate.reason) {
            other.reason = out.word(&candidate.reason);
        }
        Ok(())
    }

    /// Returns the candidates for the details of the result.
    pub(super) fn settle(self) -> Option<Value> {
        let all: Vec<Value> = self
            .all
            .into_iter()
            .map(|(index, other)| {
                let Other {
                    text,
                    calls,
                    reason,
                } = other;
                json!({"index": index, "text": text, "tool_calls": calls, "finish_reason": reason})
            })
            .collect();
        (!all.is_empty()).then(|| all.into())
    }
}
