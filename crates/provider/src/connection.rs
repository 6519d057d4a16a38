//! [`Connection`]: the settings of an engine that every wire has.

use std::{fmt, sync::Arc};

use geppetto_engine::{EngineError, ErrorKind, InferenceConfig};
use geppetto_transport::{
    ApiKey, HttpClient, Request, ReqwestTransport, RetryPolicy, Timeouts, TokenSource, redact_url,
};
use http::{HeaderName, HeaderValue, header::ACCEPT};

use crate::{Frames, KeyHeader, WireRequest};

#[cfg(test)]
mod tests;

/// Media types of a reply that may be a stream or one body.
const EVENTS_OR_BODY: &str = "text/event-stream, application/json";
const LINES_OR_BODY: &str = "application/x-ndjson, application/json";
const BODY: &str = "application/json";

/// Endpoints of other APIs, which users often include when they copy the base URL.
///
/// Source: <https://github.com/RooCodeInc/Roo-Code/issues/6862>.
const OTHER_PATHS: [&str; 4] = [
    "/chat/completions",
    "/responses",
    "/embeddings",
    "/v1/messages",
];

/// Headers that carry a key.
const KEY_HEADERS: [&str; 4] = ["authorization", "x-api-key", "x-goog-api-key", "api-key"];

/// Server, credentials and common settings of an engine.
#[derive(Clone)]
pub(crate) struct Connection {
    pub(crate) model: String,
    pub(crate) base_url: String,
    pub(crate) key: Option<ApiKey>,
    pub(crate) tokens: Option<Arc<dyn TokenSource>>,
    pub(crate) http: Option<HttpClient>,
    pub(crate) provider: String,
    pub(crate) defaults: InferenceConfig,
    pub(crate) stream: bool,
    pub(crate) key_header: Option<String>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) retry: Option<RetryPolicy>,
    pub(crate) timeouts: Option<Timeouts>,
}

impl Connection {
    pub(crate) fn new(model: String, provider: &str, base_url: &str) -> Self {
        Self {
            model,
            base_url: base_url.to_owned(),
            key: None,
            tokens: None,
            http: None,
            provider: provider.to_owned(),
            defaults: InferenceConfig::default(),
            stream: true,
            key_header: None,
            headers: Vec::new(),
            retry: None,
            timeouts: None,
        }
    }

    /// Checks the settings that do not depend on the wire.
    ///
    /// # Errors
    ///
    /// An error of kind `Configuration` that names the setting.
    pub(crate) fn check(&self) -> Result<(), EngineError> {
        if self.model.trim().is_empty() {
            return Err(configuration("model: is empty; name the model to ask"));
        }
        if !names_a_server(&self.base_url) {
            // The URL is not repeated, because it may contain a key.
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
        if self.key.is_some() && self.tokens.is_some() {
            return Err(configuration(
                "api_key: is set, and a token source as well; give the engine one of them",
            ));
        }
        if (self.key.is_some() || self.tokens.is_some()) && has_user_info(&self.base_url) {
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

    /// Returns the configured client, or else a new one.
    ///
    /// # Errors
    ///
    /// An error of kind `Configuration` if no client can be set up.
    pub(crate) fn client(&mut self) -> Result<HttpClient, EngineError> {
        let mut http = match self.http.take() {
            Some(http) => http,
            None => HttpClient::new(ReqwestTransport::new()?),
        };
        if let Some(retry) = self.retry.take() {
            http = http.with_retry_policy(retry);
        }
        if let Some(timeouts) = self.timeouts.take() {
            http = http.with_timeouts(timeouts);
        }
        Ok(http)
    }

    /// Returns the destination and the common headers of the requests. `path` is removed from the
    /// end of the base URL.
    ///
    /// # Errors
    ///
    /// An error of kind `Configuration` if the key or a header is invalid, or if the base URL ends with
    /// the path of another API.
    pub(crate) fn endpoint(
        &self,
        path: &str,
        key_header: KeyHeader,
    ) -> Result<Endpoint, EngineError> {
        let base = self.base_url.trim();
        let (root, query) = match base.split_once('?') {
            Some((root, query)) => (root, Some(query)),
            None => (base, None),
        };
        let root = root.trim_end_matches('/');
        let root = root.strip_suffix(path).unwrap_or(root);
        if let Some(other) = OTHER_PATHS.iter().find(|other| root.ends_with(**other)) {
            return Err(configuration(format!(
                "base_url: ends with `{other}`, the path of another API than this engine's; remove it \
                 or use the engine of that API"
            )));
        }
        let key_header = match &self.key_header {
            Some(name) => KeyHeader::Header(name.clone().into()),
            None => key_header,
        };
        let endpoint = Endpoint {
            root: root.to_owned(),
            query: query.map(str::to_owned),
            key_header,
            key: self.key.clone(),
            headers: self.headers.clone(),
        };
        // Invalid headers are refused when the engine is built.
        let placeholder = self.tokens.as_ref().map(|_| ApiKey::new("token"));
        let request = WireRequest::new(path.to_owned(), Vec::new());
        endpoint.body(request, placeholder.as_ref())?;
        Ok(endpoint)
    }

    /// Returns `true` if requests carry a key of any kind.
    pub(crate) fn has_key(&self) -> bool {
        self.key.is_some() || self.tokens.is_some() || self.has_own_key()
    }

    fn has_own_key(&self) -> bool {
        let is_key = |name: &str| KEY_HEADERS.iter().any(|key| name.eq_ignore_ascii_case(key));
        has_user_info(&self.base_url) || self.headers.iter().any(|(name, _)| is_key(name))
    }
}

/// Shows neither keys nor header values.
impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<&str> = self.headers.iter().map(|(name, _)| &**name).collect();
        f.debug_struct("Connection")
            .field("model", &self.model)
            .field("base_url", &redact_url(&self.base_url))
            .field("key", &self.key)
            .field("has_token_source", &self.tokens.is_some())
            .field("http", &self.http)
            .field("provider", &self.provider)
            .field("defaults", &self.defaults)
            .field("stream", &self.stream)
            .field("key_header", &self.key_header)
            .field("headers", &headers)
            .field("retry", &self.retry)
            .field("timeouts", &self.timeouts)
            .finish()
    }
}

/// Destination and common headers of an engine's requests.
#[derive(Clone)]
pub(crate) struct Endpoint {
    root: String,
    query: Option<String>,
    key_header: KeyHeader,
    key: Option<ApiKey>,
    headers: Vec<(String, String)>,
}

impl Endpoint {
    /// Returns a request for a reply. A `token` replaces the key.
    ///
    /// # Errors
    ///
    /// An error of kind `Configuration` if a header is invalid.
    pub(crate) fn reply(
        &self,
        request: WireRequest,
        is_stream: bool,
        frames: Frames,
        token: Option<&ApiKey>,
    ) -> Result<Request, EngineError> {
        let accept = match frames {
            _ if !is_stream => BODY,
            Frames::Sse => EVENTS_OR_BODY,
            Frames::JsonLines => LINES_OR_BODY,
        };
        self.request(request, accept, token)
    }

    /// Returns a request for a reply with a single body. A `token` replaces the key.
    ///
    /// # Errors
    ///
    /// The errors of [`reply`](Self::reply).
    pub(crate) fn body(
        &self,
        request: WireRequest,
        token: Option<&ApiKey>,
    ) -> Result<Request, EngineError> {
        self.request(request, BODY, token)
    }

    fn request(
        &self,
        from: WireRequest,
        accept: &'static str,
        token: Option<&ApiKey>,
    ) -> Result<Request, EngineError> {
        let accept = HeaderValue::from_static(accept);
        let mut request = Request::post(self.url(&from.path)).with_header(ACCEPT, accept);
        for (name, value) in from.headers {
            request = request.with_header(name, value);
        }
        request = match (token.or(self.key.as_ref()), &self.key_header) {
            (None, _) => request,
            (Some(key), KeyHeader::Bearer) => request.with_bearer(key)?,
            (Some(key), KeyHeader::Header(name)) => {
                let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| {
                    configuration("key_header: is not the name of a header").with_source(error)
                })?;
                request.with_key_header(name, key)?
            }
        };
        for (name, value) in &self.headers {
            request = request.try_with_header(name, value)?;
        }
        Ok(request.with_json(from.body))
    }

    /// Inserts the path before the query of the base URL.
    fn url(&self, path: &str) -> String {
        let root = &self.root;
        match &self.query {
            None => format!("{root}{path}"),
            Some(query) => {
                let sign = if path.contains('?') { '&' } else { '?' };
                format!("{root}{path}{sign}{query}")
            }
        }
    }
}

/// Shows neither keys nor header values.
impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<&str> = self.headers.iter().map(|(name, _)| &**name).collect();
        f.debug_struct("Endpoint")
            .field("url", &redact_url(&self.url("")))
            .field("key", &self.key)
            .field("headers", &headers)
            .finish()
    }
}

/// Returns the host in a URL, including its port if present; empty if there is none.
#[must_use]
pub fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default()
}

/// Returns `true` if the URL has a supported scheme and a host.
fn names_a_server(base: &str) -> bool {
    let Some((scheme, rest)) = base.trim().split_once("://") else {
        return false;
    };
    let is = |known: &str| scheme.eq_ignore_ascii_case(known);
    (is("http") || is("https")) && !rest.is_empty() && !rest.starts_with(['/', '?', '#'])
}

/// Returns `true` if a user name or a password precedes the host.
fn has_user_info(base: &str) -> bool {
    let after = base.split_once("://").map_or(base, |(_, after)| after);
    let end = after.find(['/', '\\', '?', '#']).unwrap_or(after.len());
    after
        .get(..end)
        .is_some_and(|authority| authority.contains('@'))
}

/// Returns the error of an invalid setting; the message names it.
pub(crate) fn configuration(message: impl Into<String>) -> EngineError {
    EngineError::new(ErrorKind::Configuration, message)
}
