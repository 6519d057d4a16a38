//! The end of a reply: why the model stopped, and what that means.

use geppetto_engine::{EngineError, Finish, ResponseWriter};
use geppetto_turns::{FinishClass, InferenceResult};

use super::Fold;

/// What a provider's word for the end means, before what arrived is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Stop,
    ToolCalls,
    Limit,
    Filter,
    Unknown,
}

/// Finish reasons, in lower case: OpenAI's, and what servers that pass on those of other models
/// say.
const REASONS: &[(&str, Meaning)] = &[
    ("", Meaning::Stop),
    ("stop", Meaning::Stop),
    ("eos", Meaning::Stop),
    ("end_turn", Meaning::Stop),
    ("stop_sequence", Meaning::Stop),
    ("complete", Meaning::Stop),
    ("tool_calls", Meaning::ToolCalls),
    ("tool_use", Meaning::ToolCalls),
    ("function_call", Meaning::ToolCalls),
    ("length", Meaning::Limit),
    ("max_tokens", Meaning::Limit),
    ("max_output_tokens", Meaning::Limit),
    ("model_length", Meaning::Limit),
    ("content_filter", Meaning::Filter),
    ("refusal", Meaning::Filter),
    ("safety", Meaning::Filter),
    ("recitation", Meaning::Filter),
];

impl Meaning {
    fn of(reason: &str) -> Self {
        let known = REASONS
            .iter()
            .find(|(name, _)| reason.eq_ignore_ascii_case(name));
        known.map_or(Self::Unknown, |(_, meaning)| *meaning)
    }

    /// Whether the model was stopped: what it was writing then is not whole. A word that is not
    /// known may mean that (`abort`, `insufficient_system_resource`).
    fn is_cut(self) -> bool {
        matches!(self, Self::Limit | Self::Filter | Self::Unknown)
    }
}

impl Fold {
    /// The reply is over: makes its result, or gives back why it broke. What arrived is in the
    /// turn either way.
    pub(in crate::chat) fn end(
        mut self,
        mut writer: ResponseWriter<'_>,
        broken: Option<EngineError>,
        request_id: Option<String>,
    ) -> Result<InferenceResult, EngineError> {
        let meaning = Meaning::of(self.reason.as_deref().unwrap_or_default());
        self.calls.publish_all(&mut writer);
        let mut finish = Finish::new(self.class(meaning, &writer));
        self.kept.settle(&mut finish, &mut writer);
        if let Some(others) = self.others.to_value() {
            finish.details.set("other_choices", others);
        }
        finish.stop_reason = self.reason.take();
        finish.request_id = request_id;
        if finish.stop_reason.is_some() || finish.usage.is_some() {
            writer.metadata(finish.stop_reason.as_deref(), finish.usage.as_ref());
        }
        match broken {
            Some(error) => Err(writer.fail(error, finish)),
            None => {
                self.cut_calls(meaning.is_cut(), &mut writer);
                Ok(writer.finish(finish))
            }
        }
    }

    fn class(&self, meaning: Meaning, writer: &ResponseWriter<'_>) -> FinishClass {
        let calls = self.calls.any_whole(meaning.is_cut());
        match meaning {
            Meaning::Limit => FinishClass::MaxTokens,
            Meaning::Filter => FinishClass::Refused,
            // Servers say `stop` with calls, and `tool_calls` without: what arrived decides.
            Meaning::Stop | Meaning::ToolCalls | Meaning::Unknown if calls => {
                FinishClass::ToolCallsPending
            }
            Meaning::Stop | Meaning::ToolCalls if self.refused => FinishClass::Refused,
            Meaning::Stop | Meaning::ToolCalls if self.reason.is_some() || writer.has_output() => {
                FinishClass::Completed
            }
            _ => FinishClass::Unknown,
        }
    }
}
