//! API keys and addresses.

use super::{Field, Kind};
use crate::Address;

const NO_POLICY: &str = "every address is permitted";

/// Returns the address of a provider's own service, which its well-known variables and keys of any
/// layer may use. `None` for APIs that many servers have, whose address must be set.
#[must_use]
pub fn own_address(name: &str) -> Option<Address> {
    let url = match name {
        "openai" | "openai-responses" => OPENAI,
        "claude" | "anthropic" => CLAUDE,
        "gemini" => GEMINI,
        "ollama" => OLLAMA,
        _ => return None,
    };
    Some(Address::new(url))
}

const OPENAI: &str = "https://api.openai.com/v1";
const CLAUDE: &str = "https://api.anthropic.com";
const GEMINI: &str = "https://generativelanguage.googleapis.com/";
const OLLAMA: &str = "http://localhost:11434/v1";

const fn key(path: &'static str, section: &'static str, flag: &'static str) -> Field {
    Field::new(path, section, flag, Kind::Secret, "API key.")
}

const fn url(path: &'static str, section: &'static str, flag: &'static str) -> Field {
    Field::new(path, section, flag, Kind::Url, "Base URL.")
}

pub(super) const FIELDS: &[Field] = &[
    key(
        "api.api_keys.openai-api-key",
        "openai-chat",
        "openai-api-key",
    ),
    url(
        "api.base_urls.openai-base-url",
        "openai-chat",
        "openai-base-url",
    )
    .default(OPENAI),
    key(
        "api.api_keys.openai-responses-api-key",
        "openai-chat",
        "openai-responses-api-key",
    )
    .rare(),
    url(
        "api.base_urls.openai-responses-base-url",
        "openai-chat",
        "openai-responses-base-url",
    )
    .rare(),
    key(
        "api.api_keys.open-responses-api-key",
        "openai-chat",
        "open-responses-api-key",
    )
    .rare(),
    url(
        "api.base_urls.open-responses-base-url",
        "openai-chat",
        "open-responses-base-url",
    )
    .rare(),
    key(
        "api.api_keys.anyscale-api-key",
        "openai-chat",
        "anyscale-api-key",
    )
    .rare(),
    url(
        "api.base_urls.anyscale-base-url",
        "openai-chat",
        "anyscale-base-url",
    )
    .rare(),
    key(
        "api.api_keys.fireworks-api-key",
        "openai-chat",
        "fireworks-api-key",
    )
    .rare(),
    url(
        "api.base_urls.fireworks-base-url",
        "openai-chat",
        "fireworks-base-url",
    )
    .rare(),
    key(
        "api.api_keys.claude-api-key",
        "claude-chat",
        "claude-api-key",
    ),
    url(
        "api.base_urls.claude-base-url",
        "claude-chat",
        "claude-base-url",
    )
    .default(CLAUDE),
    key(
        "api.api_keys.gemini-api-key",
        "gemini-chat",
        "gemini-api-key",
    ),
    url(
        "api.base_urls.gemini-base-url",
        "gemini-chat",
        "gemini-base-url",
    )
    .default(GEMINI),
    key(
        "api.api_keys.ollama-api-key",
        "ollama-chat",
        "ollama-api-key",
    )
    .rare(),
    url(
        "api.base_urls.ollama-base-url",
        "ollama-chat",
        "ollama-base-url",
    )
    .default(OLLAMA),
    url("api.base_urls.rerank-base-url", "rerank", "rerank-base-url")
        .ignored(super::others::NO_RERANKING),
    Field::file_only(
        "api.api_keys.*",
        "api",
        Kind::Secret,
        "API key of another API type: `NAME-api-key`.",
    ),
    Field::file_only(
        "api.base_urls.*",
        "api",
        Kind::Url,
        "Base URL of another API type: `NAME-base-url`.",
    ),
    Field::file_only(
        "api.allow_http.*",
        "api",
        Kind::Bool,
        "Permit `http://` for an API type.",
    )
    .ignored(NO_POLICY),
    Field::file_only(
        "api.allow_local_networks.*",
        "api",
        Kind::Bool,
        "Permit local networks for an API type.",
    )
    .ignored(NO_POLICY),
];
