//! [`SetAside`]: a reply that broke off, while its request is retried.

use geppetto_turns::Turn;

use super::{RunContext, calls::EndedCall, lock};

/// Provider calls that were not replaced yet, each with the reason.
#[derive(Default)]
pub(super) struct Held(Vec<(EndedCall, String)>);

impl Held {
    fn add(&mut self, calls: Vec<EndedCall>, reason: &str) {
        let calls = calls.into_iter().map(|call| (call, reason.to_owned()));
        self.0.extend(calls);
    }
}

/// A reply that broke off, while its request is retried. Created by
/// [`RunContext::set_calls_aside`].
#[derive(Debug)]
#[must_use = "a reply that is not replaced must be restored, or what it said is lost"]
pub struct SetAside {
    ctx: RunContext,
    /// The turn as the reply left it.
    turn: Turn,
}

impl SetAside {
    /// Puts the reply back into `turn` if no other one replaced it. Returns `true` if it did.
    #[must_use]
    pub fn restore(&self, turn: &mut Turn) -> bool {
        let held = lock(&self.ctx.shared.held).take();
        let Some(held) = held else {
            return false;
        };
        let mut ended = lock(&self.ctx.shared.ended);
        if let Some((first, _)) = held.0.first() {
            // What was asked since has said nothing.
            ended.retain(|call| call.position < first.position);
        }
        ended.extend(held.0.into_iter().map(|(call, _)| call));
        turn.clone_from(&self.turn);
        true
    }

    /// Announces the reply as discarded, if not done yet, because another one has replaced it.
    pub fn discard(self) {
        self.ctx.discard_set_aside();
    }
}

impl RunContext {
    /// Sets the provider calls that ended since [`provider_calls`](Self::provider_calls) was
    /// `since` aside, because their request is sent again: sets `turn` back to what the engine was
    /// given. What was said stays valid until another reply replaces it: the calls are announced
    /// as discarded, for `reason`, when the next provider call produces output or finishes. If it
    /// fails before, [`SetAside::restore`] puts the reply back.
    ///
    /// For implementations of [`Attempts`](crate::Attempts).
    pub fn set_calls_aside(&self, since: u32, turn: &mut Turn, reason: &str) -> SetAside {
        let calls = self.take_calls_since(since);
        let aside = SetAside {
            ctx: self.clone(),
            turn: turn.clone(),
        };
        if let Some(first) = calls.first() {
            turn.clone_from(&first.before);
        }
        self.hold(calls, reason);
        aside
    }

    /// Sets the provider calls that ended since [`provider_calls`](Self::provider_calls) was `since`
    /// aside, because their answer is asked for again. The turn keeps them.
    pub(crate) fn set_answer_aside(&self, since: u32, reason: &str) {
        let calls = self.take_calls_since(since);
        self.hold(calls, reason);
    }

    fn hold(&self, calls: Vec<EndedCall>, reason: &str) {
        let mut held = lock(&self.shared.held);
        held.get_or_insert_default().add(calls, reason);
    }

    /// Announces what was set aside as discarded: another reply replaces it.
    pub(crate) fn discard_set_aside(&self) {
        let held = lock(&self.shared.held).take();
        if let Some(held) = held {
            for (call, reason) in held.0 {
                self.announce_discarded(&call, reason);
            }
        }
    }
}
