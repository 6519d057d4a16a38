//! [`Claude`]: properties of Anthropic's models, by their names on any server.

#[cfg(test)]
mod tests;

/// Version of a model of Anthropic, from its name on any server: `claude-opus-4-1-20250805`,
/// `anthropic/claude-sonnet-4.5`, `eu.anthropic.claude-3-7-sonnet-20250219-v1:0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claude {
    family: Family,
    major: u32,
    minor: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Opus,
    Sonnet,
    Haiku,
    /// Fable and Mythos.
    Other,
    /// Mythos Preview, whose name has no version.
    MythosPreview,
}

impl Claude {
    /// Returns `true` if a model is one of Anthropic's.
    #[must_use]
    pub fn is_named(model: &str) -> bool {
        model.to_ascii_lowercase().contains("claude")
    }

    /// Returns the version of a model; `None` if it is not one of Anthropic's, or if its name does
    /// not have a version.
    #[must_use]
    pub fn of(model: &str) -> Option<Self> {
        let name = model.to_ascii_lowercase();
        let (_, name) = name.split_once("claude")?;
        let words: Vec<&str> = name
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty())
            .collect();
        if words.starts_with(&["mythos", "preview"]) {
            return Some(Self {
                family: Family::MythosPreview,
                major: 4,
                minor: 6,
            });
        }
        // A date has eight digits, a version one or two.
        let mut numbers = words
            .iter()
            .skip_while(|word| version(word).is_none())
            .map_while(|word| version(word));
        let family = match () {
            () if words.contains(&"opus") => Family::Opus,
            () if words.contains(&"sonnet") => Family::Sonnet,
            () if words.contains(&"haiku") => Family::Haiku,
            () => Family::Other,
        };
        Some(Self {
            family,
            major: numbers.next()?,
            minor: numbers.next().unwrap_or(0),
        })
    }

    fn since(self, major: u32, minor: u32) -> bool {
        (self.major, self.minor) >= (major, minor)
    }

    /// Returns `true` if the model rejects `temperature`, `top_p` and `top_k`: Opus since 4.7, and
    /// every family since version 5.
    ///
    /// Source: <https://platform.claude.com/docs/en/about-claude/models/whats-new-claude-4-7>; behind
    /// gateways: <https://github.com/leonardovida/duckdb-ai/issues/85>,
    /// <https://github.com/anomalyco/models.dev/pull/3961>.
    #[must_use]
    pub fn refuses_sampling(self) -> bool {
        self.major >= 5
            || self.family == Family::MythosPreview
            || (self.family == Family::Opus && self.since(4, 7))
    }

    /// Returns `true` if the model can think: since 3.7.
    #[must_use]
    pub fn thinks(self) -> bool {
        self.since(3, 7)
    }

    /// Returns `true` if the model decides itself how much to think (`thinking.type: adaptive`):
    /// since 4.6.
    ///
    /// Source: <https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking>.
    #[must_use]
    pub fn is_adaptive(self) -> bool {
        self.since(4, 6)
    }

    /// Returns `true` if the model rejects a thinking budget ("`thinking.type.enabled` is not
    /// supported for this model"), and shows thoughts only on request: like
    /// [`refuses_sampling`](Self::refuses_sampling).
    ///
    /// Reports: <https://github.com/docker/docker-agent/issues/3093>,
    /// <https://github.com/AAswordman/Operit/pull/568>.
    #[must_use]
    pub fn refuses_budget(self) -> bool {
        self.refuses_sampling()
    }

    /// Returns `true` if the model thinks unless the request disables it: since version 5.
    ///
    /// Source: <https://platform.claude.com/docs/en/about-claude/models/whats-new-opus-5>.
    #[must_use]
    pub fn thinks_by_default(self) -> bool {
        self.major >= 5 || self.family == Family::MythosPreview
    }

    /// Returns `true` if thinking cannot be disabled ("`thinking.type.disabled` is not supported for this
    /// model"): Fable and Mythos, and Opus since 5.5.
    ///
    /// Sources: <https://platform.claude.com/docs/en/models/opus-5-5/whats-new-opus-5-5>,
    /// <https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-adaptive-thinking.html>.
    #[must_use]
    pub fn always_thinks(self) -> bool {
        match self.family {
            Family::MythosPreview => true,
            Family::Other => self.since(5, 0),
            Family::Opus => self.since(5, 5),
            Family::Sonnet | Family::Haiku => false,
        }
    }

    /// Returns `true` if the model rejects a call that must use a tool (`tool_choice` of type `any` or
    /// `tool`): Opus since 5.5, and Fable since 5.1.
    ///
    /// Source: <https://platform.claude.com/docs/en/models/opus-5-5/whats-new-opus-5-5>.
    #[must_use]
    pub fn refuses_forced_tools(self) -> bool {
        match self.family {
            Family::Other => self.since(5, 1),
            Family::Opus => self.since(5, 5),
            Family::Sonnet | Family::Haiku | Family::MythosPreview => false,
        }
    }

    /// Returns `true` if the model has the effort `xhigh`: Opus since 4.7, and every family since version 5.
    ///
    /// Source: <https://platform.claude.com/docs/en/build-with-claude/effort>.
    #[must_use]
    pub fn has_xhigh(self) -> bool {
        self.refuses_sampling() && self.family != Family::MythosPreview
    }

    /// Returns `true` if the model has an effort: Opus 4.5, and every family since 4.6.
    ///
    /// Source: <https://platform.claude.com/docs/en/build-with-claude/effort>.
    #[must_use]
    pub fn has_effort(self) -> bool {
        self.is_adaptive() || (self.family == Family::Opus && self.since(4, 5))
    }

    /// Returns `true` if the reply can begin with a text of the request: before 4.6 ("This model
    /// does not support assistant message prefill").
    ///
    /// Source: <https://platform.claude.com/docs/en/about-claude/models/whats-new-claude-4-6>.
    #[must_use]
    pub fn takes_prefill(self) -> bool {
        !self.is_adaptive()
    }

    /// Returns `true` if the model answers in the form of a JSON schema: Opus since 4.1, every other
    /// family since 4.5.
    ///
    /// Source: <https://platform.claude.com/docs/en/build-with-claude/structured-outputs>.
    #[must_use]
    pub fn takes_schema(self) -> bool {
        self.since(4, 5) || (self.family == Family::Opus && self.since(4, 1))
    }

    /// Returns the output limit of the model, in tokens.
    ///
    /// Source: <https://platform.claude.com/docs/en/about-claude/models/overview>.
    #[must_use]
    pub fn output_limit(self) -> u64 {
        match (self.major, self.minor, self.family) {
            (..=2, ..) | (3, 0, _) => 4_096,
            (3, ..=6, _) => 8_192,
            (4, ..=4, Family::Opus) => 32_000,
            (3, ..) | (4, ..=5, _) => 64_000,
            (4, _, Family::Opus) | (5.., ..) => 128_000,
            _ => 64_000,
        }
    }
}

fn version(word: &str) -> Option<u32> {
    (word.len() <= 2).then(|| word.parse().ok()).flatten()
}
