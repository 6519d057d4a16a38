//! [`Ends`]: the finish reasons of a reply, and whether they end it.

use std::collections::{BTreeMap, BTreeSet};

use geppetto_provider::rules::Meaning;

/// The finish reasons of the choices that make up a reply.
///
/// A reason ends its choice as long as nothing of it follows. Where text or calls follow, the
/// server puts a reason into every event, and none of them says that the reply is over: then its
/// end marker does, or an event that has a reason and nothing else.
#[derive(Debug, Default)]
pub(super) struct Ends {
    seen: BTreeSet<u64>,
    reasons: BTreeMap<u64, String>,
    /// Whether something followed a reason.
    premature: bool,
    /// Whether a reason came in an event of its own since something was said last.
    alone: bool,
}

impl Ends {
    /// Takes an event of a choice: whether it said something, and its reason, which may be none.
    pub(super) fn take(&mut self, choice: u64, spoke: bool, reason: &str) {
        self.seen.insert(choice);
        if spoke {
            self.premature |= self.reasons.remove(&choice).is_some();
            self.alone = false;
        }
        if !is_none(reason) {
            self.alone |= !spoke;
            self.reasons.insert(choice, reason.to_owned());
        }
    }

    /// Returns `true` if the server said by its reasons that the reply is complete.
    pub(super) fn are_final(&self) -> bool {
        let is_over = !self.reasons.is_empty() && self.reasons.len() == self.seen.len();
        is_over && (self.alone || !self.premature)
    }

    /// Number of choices so far.
    pub(super) fn choices(&self) -> usize {
        self.seen.len()
    }

    /// The reason that says most: a failure or a limit of one choice is one of the reply.
    pub(super) fn reason(&self) -> Option<&str> {
        let mut most: Option<&String> = None;
        for reason in self.reasons.values() {
            let rank = |reason: &String| Meaning::of(reason).rank();
            if most.is_none_or(|most| rank(reason) > rank(most)) {
                most = Some(reason);
            }
        }
        most.map(String::as_str)
    }
}

/// Returns `true` if a reason is none. Some servers write out the null of their language.
fn is_none(reason: &str) -> bool {
    ["", "null", "none", "false", "undefined"]
        .iter()
        .any(|none| reason.eq_ignore_ascii_case(none))
}
