//! A chunk of a reply: borrowed, typed, tolerant.
//!
//! Source: <https://ai.google.dev/api/generate-content#v1beta.GenerateContentResponse>.

use geppetto_provider::{
    read::{Beside, Few, Fields, Fill, Number, ObjectVisitor, Place, Text, is_reported},
    wire_object,
};
use serde::{Deserializer, de::MapAccess};
use serde_json::value::RawValue;

wire_object! {
    pub(crate) struct Chunk {
        candidates: Few<Candidate<'a>>,
        prompt_feedback as "promptFeedback": Beside<PromptFeedback<'a>>,
        usage as "usageMetadata": Option<&'a RawValue>,
        model as "modelVersion": Text<'a>,
        id as "responseId": Text<'a>,
        error: Option<&'a RawValue>,
    }
}

impl Chunk<'_> {
    /// Returns the error that a chunk reports.
    pub(crate) fn reported(&self) -> Option<&RawValue> {
        self.error.filter(|error| is_reported(error.get()))
    }

    /// Returns `true` if the object has no field of a chunk.
    pub(crate) fn is_empty(&self) -> bool {
        self.candidates.is_empty()
            && self.prompt_feedback.0.is_none()
            && self.usage.is_none()
            && self.id.is_empty()
    }
}

wire_object! {
    pub(crate) struct PromptFeedback {
        reason as "blockReason": Text<'a>,
        message as "blockReasonMessage": Text<'a>,
    }
}

wire_object! {
    pub(crate) struct Candidate {
        index: Number,
        content: Option<Content<'a>>,
        reason as "finishReason": Text<'a>,
        message as "finishMessage": Text<'a>,
        safety as "safetyRatings": Option<&'a RawValue>,
        grounding as "groundingMetadata": Option<&'a RawValue>,
        citations as "citationMetadata": Option<&'a RawValue>,
        urls as "urlContextMetadata": Option<&'a RawValue>,
        logprobs as "logprobsResult": Option<&'a RawValue>,
    }
}

wire_object! {
    pub(crate) struct Content {
        parts: Few<Part<'a>>,
    }
}

/// A part of a content.
#[derive(Debug, Default)]
pub(crate) struct Part<'a> {
    pub(crate) text: Option<Text<'a>>,
    pub(crate) thought: Text<'a>,
    pub(crate) signature: Text<'a>,
    pub(crate) call: Option<Box<Call<'a>>>,
    /// All other fields, as sent.
    pub(crate) others: Vec<(String, &'a RawValue)>,
}

impl Part<'_> {
    pub(crate) fn is_thought(&self) -> bool {
        &*self.thought == "true"
    }
}

impl<'de: 'a, 'a> Fields<'de> for Part<'a> {
    fn field<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "text" => map.next_value_seed(Place(&mut self.text)),
            "thought" => map.next_value_seed(Place(&mut self.thought)),
            // Proxies in Python use the names of the SDK.
            "thoughtSignature" | "thought_signature" => {
                map.next_value_seed(Place(&mut self.signature))
            }
            "functionCall" | "function_call" => map.next_value_seed(Place(&mut self.call)),
            other => {
                let value: Option<&'a RawValue> = map.next_value()?;
                self.others
                    .extend(value.map(|value| (other.to_owned(), value)));
                Ok(())
            }
        }
    }
}

impl<'de: 'a, 'a> Fill<'de> for Part<'a> {
    fn fill<D: Deserializer<'de>>(&mut self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(ObjectVisitor(self))
    }
}

wire_object! {
    /// A function call, or a piece of one (Vertex AI).
    pub(crate) struct Call {
        id: Text<'a>,
        name: Text<'a>,
        args: Option<&'a RawValue>,
        partial as "partialArgs": Vec<PartialArg<'a>>,
        continues as "willContinue": Text<'a>,
    }
}

wire_object! {
    /// A piece of one value of streamed arguments.
    ///
    /// Source: <https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/function-calling#streaming-fc>.
    pub(crate) struct PartialArg {
        path as "jsonPath": Text<'a>,
        text as "stringValue": Option<Text<'a>>,
        number as "numberValue": Option<&'a RawValue>,
        boolean as "boolValue": Option<&'a RawValue>,
        null as "nullValue": Option<&'a RawValue>,
    }
}
