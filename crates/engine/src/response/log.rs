//! [`ReplyLog`]: the tool calls requested by replies, for the tool loop.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use geppetto_events::Correlation;
use geppetto_turns::{FinishClass, ToolCall, Turn};

use crate::{ToolChoice, config::keys};

/// Records the tool calls that replies request.
///
/// A runner puts one into its context
/// ([`with_reply_log`](crate::RunContext::with_reply_log)); every
/// [`ResponseWriter`](crate::ResponseWriter) of that context adds the calls that its reply
/// requested. The blocks of a turn do not say this: a middleware may have changed, copied or
/// reordered them, and calls of earlier replies stand among them. Calls of a provider call that is
/// announced as discarded are taken back.
#[derive(Debug, Default)]
pub struct ReplyLog {
    calls: Mutex<Vec<RequestedCall>>,
}

/// A tool call that a reply requested, and under which conditions.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RequestedCall {
    /// The call as the model wrote it.
    pub call: ToolCall,
    /// The id of the block that the writer made of it.
    pub block_id: String,
    /// What the call's events belong to.
    pub correlation: Arc<Correlation>,
    /// How the reply ended.
    pub finish_class: FinishClass,
    /// `true` if the end of the reply is missing.
    pub truncated: bool,
    /// `true` for the last call of its reply, the one whose arguments an output limit cuts.
    pub is_last: bool,
    /// What the model was offered.
    pub offer: Arc<ToolOffer>,
}

/// Which tools a provider call offered, and whether the model had a choice.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ToolOffer {
    /// The tools that the model may or must call.
    pub choice: ToolChoice,
    /// The names of the tools, sorted.
    pub names: Vec<String>,
}

impl ToolOffer {
    /// The offer that a turn's data make.
    #[must_use]
    pub fn of(turn: &Turn) -> Self {
        let config = turn.data.get(&keys::TOOL_CONFIG).ok().flatten();
        let config = config.unwrap_or_default();
        let definitions = turn.data.raw(keys::TOOL_DEFINITIONS.id());
        let definitions = definitions.and_then(|value| value.as_array());
        let mut names: Vec<String> = match definitions {
            Some(definitions) if config.enabled => definitions
                .iter()
                .filter_map(|definition| definition.get("name")?.as_str())
                .map(str::to_owned)
                .collect(),
            _ => Vec::new(),
        };
        names.sort_unstable();
        Self {
            choice: config.tool_choice,
            names,
        }
    }

    /// Returns `true` if a tool of this name was offered.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        let found = self.names.binary_search_by(|own| own.as_str().cmp(name));
        found.is_ok()
    }
}

impl ReplyLog {
    /// An empty record.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The calls that were requested so far, in the order of their requests.
    #[must_use]
    pub fn calls(&self) -> Vec<RequestedCall> {
        self.lock().clone()
    }

    /// Forgets all calls, for the next provider call.
    pub fn clear(&self) {
        self.lock().clear();
    }

    pub(crate) fn add(&self, calls: Vec<RequestedCall>) {
        self.lock().extend(calls);
    }

    /// Takes back what the provider call and attempt of `correlation` requested.
    pub(crate) fn discard(&self, correlation: &Correlation) {
        let of = correlation.call();
        self.lock().retain(|own| own.correlation.call() != of);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<RequestedCall>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
