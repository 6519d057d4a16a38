//! [`ReplyLog`]: the tool calls requested by replies, for the tool loop.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use geppetto_events::Correlation;
use geppetto_turns::{FinishClass, ToolCall, Turn};

use crate::{ToolChoice, config::keys};

/// Record of the tool calls requested by replies.
///
/// A runner adds one to its context ([`with_reply_log`](crate::RunContext::with_reply_log)); every
/// [`ResponseWriter`](crate::ResponseWriter) of that context records the calls requested by its
/// reply. The blocks of a turn do not contain this information: a middleware may have changed,
/// copied or reordered them, and they include calls of earlier replies. Calls of a provider call
/// that is announced as discarded are removed.
#[derive(Debug, Default)]
pub struct ReplyLog {
    calls: Mutex<Vec<RequestedCall>>,
}

/// A tool call requested by a reply, with its conditions.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RequestedCall {
    /// The call, as written by the model.
    pub call: ToolCall,
    /// Id of the block that the writer created for it.
    pub block_id: String,
    /// Correlation of the call's events.
    pub correlation: Arc<Correlation>,
    /// Finish class of the reply.
    pub finish_class: FinishClass,
    /// `true` if the end of the reply is missing.
    pub truncated: bool,
    /// `true` for the last call of its reply, whose arguments an output limit may have truncated.
    pub is_last: bool,
    /// Tools offered to the model.
    pub offer: Arc<ToolOffer>,
}

/// Tools offered by a provider call, and the tool choice.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ToolOffer {
    /// Tools that the model may or must call.
    pub choice: ToolChoice,
    /// Names of the tools, sorted.
    pub names: Vec<String>,
}

impl ToolOffer {
    /// Returns the offer in the data of a turn.
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
    /// Creates an empty log.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the calls requested so far, in the order of their requests.
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

    /// Removes the calls requested by the provider call and attempt of `correlation`.
    pub(crate) fn discard(&self, correlation: &Correlation) {
        let of = correlation.call();
        self.lock().retain(|own| own.correlation.call() != of);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<RequestedCall>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
