//! [`ResponsesEngineBuilder`].

use std::sync::Arc;

use geppetto_engine::EngineError;

use crate::shared::connection::{Connection, KeyIn, connection_setters};

use super::{ResponsesEngine, ResponsesOptions, Shared};

#[cfg(test)]
mod tests;

const PATH: &str = "/responses";
const COUNT_PATH: &str = "/responses/input_tokens";

/// Settings of a [`ResponsesEngine`]. Nothing is checked before [`build`](Self::build).
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct ResponsesEngineBuilder {
    connection: Connection,
    key_header: Option<String>,
    options: ResponsesOptions,
}

impl ResponsesEngineBuilder {
    pub(super) fn new(model: String) -> Self {
        Self {
            connection: Connection::new(model, "open_responses"),
            key_header: None,
            options: ResponsesOptions::new(),
        }
    }

    /// Sets the URL that `/responses` is put after, in front of a query if it has one (Azure's
    /// `api-version`). `https://api.openai.com/v1` by default. A user and a password in it are sent
    /// as HTTP's basic authentication.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.connection.base_url = url.into();
        self
    }

    /// Sets the header that carries the key, such as Azure's `api-key`. By default it goes as
    /// `Authorization: Bearer`.
    pub fn key_header(mut self, name: impl Into<String>) -> Self {
        self.key_header = Some(name.into());
        self
    }

    /// Sets the provider's name in results and events. `open_responses` by default.
    pub fn provider_name(mut self, name: impl Into<String>) -> Self {
        self.connection.provider = name.into();
        self
    }

    /// Sets what only this API has.
    pub fn options(mut self, options: ResponsesOptions) -> Self {
        self.options = options;
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
    pub fn build(mut self) -> Result<ResponsesEngine, EngineError> {
        self.connection.check()?;
        let key_in = match &self.key_header {
            None => KeyIn::Bearer,
            Some(name) => KeyIn::Header {
                setting: "key_header",
                name,
            },
        };
        let request = self.connection.reply_request(PATH, key_in)?;
        let count = self.connection.body_request(COUNT_PATH, PATH, key_in)?;
        let http = self.connection.client()?;
        let connection = self.connection;
        let server = crate::chat::authority(&connection.base_url).to_owned();
        Ok(ResponsesEngine {
            shared: Arc::new(Shared {
                model: connection.model,
                provider: connection.provider,
                http,
                request,
                count,
                defaults: connection.defaults,
                server,
                options: self.options,
                stream: connection.stream,
            }),
        })
    }
}
