//! [`ChatEngineBuilder`].

use std::sync::Arc;

use geppetto_engine::EngineError;

use crate::shared::connection::{Connection, KeyIn, connection_setters};

use super::{ChatEngine, Dialect, KeyHeader, Shared, dialect};

#[cfg(test)]
mod tests;

const PATH: &str = "/chat/completions";

/// Settings of a [`ChatEngine`]. Nothing is checked before [`build`](Self::build).
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct ChatEngineBuilder {
    connection: Connection,
    dialect: Option<Dialect>,
}

impl ChatEngineBuilder {
    pub(super) fn new(model: String) -> Self {
        Self {
            connection: Connection::new(model, "openai"),
            dialect: None,
        }
    }

    /// Sets the URL that `/chat/completions` is put after, in front of a query if it has one
    /// (Azure's `api-version`). `https://api.openai.com/v1` by default. A user and a password in it
    /// are sent as HTTP's basic authentication.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.connection.base_url = url.into();
        self
    }

    /// Sets the provider's name in results and events. `openai` by default.
    pub fn provider_name(mut self, name: impl Into<String>) -> Self {
        self.connection.provider = name.into();
        self
    }

    /// Sets in what requests differ from those to other servers. By the host of the base URL by
    /// default ([`Dialect::for_base_url`]).
    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = Some(dialect);
        self
    }

    connection_setters!();

    /// Makes the engine.
    ///
    /// # Errors
    ///
    /// Of kind [`Configuration`](geppetto_engine::ErrorKind::Configuration): the base URL names no
    /// server, the key is empty, or missing where the server is OpenAI's, a default or a header is
    /// not allowed, or no HTTP client can be set up. The message names the setting.
    pub fn build(mut self) -> Result<ChatEngine, EngineError> {
        self.connection.check()?;
        let dialect = self
            .dialect
            .clone()
            .unwrap_or_else(|| Dialect::for_base_url(&self.connection.base_url));
        let key_in = match dialect.key {
            KeyHeader::Bearer => KeyIn::Bearer,
            KeyHeader::Header(name) => KeyIn::Header {
                setting: "dialect.key",
                name,
            },
        };
        let request = self.connection.reply_request(PATH, key_in)?;
        let http = self.connection.client()?;
        let connection = self.connection;
        let server = match &*dialect.name {
            "" => dialect::authority(&connection.base_url).to_owned(),
            name => name.to_owned(),
        };
        Ok(ChatEngine {
            shared: Arc::new(Shared {
                model: connection.model,
                provider: connection.provider,
                http,
                request,
                defaults: connection.defaults,
                dialect,
                server,
                stream: connection.stream,
            }),
        })
    }
}
