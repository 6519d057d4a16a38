//! [`Api`]: the providers that a key or the name of a model chooses.

use geppetto_settings::Resolved;

/// A provider's API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Api {
    /// Name of the API type.
    pub(super) name: &'static str,
    /// Model if none is named.
    pub(super) model: &'static str,
    /// Beginnings of the names of its models.
    prefixes: &'static [&'static str],
}

/// In the order in which keys are looked for.
pub(super) const APIS: &[Api] = &[
    Api {
        name: "openai",
        model: "gpt-5-mini",
        prefixes: &["gpt-", "chatgpt-", "o1", "o3", "o4"],
    },
    Api {
        name: "claude",
        model: "claude-sonnet-4-5",
        prefixes: &["claude-"],
    },
    Api {
        name: "gemini",
        model: "gemini-2.5-flash",
        prefixes: &["gemini-"],
    },
];

impl Api {
    /// Returns the API of an API type.
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        let name = if name == "anthropic" { "claude" } else { name };
        APIS.iter().find(|api| api.name == name)
    }

    /// Returns the API whose provider has a model. Names with a slash are those of gateways.
    pub(super) fn of_model(model: &str) -> Option<&'static Self> {
        let is_own = |api: &&Self| api.prefixes.iter().any(|prefix| model.starts_with(prefix));
        APIS.iter().find(is_own)
    }

    /// Returns `true` if a key is set, or an address other than the provider's own.
    pub(super) fn is_configured(self, resolved: &Resolved) -> bool {
        let endpoint = resolved.settings.api.endpoint(self.name);
        let path = format!("api.base_urls.{}-base-url", endpoint.name);
        endpoint.key.is_some() || is_set(resolved, &path)
    }
}

/// Returns `true` if a layer other than the defaults sets a path.
pub(super) fn is_set(resolved: &Resolved, path: &str) -> bool {
    let traced = resolved.trace.get(path);
    let source = traced.and_then(|traced| traced.source());
    source.is_some_and(|source| source != &geppetto_settings::Source::Default)
}
