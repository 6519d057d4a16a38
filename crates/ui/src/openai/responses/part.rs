//! [`Part`]: a text within an item.

use serde_json::{Value, json};

/// Kind of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PartKind {
    Text,
    Refusal,
    Summary,
    Reasoning,
}

/// A text within an item.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) kind: PartKind,
    pub(super) text: String,
    pub(super) annotations: Vec<Value>,
    /// Number of the part among those of its list.
    pub(super) index: usize,
    pub(super) is_open: bool,
}

impl Part {
    pub(super) fn new(kind: PartKind, index: usize) -> Self {
        Self {
            kind,
            text: String::new(),
            annotations: Vec::new(),
            index,
            is_open: true,
        }
    }

    pub(super) fn is_summary(&self) -> bool {
        self.kind == PartKind::Summary
    }

    pub(super) fn json(&self) -> Value {
        self.with(&self.text)
    }

    /// Returns the part as it is when it starts.
    pub(super) fn empty(&self) -> Value {
        self.with("")
    }

    fn with(&self, text: &str) -> Value {
        match self.kind {
            PartKind::Text => json!({"type": "output_text", "text": text,
                "annotations": self.annotations, "logprobs": []}),
            PartKind::Refusal => json!({"type": "refusal", "refusal": text}),
            PartKind::Summary => json!({"type": "summary_text", "text": text}),
            PartKind::Reasoning => json!({"type": "reasoning_text", "text": text}),
        }
    }

    /// Returns the name of the index.
    pub(super) fn index_name(&self) -> &'static str {
        if self.is_summary() {
            "summary_index"
        } else {
            "content_index"
        }
    }

    /// Returns the types of the events: part added, delta, text done, part done.
    pub(super) fn names(&self) -> [&'static str; 4] {
        match self.kind {
            PartKind::Text => [
                "response.content_part.added",
                "response.output_text.delta",
                "response.output_text.done",
                "response.content_part.done",
            ],
            PartKind::Refusal => [
                "response.content_part.added",
                "response.refusal.delta",
                "response.refusal.done",
                "response.content_part.done",
            ],
            PartKind::Summary => [
                "response.reasoning_summary_part.added",
                "response.reasoning_summary_text.delta",
                "response.reasoning_summary_text.done",
                "response.reasoning_summary_part.done",
            ],
            PartKind::Reasoning => [
                "response.content_part.added",
                "response.reasoning_text.delta",
                "response.reasoning_text.done",
                "response.content_part.done",
            ],
        }
    }

    /// Returns the field with the complete text.
    pub(super) fn text_name(&self) -> &'static str {
        if self.kind == PartKind::Refusal {
            "refusal"
        } else {
            "text"
        }
    }
}
