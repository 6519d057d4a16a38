//! [`WireEngineBuilder`]: configuration of a [`WireEngine`].

use std::{borrow::Cow, fmt, sync::Arc};

use geppetto_engine::{EngineError, InferenceConfig, StructuredOutput};
use geppetto_transport::{ApiKey, HttpClient, RetryPolicy, Timeouts, TokenSource};
use geppetto_turns::Price;
use serde_json::{Map, Value};

use crate::{
    Server, Wire, WireEngine,
    connection::Connection,
    engine::{Learned, Prices, Shared},
    settings::Defaults,
};

/// Configures a [`WireEngine`]. Settings are validated by [`build`](Self::build).
#[must_use = "a builder does nothing until `build` is called"]
pub struct WireEngineBuilder<W: Wire> {
    connection: Connection,
    options: W::Options,
    defaults: Defaults,
    prices: Option<Prices>,
}

impl<W: Wire> WireEngineBuilder<W> {
    pub(crate) fn new(model: String) -> Self {
        Self {
            connection: Connection::new(model, W::PROVIDER, W::BASE_URL),
            options: W::Options::default(),
            defaults: Defaults::default(),
            prices: None,
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

    /// Sets a source of keys that expire, in place of [`api_key`](Self::api_key). It is asked for the key
    /// before each call, and once more if the server refuses it; see [`TokenSource`].
    pub fn token_source(mut self, source: impl TokenSource + 'static) -> Self {
        self.connection.tokens = Some(Arc::new(source));
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

    /// Sets the structured output of answers, for turns that set none. A turn whose structured output is
    /// off has none. Its [`retries`](StructuredOutput::retries) apply only to the structured output of a turn,
    /// because a run makes them, not the engine. None by default.
    pub fn structured_output(mut self, output: StructuredOutput) -> Self {
        self.defaults.output = Some(output);
        self
    }

    /// Adds request fields that are passed through unchanged and replace fields of the same name.
    /// Those of the turn ([`Wire::PASSED_THROUGH`]) take precedence; null omits a field.
    pub fn request_fields(mut self, fields: Map<String, Value>) -> Self {
        self.defaults.fields.extend(fields);
        self
    }

    /// Reports a setting of the application that this engine does not send, for this reason. One `info`
    /// event per call, `settings were not sent`, names it with the others.
    pub fn not_sent(mut self, setting: &'static str, why: impl Into<Cow<'static, str>>) -> Self {
        self.defaults.not_sent.push((setting, why.into()));
        self
    }

    /// Sets the list prices of models, by the name in the request. The usage of calls to a model with a
    /// price has its cost ([`Usage::cost_usd`](geppetto_turns::Usage::cost_usd)). None by default.
    pub fn prices(
        mut self,
        prices: impl Fn(&str) -> Option<Price> + Send + Sync + 'static,
    ) -> Self {
        self.prices = Some(Arc::new(prices));
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
        self.defaults.check::<W>()?;
        let wire = W::new(self.options, &Server::of(&self.connection))?;
        let key_header = match self.connection.tokens {
            Some(_) => wire.token_header(),
            None => wire.key_header(),
        };
        let endpoint = self.connection.endpoint(W::PATH, key_header)?;
        let http = self.connection.client()?;
        let connection = self.connection;
        Ok(WireEngine::new(Shared {
            wire,
            model: connection.model,
            provider: connection.provider,
            http,
            endpoint,
            tokens: connection.tokens,
            defaults: connection.defaults,
            added: self.defaults,
            prices: self.prices,
            stream: connection.stream,
            learned: Learned::default(),
        }))
    }
}

impl<W: Wire> Clone for WireEngineBuilder<W> {
    fn clone(&self) -> Self {
        Self {
            connection: self.connection.clone(),
            options: self.options.clone(),
            defaults: self.defaults.clone(),
            prices: self.prices.clone(),
        }
    }
}

impl<W: Wire> fmt::Debug for WireEngineBuilder<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WireEngineBuilder")
            .field("connection", &self.connection)
            .field("options", &self.options)
            .field("defaults", &self.defaults)
            .finish_non_exhaustive()
    }
}
