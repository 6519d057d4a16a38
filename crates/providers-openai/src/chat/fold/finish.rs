//! End of a reply: its finish reason and finish class.

use geppetto_engine::Finish;
use geppetto_provider::{Fault, Output, rules::Meaning};
use geppetto_turns::{FinishClass, Incomplete};
use serde_json::json;

use super::ChatFold;

impl ChatFold {
    /// Returns the meaning of the finish reasons: the native one forwarded by OpenRouter counts if
    /// it is more specific.
    pub(super) fn meaning(&self) -> Meaning {
        let meaning = Meaning::of(self.ends.reason().unwrap_or_default());
        let native = Meaning::of(&self.native_reason);
        if !self.native_reason.is_empty() && meaning.yields_to(native) {
            return native;
        }
        meaning
    }

    /// Ends the reply.
    pub(super) fn end(mut self, broken: Option<Incomplete>, out: &mut Output<'_>) -> Finish {
        let meaning = self.meaning();
        self.end_tags(out);
        self.calls.publish_all(out);
        let mut finish = Finish::new(self.class(meaning, out));
        if self.tags.found() {
            self.kept.mark_tagged(out);
        }
        self.kept.settle(&mut finish, out);
        if let Some(others) = self.others.settle() {
            finish.details.set("other_choices", others);
        }
        finish.stop_reason = self.ends.reason().map(str::to_owned);
        if !self.native_reason.is_empty() {
            let native = std::mem::take(&mut self.native_reason);
            finish.details.set("native_finish_reason", native);
        }
        out.count_replaced(self.calls.lost() + self.others.lost());
        if broken.is_none() {
            if meaning == Meaning::Unknown {
                let reason = finish.stop_reason.as_deref();
                out.inform("unknown finish reason", json!({"reason": reason}));
            }
            self.cut_calls(meaning, out);
        }
        finish
    }

    /// Marks the calls that the end of the reply truncated. In a filtered reply no call is as the
    /// model intended: the server removed parts and closed the JSON around them.
    fn cut_calls(&self, meaning: Meaning, out: &mut Output<'_>) {
        for id in self
            .calls
            .broken(meaning.is_cut(), meaning == Meaning::Filter)
        {
            out.cut(id, Incomplete::Truncated);
        }
    }

    fn class(&self, meaning: Meaning, out: &Output<'_>) -> FinishClass {
        let calls = self.calls.any_whole(meaning.is_cut());
        match meaning {
            Meaning::Limit => FinishClass::MaxTokens,
            Meaning::ContextWindow => FinishClass::ContextWindow,
            Meaning::Filter => FinishClass::Refused,
            Meaning::Failed(_) => FinishClass::Error,
            // Servers send `stop` with calls, and `tool_calls` without: the output decides.
            Meaning::Stop | Meaning::ToolCalls | Meaning::Unknown if calls => {
                FinishClass::ToolCallsPending
            }
            Meaning::Stop | Meaning::ToolCalls if self.refused => FinishClass::Refused,
            // A missing call is not an answer.
            Meaning::ToolCalls if !out.has_output() => FinishClass::Unknown,
            Meaning::Stop | Meaning::ToolCalls
                if self.ends.reason().is_some() || out.has_output() =>
            {
                FinishClass::Completed
            }
            _ => FinishClass::Unknown,
        }
    }

    /// Returns the error of a reply whose finish reason means a failure of the server.
    pub(super) fn failure(&self) -> Option<Fault> {
        let Meaning::Failed(kind) = self.meaning() else {
            return None;
        };
        let reason = self.ends.reason().unwrap_or_default();
        let native = self.native_reason.as_str();
        let said = match Meaning::of(reason) {
            Meaning::Failed(_) => reason,
            _ => native,
        };
        Some(Fault::failed(kind, said))
    }

    /// Records a reason, bounded and redacted, as it is stored in the turn.
    pub(super) fn stopped(&mut self, choice: u64, reason: &str, native: &str, out: &Output<'_>) {
        if reason.is_empty() && native.is_empty() {
            self.ends.take(choice, self.spoke, "");
            return;
        }
        let reason = out.word(reason);
        self.ends.take(choice, self.spoke, &reason);
        self.native_reason = out.word(native);
    }
}
