//! [`Prompt`]: what a prompt asks of the provider, written into its text.

use std::fmt;

/// A prompt. Its text says what the provider has to answer, so that the answer depends on nothing
/// but the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Prompt {
    /// Number of the prompt, unique in the history of a store.
    pub(crate) op: u64,
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An answer of a few deltas.
    Text,
    /// Three parallel tool calls, then one more, then an answer.
    Tools,
    /// A reply that breaks in its text; the repeated call is answered.
    Flaky,
    /// A long answer, to be cancelled.
    Long,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] = [Self::Text, Self::Tools, Self::Flaky, Self::Long];

    fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Tools => "tools",
            Self::Flaky => "flaky",
            Self::Long => "long",
        }
    }
}

impl Prompt {
    /// Reads the text of a prompt.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (op, kind) = text.strip_prefix("op ")?.split_once(' ')?;
        Some(Self {
            op: op.parse().ok()?,
            kind: Kind::ALL.into_iter().find(|own| own.name() == kind)?,
        })
    }

    /// Returns the final answer.
    pub(crate) fn answer(self) -> String {
        let words = match self.kind {
            Kind::Long => 200,
            _ => 12,
        };
        let mut text = format!("answer {}", self.op);
        for word in 0..words {
            text.push_str(&format!(" w{word}"));
        }
        text
    }
}

impl fmt::Display for Prompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "op {} {}", self.op, self.kind.name())
    }
}
