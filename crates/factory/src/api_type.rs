//! [`ApiType`]: the providers' APIs by name.

use crate::{FactoryError, FactoryErrorKind};

/// A provider's API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ApiType {
    #[cfg(feature = "openai")]
    Chat,
    #[cfg(feature = "openai")]
    Responses,
    #[cfg(feature = "anthropic")]
    Claude,
    #[cfg(feature = "gemini")]
    Gemini,
    #[cfg(feature = "demo")]
    Demo,
    /// Without the named feature.
    #[allow(dead_code, reason = "with all features there is none")]
    NotBuiltIn(&'static str),
}

#[cfg(feature = "openai")]
const CHAT: ApiType = ApiType::Chat;
#[cfg(not(feature = "openai"))]
const CHAT: ApiType = ApiType::NotBuiltIn("openai");

#[cfg(feature = "openai")]
const RESPONSES: ApiType = ApiType::Responses;
#[cfg(not(feature = "openai"))]
const RESPONSES: ApiType = ApiType::NotBuiltIn("openai");

#[cfg(feature = "anthropic")]
const CLAUDE: ApiType = ApiType::Claude;
#[cfg(not(feature = "anthropic"))]
const CLAUDE: ApiType = ApiType::NotBuiltIn("anthropic");

#[cfg(feature = "gemini")]
const GEMINI: ApiType = ApiType::Gemini;
#[cfg(not(feature = "gemini"))]
const GEMINI: ApiType = ApiType::NotBuiltIn("gemini");

#[cfg(feature = "demo")]
const DEMO: ApiType = ApiType::Demo;
#[cfg(not(feature = "demo"))]
const DEMO: ApiType = ApiType::NotBuiltIn("demo");

const ALL: &[(&str, ApiType)] = &[
    ("openai", CHAT),
    ("openai-responses", RESPONSES),
    ("open-responses", RESPONSES),
    ("anyscale", CHAT),
    ("fireworks", CHAT),
    ("ollama", CHAT),
    ("claude", CLAUDE),
    ("anthropic", CLAUDE),
    ("gemini", GEMINI),
    ("demo", DEMO),
];

/// The names of the API types that are built in.
pub(crate) const SUPPORTED: &[&str] = &[
    #[cfg(feature = "openai")]
    "openai",
    #[cfg(feature = "openai")]
    "openai-responses",
    #[cfg(feature = "openai")]
    "open-responses",
    #[cfg(feature = "openai")]
    "anyscale",
    #[cfg(feature = "openai")]
    "fireworks",
    #[cfg(feature = "openai")]
    "ollama",
    #[cfg(feature = "anthropic")]
    "claude",
    #[cfg(feature = "anthropic")]
    "anthropic",
    #[cfg(feature = "gemini")]
    "gemini",
    #[cfg(feature = "demo")]
    "demo",
];

impl ApiType {
    /// Returns the API type of a name. `where_to_set` says how to set another one.
    pub(crate) fn named(
        name: &str,
        where_to_set: impl FnOnce() -> String,
    ) -> Result<Self, FactoryError> {
        let supported = SUPPORTED.join(", ");
        match ALL.iter().find(|(known, _)| *known == name) {
            Some((_, Self::NotBuiltIn(feature))) => Err(FactoryError::new(
                FactoryErrorKind::NotBuiltIn,
                format!(
                    "the API type `{name}` is not available: built without feature `{feature}`; \
                     available are {supported}; {}",
                    where_to_set()
                ),
            )),
            Some((_, known)) => Ok(*known),
            None => Err(FactoryError::new(
                FactoryErrorKind::UnknownApiType,
                format!(
                    "the API type `{}` is unknown; available are {supported}; {}",
                    geppetto_turns::printable_line(name),
                    where_to_set()
                ),
            )),
        }
    }
}
