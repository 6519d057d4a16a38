//! Idempotency keys: names for the effects of tool calls.

use std::{
    collections::HashSet,
    fmt::Write as _,
    sync::{Mutex, OnceLock},
};

use geppetto_turns::ToolCall;

use super::{RunContext, lock};

#[cfg(test)]
mod tests;

/// Keys issued by a run, and its name if the context names no session.
#[derive(Default)]
pub(super) struct Effects {
    given: Mutex<HashSet<String>>,
    anonymous: OnceLock<String>,
}

impl RunContext {
    /// Returns the idempotency key of `call`, for services that must not perform an action twice.
    ///
    /// It depends only on the session, the turn and the call (id, name and arguments), so that a
    /// run that is resumed in another process issues the same key for the same call. `repeated` is
    /// the number of earlier calls of the conversation with the same id, because some providers
    /// restart their ids in each reply. No two calls of a run have the same key. If the context
    /// names no session or no turn, the run's id replaces both. The key of a run with a
    /// [parent](Self::with_parent) starts with that of the enclosing tool call, so that sessions
    /// inside two calls have distinct keys, whatever their ids are.
    pub fn effect_key(&self, call: &ToolCall, repeated: usize) -> String {
        let base = format!(
            "{}:{}:{:016x}",
            self.effect_scope(),
            escape(&call.id),
            digest([call.name.as_str(), call.args.as_str()])
        );
        let mut given = lock(&self.shared.effects.given);
        let mut number = repeated;
        loop {
            let mut key = base.clone();
            if number > 0 {
                // Writing to a string cannot fail.
                let _ = write!(key, "#{}", number + 1);
            }
            if given.insert(key.clone()) {
                return key;
            }
            number += 1;
        }
    }

    /// Returns the prefix of this context's keys.
    pub(super) fn effect_scope(&self) -> String {
        if let Some(scope) = &self.effect_scope {
            return (**scope).to_owned();
        }
        let own = self.own_scope();
        // A run with a parent acts on behalf of one of the parent's calls.
        match &self.parent {
            Some(parent) => format!("{}/{own}", parent.effect_scope()),
            None => own,
        }
    }

    fn own_scope(&self) -> String {
        let correlation = &self.correlation;
        let named = (&correlation.session_id, &correlation.turn_id);
        if let (Some(session), Some(turn)) = named {
            return format!("{}:{}", escape(session), escape(turn));
        }
        if let Some(run) = &correlation.run_id {
            return format!("run:{}", escape(run));
        }
        let anonymous = &self.shared.effects.anonymous;
        let id = anonymous.get_or_init(|| self.next_id());
        format!("run:{id}")
    }
}

/// Escapes a part of a key, so that parts cannot be confused.
fn escape(part: &str) -> String {
    let mut escaped = String::with_capacity(part.len());
    for c in part.chars() {
        match c {
            '%' => escaped.push_str("%25"),
            ':' => escaped.push_str("%3A"),
            '#' => escaped.push_str("%23"),
            '/' => escaped.push_str("%2F"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// FNV-1a, 64 bits (<https://datatracker.ietf.org/doc/html/draft-eastlake-fnv>): the same in every
/// process and version, unlike the standard library's hashers. A separator follows each part.
fn digest<'a>(parts: impl IntoIterator<Item = &'a str>) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for part in parts {
        for byte in part.bytes().chain([0xff]) {
            hash ^= u64::from(byte);
            hash = hash.wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash
}
