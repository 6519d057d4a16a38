//! End of a reply.

use geppetto_engine::Finish;
use geppetto_provider::{Output, rules::Meaning};
use geppetto_turns::{FinishClass, Incomplete};
use serde_json::json;

use super::GeminiFold;

impl GeminiFold {
    /// Ends the reply.
    pub(super) fn end(mut self, broken: Option<Incomplete>, out: &mut Output<'_>) -> Finish {
        let meaning = self.meaning();
        match broken.or((meaning.is_cut()).then_some(Incomplete::Truncated)) {
            Some(why) => self.calls.cut(why, out),
            None => self.calls.settle(out),
        }
        if broken.is_none() && meaning == Meaning::Filter {
            self.calls.revoke(out);
        }
        if broken.is_none() && meaning == Meaning::Unknown {
            out.inform("unknown finish reason", json!({"reason": self.reason}));
        }
        let mut finish = Finish::new(self.class(meaning, out));
        let text = self.texts.last();
        self.beside.settle(text, &mut finish, out);
        if let Some(others) = self.others.settle() {
            finish.details.set("other_choices", others);
        }
        finish.stop_reason = self.reason;
        finish
    }

    fn class(&self, meaning: Meaning, out: &Output<'_>) -> FinishClass {
        let is_known = self.reason.is_some() || out.has_output();
        match meaning.class(!self.calls.is_empty()) {
            FinishClass::Completed if !is_known => FinishClass::Unknown,
            class => class,
        }
    }
}
