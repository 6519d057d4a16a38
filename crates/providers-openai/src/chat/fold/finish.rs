//! The end of a reply: why the model stopped, and what that means.

use geppetto_engine::{EngineError, Finish, ResponseWriter};
use geppetto_transport::Redactor;
use geppetto_turns::{FinishClass, Incomplete, InferenceResult};
use serde_json::json;

use super::Fold;
use crate::shared::{
    notes::inform,
    reasons::{Meaning, failed},
    words,
};

impl Fold {
    /// What the reasons mean: the one that OpenRouter passes on as it came counts where it says
    /// more.
    pub(super) fn meaning(&self) -> Meaning {
        let meaning = Meaning::of(self.ends.reason().unwrap_or_default());
        let native = Meaning::of(&self.native_reason);
        if !self.native_reason.is_empty() && meaning.yields_to(native) {
            return native;
        }
        meaning
    }

    /// The reply is over: makes its result, or gives back why it broke. What arrived is in the
    /// turn either way.
    pub(in crate::chat) fn end(
        mut self,
        mut writer: ResponseWriter<'_>,
        broken: Option<EngineError>,
        request_id: Option<String>,
    ) -> Result<InferenceResult, EngineError> {
        let meaning = self.meaning();
        self.flush(&mut writer);
        self.calls.publish_all(&mut writer);
        let mut finish = Finish::new(self.class(meaning, &writer));
        self.kept.settle(&mut finish, &mut writer);
        if let Some(others) = self.others.settle() {
            finish.details.set("other_choices", others);
        }
        finish.stop_reason = self.ends.reason().map(str::to_owned);
        if !self.native_reason.is_empty() {
            let native = std::mem::take(&mut self.native_reason);
            finish.details.set("native_finish_reason", native);
        }
        finish.request_id = request_id;
        let lost = self.half.lost() + self.calls.lost() + self.others.lost();
        let replaced = self.replaced.saturating_add(lost);
        self.kept.notes.replaced(replaced);
        self.kept.notes.settle(&mut finish, &writer);
        if finish.stop_reason.is_some() || finish.usage.is_some() {
            writer.metadata(finish.stop_reason.as_deref(), finish.usage.as_ref());
        }
        match broken {
            Some(error) => Err(writer.fail(error, finish)),
            None => {
                if meaning == Meaning::Unknown {
                    let reason = finish.stop_reason.as_deref();
                    inform(&writer, "unknown finish reason", json!({"reason": reason}));
                }
                self.cut_calls(meaning, &mut writer);
                Ok(writer.finish(finish))
            }
        }
    }

    /// Marks the calls that the end of the reply cut. Of a filtered reply, no call is what the
    /// model meant: the server left something out, and closed the JSON around it.
    fn cut_calls(&self, meaning: Meaning, writer: &mut ResponseWriter<'_>) {
        for id in self
            .calls
            .broken(meaning.is_cut(), meaning == Meaning::Filter)
        {
            writer.cut(id, Incomplete::Truncated);
        }
    }

    fn class(&self, meaning: Meaning, writer: &ResponseWriter<'_>) -> FinishClass {
        let calls = self.calls.any_whole(meaning.is_cut());
        match meaning {
            Meaning::Limit => FinishClass::MaxTokens,
            Meaning::ContextWindow => FinishClass::ContextWindow,
            Meaning::Filter => FinishClass::Refused,
            Meaning::Failed(_) => FinishClass::Error,
            // Servers say `stop` with calls, and `tool_calls` without: what arrived decides.
            Meaning::Stop | Meaning::ToolCalls | Meaning::Unknown if calls => {
                FinishClass::ToolCallsPending
            }
            Meaning::Stop | Meaning::ToolCalls if self.refused => FinishClass::Refused,
            // A call that never came is not an answer.
            Meaning::ToolCalls if !writer.has_output() => FinishClass::Unknown,
            Meaning::Stop | Meaning::ToolCalls
                if self.ends.reason().is_some() || writer.has_output() =>
            {
                FinishClass::Completed
            }
            _ => FinishClass::Unknown,
        }
    }

    /// The error of a reply whose finish reason says that the server failed.
    pub(super) fn failure(&self) -> Option<EngineError> {
        let Meaning::Failed(kind) = self.meaning() else {
            return None;
        };
        let reason = self.ends.reason().unwrap_or_default();
        let native = self.native_reason.as_str();
        let said = match Meaning::of(reason) {
            Meaning::Failed(_) => reason,
            _ => native,
        };
        Some(failed(kind, said))
    }

    /// Takes a reason, bounded and without secrets, as it gets into the turn.
    pub(super) fn stopped(&mut self, choice: u64, reason: &str, native: &str, redactor: &Redactor) {
        if reason.is_empty() && native.is_empty() {
            self.ends.take(choice, self.spoke, "");
            return;
        }
        let reason = words::word(reason, redactor);
        self.ends.take(choice, self.spoke, &reason);
        self.native_reason = words::word(native, redactor);
    }
}
