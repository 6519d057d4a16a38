//! [`Ends`]: the finish reasons of a reply, and whether they end it.

use std::collections::{BTreeMap, BTreeSet};

use geppetto_provider::rules::Meaning;

/// Finish reasons of the choices of a reply.
///
/// A reason ends its choice unless further output of it follows. If text or calls follow, the
/// server sends a reason in every event, and none of them ends the reply: only its end marker does,
/// or an event that has a reason and nothing else.
#[derive(Debug, Default)]
pub(super) struct Ends {
    seen: BTreeSet<u64>,
    reasons: BTreeMap<u64, String>,
    /// `true` if output followed a reason.
    premature: bool,
    /// `true` if a reason arrived in a separate event after the last output.
    alone: bool,
}

impl Ends {
    /// Processes an event of a choice: whether it had output, and its reason, which may be empty.
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

    /// Returns `true` if the reasons indicate that the reply is complete.
    pub(super) fn are_final(&self) -> bool {
        let is_over = !self.reasons.is_empty() && self.reasons.len() == self.seen.len();
        is_over && (self.alone || !self.premature)
    }

    /// Returns the number of choices so far.
    pub(super) fn choices(&self) -> usize {
        self.seen.len()
    }

    /// Returns the most specific reason: a failure or a limit of one choice applies to the reply.
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

/// Returns `true` if a reason represents none. Some servers send the null of their programming
/// language as text.
fn is_none(reason: &str) -> bool {
    ["", "null", "none", "false", "undefined"]
        .iter()
        .any(|none| reason.eq_ignore_ascii_case(none))
}
