//! [`Marks`]: the ends of cached prefixes.

use serde_json::{Value, json};

use super::{
    message::{Conversation, Role},
    part::Part,
    tools::Tools,
};
use crate::Cache;

/// Maximum number of marks in a request.
///
/// Source: <https://platform.claude.com/docs/en/build-with-claude/prompt-caching>.
const MOST: usize = 4;

/// The ends of cached prefixes: the tools, the instructions, the last message of the user, and the one
/// before it, up to which the previous request wrote the cache.
///
/// The marks move from request to request; the server does not count them as part of the content.
#[derive(Debug, Default)]
pub(super) struct Marks {
    mark: Value,
    tools: bool,
    system: bool,
    messages: [Option<usize>; 2],
}

impl Marks {
    /// Returns the marks of a request, together with those that the application set at most four.
    pub(super) fn of(cache: Cache, conversation: &Conversation<'_>, tools: &Tools<'_>) -> Self {
        let mark = match cache {
            Cache::FiveMinutes => json!({"type": "ephemeral"}),
            Cache::Hour => json!({"type": "ephemeral", "ttl": "1h"}),
        };
        let parts = conversation
            .messages
            .iter()
            .flat_map(|message| &message.content);
        let is_marked = |part: &&Part<'_>| match part {
            Part::Raw(payload) => payload.contains_key("cache_control"),
            _ => false,
        };
        let own = parts.filter(is_marked).count() + tools.marked();
        let mut left = MOST.saturating_sub(own);
        let mut take = |wanted: bool| {
            let taken = wanted && left > 0;
            left -= usize::from(taken);
            taken
        };
        let mut last = conversation
            .messages
            .iter()
            .enumerate()
            .rev()
            .filter(|(_, message)| {
                let end = message.content.last();
                message.role == Role::User && end.is_some_and(|part| !is_marked(&part))
            });
        let mut message = || last.next().map(|(at, _)| at);
        let latest = message().filter(|_| take(true));
        let system = take(!conversation.system.is_empty());
        let tools = take(tools.can_be_marked());
        let before = message().filter(|_| take(true));
        Self {
            mark,
            tools,
            system,
            messages: [latest, before],
        }
    }

    pub(super) fn of_tools(&self, is_last: bool) -> Option<&Value> {
        (self.tools && is_last).then_some(&self.mark)
    }

    pub(super) fn of_system(&self, is_last: bool) -> Option<&Value> {
        (self.system && is_last).then_some(&self.mark)
    }

    pub(super) fn of_message(&self, at: usize) -> Option<&Value> {
        self.messages.contains(&Some(at)).then_some(&self.mark)
    }
}
