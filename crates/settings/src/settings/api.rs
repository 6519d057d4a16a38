//! [`ApiSettings`]: API keys and addresses.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Address, Secret, catalogue::own_address};

/// API keys and addresses, by name of the API.
///
/// The maps use the keys of files: `openai-api-key`, `openai-base-url`. The methods use names of
/// APIs: `openai`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ApiSettings {
    /// API keys, by `NAME-api-key`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub api_keys: BTreeMap<String, Secret>,
    /// Addresses, by `NAME-base-url`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub base_urls: BTreeMap<String, Address>,
    /// Ignored: every address is permitted.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub allow_http: BTreeMap<String, bool>,
    /// Ignored: every address is permitted.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub allow_local_networks: BTreeMap<String, bool>,
}

/// Destination of requests, and its key.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Endpoint {
    /// Name that the key and address belong to: `openai` also for `openai-responses`, if the latter
    /// has neither.
    pub name: String,
    /// The address. `None` if none is set and the API has no service of its own.
    pub base_url: Option<Address>,
    /// The key for that address. `None` if none is set.
    pub key: Option<Secret>,
}

impl ApiSettings {
    /// Returns the key of a name, such as `openai`.
    #[must_use]
    pub fn key(&self, name: &str) -> Option<&Secret> {
        let key = self.api_keys.get(&format!("{name}-api-key"));
        key.filter(|key| !key.is_empty())
    }

    /// Returns the address set for a name, such as `openai`.
    #[must_use]
    pub fn base_url(&self, name: &str) -> Option<&Address> {
        let url = self.base_urls.get(&format!("{name}-base-url"));
        url.filter(|url| !url.as_str().is_empty())
    }

    /// Sets the key of a name, such as `openai`.
    pub fn set_key(&mut self, name: &str, key: Secret) {
        self.api_keys.insert(format!("{name}-api-key"), key);
    }

    /// Sets the address of a name, such as `openai`.
    pub fn set_base_url(&mut self, name: &str, url: impl Into<Address>) {
        self.base_urls
            .insert(format!("{name}-base-url"), url.into());
    }

    /// Returns address and key of an API type.
    ///
    /// `open-responses` falls back to `openai-responses` and `openai`, `openai-responses` to
    /// `openai`; `claude` and `anthropic` are equivalent. The first of these names that has a key,
    /// or an address on another host than the provider's own, determines both: a key is never sent
    /// to the address of another name.
    #[must_use]
    pub fn endpoint(&self, api_type: &str) -> Endpoint {
        let names = fallbacks(api_type);
        let decides = |name: &&&str| self.key(name).is_some() || self.foreign(name).is_some();
        let name = names.iter().find(decides).or_else(|| names.last());
        let name = name.copied().unwrap_or(api_type);
        let own = || names.iter().find_map(|name| own_address(name));
        Endpoint {
            name: name.to_owned(),
            base_url: self.base_url(name).cloned().or_else(own),
            key: self.key(name).cloned(),
        }
    }

    /// Returns the address of a name, if it is not on the provider's own host.
    pub(crate) fn foreign(&self, name: &str) -> Option<&Address> {
        let url = self.base_url(name)?;
        let is_own = own_address(name).is_some_and(|own| own.same_host(url));
        (!is_own).then_some(url)
    }

    pub(super) fn merged(mut self, overlay: Self) -> Self {
        for name in overlay.base_urls.keys() {
            let name = name.strip_suffix("-base-url").unwrap_or(name);
            if overlay.foreign(name).is_some() {
                self.api_keys.remove(&format!("{name}-api-key"));
            }
        }
        self.api_keys.extend(overlay.api_keys);
        self.base_urls.extend(overlay.base_urls);
        self.allow_http.extend(overlay.allow_http);
        self.allow_local_networks
            .extend(overlay.allow_local_networks);
        self
    }
}

/// Returns the names whose key and address an API type can use, first choice first.
fn fallbacks(api_type: &str) -> Vec<&str> {
    match api_type {
        "open-responses" => vec!["open-responses", "openai-responses", "openai"],
        "openai-responses" => vec!["openai-responses", "openai"],
        "claude" => vec!["claude", "anthropic"],
        "anthropic" => vec!["anthropic", "claude"],
        other => vec![other],
    }
}
