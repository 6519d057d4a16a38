//! [`Connection`]: the settings of an engine that every wire has.

use std::fmt;

use geppetto_engine::{EngineError, ErrorKind, InferenceConfig};
use geppetto_transport::{ApiKey, HttpClient, Request, ReqwestTransport, redact_url};
use http::{HeaderName, HeaderValue, header::ACCEPT};

#[cfg(test)]
mod tests;

const OPENAI: &str = "https://api.openai.com/v1";

/// Media types of a reply that may come as a stream or as one body.
const STREAM_OR_BODY: &str = "text/event-stream, application/json";
const BODY: &str = "application/json";

/// Which server is asked, how, and as whom.
#[derive(Clone)]
pub(crate) struct Connection {
    pub(crate) model: String,
    pub(crate) base_url: String,
    pub(crate) key: Option<ApiKey>,
    pub(crate) http: Option<HttpClient>,
    pub(crate) provider: String,
    pub(crate) defaults: InferenceConfig,
    pub(crate) stream: bool,
    pub(crate) headers: Vec<(String, String)>,
}

/// The header that carries the key, and the setting that names it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum KeyIn<'a> {
    /// `Authorization: Bearer`.
    Bearer,
    /// A header of its own.
    Header { setting: &'a str, name: &'a str },
}

impl Connection {
    pub(crate) fn new(model: String, provider: &str) -> Self {
        Self {
            model,
            base_url: OPENAI.to_owned(),
            key: None,
            http: None,
            provider: provider.to_owned(),
            defaults: InferenceConfig::default(),
            stream: true,
            headers: Vec::new(),
        }
    }

    /// Checks what does not depend on the wire.
    ///
    /// # Errors
    ///
    /// Of kind `Configuration`; the message names the setting.
    pub(crate) fn check(&self) -> Result<(), EngineError> {
        if self.model.trim().is_empty() {
            return Err(configuration("model: is empty; name the model to ask"));
        }
        if !names_a_server(&self.base_url) {
            // The URL itself is not repeated: it may carry a key.
            return Err(configuration(
                "base_url: must begin with `http://` or `https://` and name a host, as in \
                 `http://localhost:11434/v1`",
            ));
        }
        if self.base_url.contains('#') {
            return Err(configuration(
                "base_url: holds a `#`, behind which nothing is sent; write it as `%23` if it is \
                 part of a path or of a key",
            ));
        }
        if self.key.is_some() && has_user_info(&self.base_url) {
            return Err(configuration(
                "base_url: holds a user or a password, and api_key is set as well; both would go \
                 into the `authorization` header, so give the engine one of them",
            ));
        }
        if self.key.as_ref().is_some_and(|key| key.expose().is_empty()) {
            return Err(configuration(
                "api_key: is empty; give the engine a key, or none where the server needs none",
            ));
        }
        Ok(self.defaults.validate()?)
    }

    /// The client that was set, else one of the engine's own.
    ///
    /// # Errors
    ///
    /// Of kind `Configuration`: no client can be set up.
    pub(crate) fn client(&mut self) -> Result<HttpClient, EngineError> {
        match self.http.take() {
            Some(http) => Ok(http),
            None => Ok(HttpClient::new(ReqwestTransport::new()?)),
        }
    }

    /// A request for a reply, but for its body.
    ///
    /// # Errors
    ///
    /// Of kind `Configuration`: the key is missing, or a header is not allowed.
    pub(crate) fn reply_request(
        &self,
        path: &str,
        key_in: KeyIn<'_>,
    ) -> Result<Request, EngineError> {
        let accept = if self.stream { STREAM_OR_BODY } else { BODY };
        self.request(endpoint(&self.base_url, path, path), accept, key_in)
    }

    /// A request whose reply is one body, to a path beside the one of replies, but for its body.
    ///
    /// # Errors
    ///
    /// As [`reply_request`](Self::reply_request).
    pub(crate) fn body_request(
        &self,
        path: &str,
        beside: &str,
        key_in: KeyIn<'_>,
    ) -> Result<Request, EngineError> {
        self.request(endpoint(&self.base_url, path, beside), BODY, key_in)
    }

    fn request(
        &self,
        url: String,
        accept: &'static str,
        key_in: KeyIn<'_>,
    ) -> Result<Request, EngineError> {
        if self.key.is_none() && is_openai(&url) && !self.has_own_key() {
            return Err(configuration(
                "api_key: is missing; set OPENAI_API_KEY or give the engine a key, or set the \
                 base URL of a server that needs none",
            ));
        }
        let mut request = Request::post(url).with_header(ACCEPT, HeaderValue::from_static(accept));
        if let Some(key) = &self.key {
            request = match key_in {
                KeyIn::Bearer => request.with_bearer(key)?,
                KeyIn::Header { setting, name } => {
                    let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| {
                        let message = format!("{setting}: is not the name of a header");
                        configuration(message).with_source(error)
                    })?;
                    request.with_key_header(name, key)?
                }
            };
        }
        for (name, value) in &self.headers {
            request = request.try_with_header(name, value)?;
        }
        Ok(request)
    }

    fn has_own_key(&self) -> bool {
        let is_key = |name: &str| name.eq_ignore_ascii_case("authorization");
        has_user_info(&self.base_url) || self.headers.iter().any(|(name, _)| is_key(name))
    }
}

/// Shows neither keys nor the values of headers.
impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<&str> = self.headers.iter().map(|(name, _)| &**name).collect();
        f.debug_struct("Connection")
            .field("model", &self.model)
            .field("base_url", &redact_url(&self.base_url))
            .field("key", &self.key)
            .field("http", &self.http)
            .field("provider", &self.provider)
            .field("defaults", &self.defaults)
            .field("stream", &self.stream)
            .field("headers", &headers)
            .finish()
    }
}

/// The URL of an endpoint: the path goes before the query, and is not doubled when the base URL
/// already ends with the path of replies.
fn endpoint(base: &str, path: &str, of_replies: &str) -> String {
    let base = base.trim();
    let (root, query) = match base.split_once('?') {
        Some((root, query)) => (root, Some(query)),
        None => (base, None),
    };
    let root = root.trim_end_matches('/');
    let root = root.strip_suffix(of_replies).unwrap_or(root);
    match query {
        Some(query) => format!("{root}{path}?{query}"),
        None => format!("{root}{path}"),
    }
}

/// Whether the URL has a scheme that requests can take, and a host.
fn names_a_server(base: &str) -> bool {
    let Some((scheme, rest)) = base.trim().split_once("://") else {
        return false;
    };
    let is = |known: &str| scheme.eq_ignore_ascii_case(known);
    (is("http") || is("https")) && !rest.is_empty() && !rest.starts_with(['/', '?', '#'])
}

/// Whether a user or a password stands in front of the host.
fn has_user_info(base: &str) -> bool {
    let after = base.split_once("://").map_or(base, |(_, after)| after);
    let end = after.find(['/', '\\', '?', '#']).unwrap_or(after.len());
    after
        .get(..end)
        .is_some_and(|authority| authority.contains('@'))
}

fn is_openai(url: &str) -> bool {
    url.starts_with("https://api.openai.com/")
}

fn configuration(message: impl Into<String>) -> EngineError {
    EngineError::new(ErrorKind::Configuration, message)
}

/// The setters that the builder of every wire has, over its field `connection`.
macro_rules! connection_setters {
    () => {
        /// Sets the API key. None by default, which local servers accept and OpenAI does not.
        pub fn api_key(mut self, key: impl Into<Option<geppetto_transport::ApiKey>>) -> Self {
            self.connection.key = key.into();
            self
        }

        /// Sets the HTTP client: its transport (proxy, certificates, pool of connections), limits
        /// and retries. One of its own by default. Engines that share a client share its
        /// connections and its retry budget.
        ///
        /// See [`ReqwestTransport::builder`](geppetto_transport::ReqwestTransport::builder).
        pub fn http_client(mut self, client: geppetto_transport::HttpClient) -> Self {
            self.connection.http = Some(client);
            self
        }

        /// Sets what is used where the turn sets nothing.
        pub fn defaults(mut self, config: geppetto_engine::InferenceConfig) -> Self {
            self.connection.defaults = config;
            self
        }

        /// Sets whether a stream is asked for. True by default. The result is the same; with a
        /// stream the events come as the model writes.
        pub fn stream(mut self, stream: bool) -> Self {
            self.connection.stream = stream;
            self
        }

        /// Adds a header to each request, replacing one of the engine's own. Its value is shown
        /// neither in `Debug` nor, if the name ends like that of a key, in errors.
        pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
            self.connection.headers.push((name.into(), value.into()));
            self
        }

        /// Sets the organisation that OpenAI bills (`openai-organization`).
        pub fn organization(self, id: impl Into<String>) -> Self {
            self.header("openai-organization", id)
        }

        /// Sets the project that OpenAI bills (`openai-project`).
        pub fn project(self, id: impl Into<String>) -> Self {
            self.header("openai-project", id)
        }
    };
}

pub(crate) use connection_setters;
