//! [`Server`]: information about the server for a wire whose engine is built.

use std::borrow::Cow;

use crate::connection::{Connection, authority};

/// Server of an engine, for [`Wire::new`](crate::Wire::new).
#[derive(Debug, Clone)]
pub struct Server {
    base_url: String,
    has_key: bool,
}

impl Server {
    /// Creates a server, for unit tests of a wire.
    #[must_use]
    pub fn new(base_url: impl Into<String>, has_key: bool) -> Self {
        Self {
            base_url: base_url.into(),
            has_key,
        }
    }

    pub(crate) fn of(connection: &Connection) -> Self {
        Self::new(connection.base_url.trim(), connection.has_key())
    }

    /// Returns the base URL. It may contain secrets: do not include it in errors or events.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Returns the host in the base URL, including its port if present.
    #[must_use]
    pub fn authority(&self) -> &str {
        authority(&self.base_url)
    }

    /// Returns `true` if the engine has an API key, or the base URL or a header carries one.
    #[must_use]
    pub fn has_key(&self) -> bool {
        self.has_key
    }
}

/// Header that carries the API key.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash)]
#[non_exhaustive]
pub enum KeyHeader {
    /// `authorization: Bearer KEY`.
    #[default]
    Bearer,
    /// The plain key in a header of this name: `x-api-key`, `x-goog-api-key`, `api-key`.
    Header(Cow<'static, str>),
}
