//! [`ResponsesEngineBuilder`].

use std::sync::Arc;

use geppetto_engine::{EngineError, ErrorKind, InferenceConfig};
use geppetto_transport::{ApiKey, HttpClient, Request, ReqwestTransport};
use http::{HeaderName, HeaderValue, header::ACCEPT};

use super::{ResponsesEngine, ResponsesOptions, Shared};

#[cfg(test)]
mod tests;

const OPENAI: &str = "https://api.openai.com/v1";
const PATH: &str = "/responses";
const COUNT_PATH: &str = "/responses/input_tokens";
const STREAM_OR_BODY: &str = "text/event-stream, application/json";
const BODY: &str = "application/json";

/// Settings of a [`ResponsesEngine`]. Nothing is checked before [`build`](Self::build).
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct ResponsesEngineBuilder {
    model: String,
    base_url: String,
    key: Option<ApiKey>,
    key_header: Option<String>,
    http: Option<HttpClient>,
    provider: String,
    defaults: InferenceConfig,
    options: ResponsesOptions,
    stream: bool,
    headers: Vec<(String, String)>,
}

impl ResponsesEngineBuilder {
    pub(super) fn new(model: String) -> Self {
        Self {
            model,
            base_url: OPENAI.to_owned(),
            key: None,
            key_header: None,
            http: None,
            provider: "open_responses".to_owned(),
            defaults: InferenceConfig::default(),
            options: ResponsesOptions::new(),
            stream: true,
            headers: Vec::new(),
        }
    }

    /// Sets the URL that `/responses` is put after, in front of a query if it has one (Azure's
    /// `api-version`). `https://api.openai.com/v1` by default.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = url.into();
        self
    }

    /// Sets the API key. None by default, which local servers accept and OpenAI does not.
    pub fn api_key(mut self, key: impl Into<Option<ApiKey>>) -> Self {
        self.key = key.into();
        self
    }

    /// Sets the header that carries the key, such as Azure's `api-key`. By default it goes as
    /// `Authorization: Bearer`.
    pub fn key_header(mut self, name: impl Into<String>) -> Self {
        self.key_header = Some(name.into());
        self
    }

    /// Sets the HTTP client: its transport, limits and retries. One of its own by default.
    pub fn http_client(mut self, client: HttpClient) -> Self {
        self.http = Some(client);
        self
    }

    /// Sets the provider's name in results and events. `open_responses` by default.
    pub fn provider_name(mut self, name: impl Into<String>) -> Self {
        self.provider = name.into();
        self
    }

    /// Sets what is used where the turn sets nothing.
    pub fn defaults(mut self, config: InferenceConfig) -> Self {
        self.defaults = config;
        self
    }

    /// Sets what only this API has.
    pub fn options(mut self, options: ResponsesOptions) -> Self {
        self.options = options;
        self
    }

    /// Sets whether a stream is asked for. True by default. The result is the same; with a stream
    /// the events come as the model writes.
    pub fn stream(mut self, stream: bool) -> Self {
        self.stream = stream;
        self
    }

    /// Adds a header to each request, replacing one of the engine's own.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
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

    /// Makes the engine.
    ///
    /// # Errors
    ///
    /// Of kind [`Configuration`](ErrorKind::Configuration): the key is missing and the server is
    /// OpenAI's, a default or a header is not allowed, or no HTTP client can be set up. The
    /// message names the setting.
    pub fn build(self) -> Result<ResponsesEngine, EngineError> {
        if self.model.trim().is_empty() {
            return Err(configuration("model: is empty; name the model to ask"));
        }
        self.defaults.validate()?;
        let accept = if self.stream { STREAM_OR_BODY } else { BODY };
        let request = self.request(PATH, accept)?;
        let count = self.request(COUNT_PATH, BODY)?;
        let http = match self.http {
            Some(http) => http,
            None => HttpClient::new(ReqwestTransport::new()?),
        };
        Ok(ResponsesEngine {
            shared: Arc::new(Shared {
                model: self.model,
                provider: self.provider,
                http,
                request,
                count,
                defaults: self.defaults,
                options: self.options,
                stream: self.stream,
            }),
        })
    }

    fn request(&self, path: &str, accept: &'static str) -> Result<Request, EngineError> {
        let url = endpoint(&self.base_url, path);
        if self.key.is_none() && is_openai(&url) && !self.has_own_key() {
            return Err(configuration(
                "api_key: is missing; set OPENAI_API_KEY or give the engine a key, or set the \
                 base URL of a server that needs none",
            ));
        }
        let mut request = Request::post(url).with_header(ACCEPT, HeaderValue::from_static(accept));
        if let Some(key) = &self.key {
            request = match &self.key_header {
                None => request.with_bearer(key)?,
                Some(name) => {
                    let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| {
                        configuration("key_header: is not the name of a header").with_source(error)
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
        self.headers.iter().any(|(name, _)| is_key(name))
    }
}

/// The URL of an endpoint: the path goes before the query, and is not doubled.
fn endpoint(base: &str, path: &str) -> String {
    let base = base.trim();
    let (root, query) = match base.split_once('?') {
        Some((root, query)) => (root, Some(query)),
        None => (base, None),
    };
    let root = root.trim_end_matches('/');
    let root = root.strip_suffix(PATH).unwrap_or(root);
    match query {
        Some(query) => format!("{root}{path}?{query}"),
        None => format!("{root}{path}"),
    }
}

fn is_openai(url: &str) -> bool {
    url.starts_with("https://api.openai.com/")
}

fn configuration(message: &str) -> EngineError {
    EngineError::new(ErrorKind::Configuration, message)
}
