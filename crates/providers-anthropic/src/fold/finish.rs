//! The end of a reply.

use geppetto_engine::Finish;
use geppetto_provider::{Output, rules::Meaning};
use geppetto_turns::Incomplete;

use super::{MessagesFold, blocks::Blocks};

impl MessagesFold {
    pub(super) fn end(mut self, broken: Option<Incomplete>, out: &mut Output<'_>) -> Finish {
        let meaning = Meaning::of(&self.reason);
        if broken.is_none() {
            self.blocks.end_all(out);
            self.revoke(meaning, out);
        }
        out.count_replaced(self.blocks.lost);
        let has_calls = self.blocks.calls.iter().any(|call| call.is_whole);
        let mut finish = Finish::new(meaning.class(has_calls));
        if let Some((usage, is_odd)) = self.usage.read() {
            if is_odd {
                out.note_odd_usage();
            }
            if let Some(tier) = usage
                .raw()
                .and_then(|raw| raw.get("service_tier")?.as_str())
            {
                let tier = out.word(tier);
                self.details.set("service_tier", tier);
            }
            finish.usage = Some(usage);
        }
        finish.stop_reason = Some(self.reason).filter(|reason| !reason.is_empty());
        finish.response_id = self.id.take();
        finish.details = self.details;
        finish
    }

    /// Revokes calls that must not run: all of a reply that was filtered, one that a limit cut off, and those
    /// of a provider's tool that is over.
    fn revoke(&mut self, meaning: Meaning, out: &mut Output<'_>) {
        let Blocks { calls, results, .. } = &mut self.blocks;
        for call in calls {
            // Without a limit, blank arguments are complete.
            call.is_whole |= !meaning.is_cut();
            let is_over = call
                .caller
                .as_ref()
                .is_some_and(|caller| results.contains(caller));
            if !call.is_whole || is_over || meaning == Meaning::Filter {
                out.revoke(call.item, Incomplete::Truncated);
                call.is_whole = false;
            }
        }
    }
}
