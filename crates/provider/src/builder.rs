//! [`WireEngineBuilder`]: configuration of a [`WireEngine`].

use std::fmt;

use geppetto_engine::{EngineError, InferenceConfig};
use geppetto_transport::{ApiKey, HttpClient, RetryPolicy, Timeouts};

use crate::{Server, Wire, WireEngine, connection::Connection, engine::Shared};

/// Configures a [`WireEngine`]. Settings are validated by [`build`](Self::build).
#[must_use = "a builder does nothing until `build` is called"]
pub struct WireEngineBuilder<W: Wire> {
    connection: Connection,
    options: W::Options,
}

impl<W: Wire> WireEngineBuilder<W> {
    pub(crate) fn new(model: String) -> Self {
        Self {
            connection: Connection::new(model, W::PROVIDER, W::BASE_URL),
            options: W::Options::default(),
        }
    }

    /// Sets the base URL. The paths of requests are appended to it, before its query if it has one
    /// (Azure's `api-version`). [`Wire::BASE_URL`] by default. A user name and password in it are
    /// sent as HTTP basic authentication.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.connection.base_url = url.into();
        self
    }

    /// Sets the API key. None by default, which is sufficient for local servers.
    pub fn api_key(mut self, key: impl Into<Option<ApiKey>>) -> Self {
        self.connection.key = key.into();
        self
    }

    /// Sets the header that carries the key, such as Azure's `api-key`. [`Wire::key_header`] by
    /// default.
    pub fn key_header(mut self, name: impl Into<String>) -> Self {
        self.connection.key_header = Some(name.into());
        self
    }

    /// Adds a header to each request, replacing one of the engine's own. Its value appears neither
    /// in `Debug` nor, if the name ends like that of a key, in errors.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.connection.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the provider's name in results and events. [`Wire::PROVIDER`] by default.
    pub fn provider_name(mut self, name: impl Into<String>) -> Self {
        self.connection.provider = name.into();
        self
    }

    /// Sets the options specific to this wire.
    pub fn options(mut self, options: impl Into<W::Options>) -> Self {
        self.options = options.into();
        self
    }

    /// Sets the defaults for settings that the turn does not set.
    pub fn defaults(mut self, config: InferenceConfig) -> Self {
        self.connection.defaults = config;
        self
    }

    /// Sets whether to request a stream. `true` by default. The result is the same; a stream
    /// publishes events while the model writes.
    pub fn stream(mut self, stream: bool) -> Self {
        self.connection.stream = stream;
        self
    }

    /// Sets the HTTP client: its transport (proxy, certificates, connection pool), limits and
    /// retries. A separate client by default. Engines that share a client share its connections and
    /// its retry budget.
    ///
    /// See [`ReqwestTransport::builder`](geppetto_transport::ReqwestTransport::builder).
    pub fn http_client(mut self, client: HttpClient) -> Self {
        self.connection.http = Some(client);
        self
    }

    /// Sets the retry policy for failed attempts. The policy of the HTTP client by default.
    pub fn retry_policy(mut self, policy: RetryPolicy) -> Self {
        self.connection.retry = Some(policy);
        self
    }

    /// Sets the time limits of each attempt. Those of the HTTP client by default.
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.connection.timeouts = Some(timeouts);
        self
    }

    /// Builds the engine.
    ///
    /// # Errors
    ///
    /// An error of kind [`Configuration`](geppetto_engine::ErrorKind::Configuration) if the base
    /// URL names no server, the key is empty, or missing although the server is known to require
    /// one, a default, an option or a header is invalid, or no HTTP client can be set up. The
    /// message names the setting.
    pub fn build(mut self) -> Result<WireEngine<W>, EngineError> {
        self.connection.check()?;
        let wire = W::new(self.options, &Server::of(&self.connection))?;
        let endpoint = self.connection.endpoint(W::PATH, wire.key_header())?;
        let http = self.connection.client()?;
        let connection = self.connection;
        Ok(WireEngine::new(Shared {
            wire,
            model: connection.model,
            provider: connection.provider,
            http,
            endpoint,
            defaults: connection.defaults,
            stream: connection.stream,
        }))
    }
}

impl<W: Wire> Clone for WireEngineBuilder<W> {
    fn clone(&self) -> Self {
        Self {
            connection: self.connection.clone(),
            options: self.options.clone(),
        }
    }
}

impl<W: Wire> fmt::Debug for WireEngineBuilder<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WireEngineBuilder")
            .field("connection", &self.connection)
            .field("options", &self.options)
            .finish()
    }
}
