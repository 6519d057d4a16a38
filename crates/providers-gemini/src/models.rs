//! Properties of models, by their names.

#[cfg(test)]
mod tests;

/// What a model accepts. For a name that says nothing, such as that of a tuned model or of a
/// gateway, the properties are those that most models have, and a refusal of the server decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Model {
    /// Version (major, minor); that of the newest models if the name has none
    /// (`gemini-flash-latest`). `None` if it is not the name of a Gemini model.
    version: Option<(u32, u32)>,
    is_gemma: bool,
    is_pro: bool,
    /// `true` for models that generate images or speech.
    is_media: bool,
}

/// How the thoughts of a model are limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Thinking {
    /// The model does not think.
    Never,
    /// By a number of tokens.
    Budget,
    /// By a level.
    Level,
    /// Unknown.
    Unknown,
}

const NEWEST: (u32, u32) = (u32::MAX, 0);

impl Model {
    pub(crate) fn named(name: &str) -> Self {
        let name = name.to_ascii_lowercase();
        let last = name.rsplit('/').next().unwrap_or_default();
        let rest = last.split_once("gemini-").map(|(_, rest)| rest);
        Self {
            version: rest.map(|rest| match rest {
                // The names of the first generation.
                "pro" | "pro-vision" | "ultra" => (1, 0),
                rest => version(rest).unwrap_or(NEWEST),
            }),
            is_gemma: last.contains("gemma"),
            is_pro: last.contains("-pro"),
            is_media: last.contains("-image") || last.contains("-tts") || last.contains("-audio"),
        }
    }

    fn since(self, version: (u32, u32)) -> bool {
        self.version.is_some_and(|own| own >= version)
    }

    /// Source: <https://ai.google.dev/gemini-api/docs/thinking>.
    pub(crate) fn thinking(self) -> Thinking {
        match self.version {
            _ if self.is_gemma => Thinking::Never,
            None => Thinking::Unknown,
            Some(version) if version < (2, 5) => Thinking::Never,
            Some(version) if version < (3, 0) && self.is_media => Thinking::Never,
            Some(version) if version < (3, 0) => Thinking::Budget,
            Some(_) => Thinking::Level,
        }
    }

    /// Returns the smallest thinking budget. Gemini 2.5 Pro cannot be kept from thinking.
    pub(crate) fn least_budget(self) -> i64 {
        if self.is_pro { 128 } else { 0 }
    }

    /// Returns the lowest thinking level: those of the Pro models begin with `low`.
    pub(crate) fn least_level(self) -> &'static str {
        if self.is_pro { "low" } else { "minimal" }
    }

    /// Returns `true` if function calls of the history must have a thought signature.
    ///
    /// Source: <https://ai.google.dev/gemini-api/docs/thought-signatures>.
    pub(crate) fn wants_signatures(self) -> bool {
        self.since((3, 0))
    }

    /// Returns `true` if schemas may be JSON schemas.
    ///
    /// Source: <https://ai.google.dev/gemini-api/docs/structured-output>.
    pub(crate) fn takes_json_schema(self) -> bool {
        self.since((2, 5))
    }

    /// Returns `true` if structured output and tools may be used together.
    pub(crate) fn takes_schema_with_tools(self) -> bool {
        self.version.is_none() || self.since((3, 0))
    }

    /// Returns `true` if built-in tools and functions may be used together.
    pub(crate) fn combines_tools(self) -> bool {
        self.since((3, 0))
    }

    /// Returns `true` if function responses may contain media.
    ///
    /// Source: <https://ai.google.dev/gemini-api/docs/function-calling#multimodal>.
    pub(crate) fn takes_media_in_responses(self) -> bool {
        self.since((3, 0))
    }

    /// Returns `true` if the model has no instructions of its own: "Developer instruction is not
    /// enabled for models/gemma-3-27b-it".
    pub(crate) fn has_no_instructions(self) -> bool {
        self.is_gemma
    }
}

/// Reads the version at the beginning of `rest`: `2.5-flash`, `3-pro-preview`.
fn version(rest: &str) -> Option<(u32, u32)> {
    let number = rest
        .split(|c: char| !c.is_ascii_digit() && c != '.')
        .next()?;
    let (major, minor) = number.split_once('.').unwrap_or((number, "0"));
    // A date is no version (`gemini-exp-1206`), and is not at the beginning.
    Some((major.parse().ok()?, minor.parse().unwrap_or(0)))
}
