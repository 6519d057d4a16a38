//! [`SetAside`]: a broken reply that is set aside while its request is retried.

use geppetto_turns::Turn;

use super::{RunContext, calls::EndedCall, lock};

/// Provider calls that have not been replaced yet, each with the reason.
#[derive(Default)]
pub(super) struct Held(Vec<(EndedCall, String)>);

impl Held {
    fn add(&mut self, calls: Vec<EndedCall>, reason: &str) {
        let calls = calls.into_iter().map(|call| (call, reason.to_owned()));
        self.0.extend(calls);
    }
}

/// A broken reply whose request is being retried. Created by [`RunContext::set_calls_aside`].
#[derive(Debug)]
#[must_use = "a reply that is not replaced must be restored, or what it said is lost"]
pub struct SetAside {
    ctx: RunContext,
    /// The turn including the broken reply.
    turn: Turn,
}

impl SetAside {
    /// Restores the reply in `turn` if no other reply has replaced it. Returns `true` if it did.
    #[must_use]
    pub fn restore(&self, turn: &mut Turn) -> bool {
        let held = lock(&self.ctx.shared.held).take();
        let Some(held) = held else {
            return false;
        };
        let mut ended = lock(&self.ctx.shared.ended);
        if let Some((first, _)) = held.0.first() {
            // The calls since then produced no output.
            ended.retain(|call| call.position < first.position);
        }
        ended.extend(held.0.into_iter().map(|(call, _)| call));
        turn.clone_from(&self.turn);
        true
    }

    /// Announces the reply as discarded, if not done yet, because another reply has replaced it.
    pub fn discard(self) {
        self.ctx.discard_set_aside();
    }
}

impl RunContext {
    /// Sets aside the provider calls that ended since [`provider_calls`](Self::provider_calls) was
    /// `since`, because their request is sent again: resets `turn` to the engine's input. Their
    /// output remains valid until another reply replaces it: the calls are announced as discarded,
    /// with `reason`, when the next provider call produces output or finishes. If that call fails
    /// first, [`SetAside::restore`] restores the reply.
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

    /// Sets aside the provider calls that ended since [`provider_calls`](Self::provider_calls) was
    /// `since`, because another answer is requested. The turn keeps them.
    pub(crate) fn set_answer_aside(&self, since: u32, reason: &str) {
        let calls = self.take_calls_since(since);
        self.hold(calls, reason);
    }

    fn hold(&self, calls: Vec<EndedCall>, reason: &str) {
        let mut held = lock(&self.shared.held);
        held.get_or_insert_default().add(calls, reason);
    }

    /// Announces the calls set aside as discarded: another reply replaces them.
    pub(crate) fn discard_set_aside(&self) {
        let held = lock(&self.shared.held).take();
        if let Some(held) = held {
            for (call, reason) in held.0 {
                self.announce_discarded(&call, reason);
            }
        }
    }
}
