//! Addresses: the path of a request, which depends on the server and on the model.

use geppetto_engine::{ConfigError, EngineError};
use geppetto_provider::{
    Server,
    rules::{is_vertex, push_model},
};

use crate::GeminiOptions;

#[cfg(test)]
mod tests;

/// Base URL of the Gemini Developer API.
pub(crate) const BASE_URL: &str = "https://generativelanguage.googleapis.com";

/// The part of paths that does not depend on the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    /// Version of the API, unless the base URL has one: `/v1beta`.
    version: String,
    /// Publisher of models on Vertex AI, unless the base URL has one: `/publishers/google`.
    publisher: &'static str,
    /// `true` if the base URL has a Google Cloud project.
    has_project: bool,
    is_vertex: bool,
}

impl Address {
    /// # Errors
    ///
    /// An error of kind `Configuration` if the base URL is that of another API or of one model.
    pub(crate) fn of(server: &Server, options: &GeminiOptions) -> Result<Self, EngineError> {
        let path = path_of(server.base_url());
        check(path)?;
        let has_project = path.contains("/projects/");
        let is_vertex = is_vertex(server.authority(), path);
        let named = path.split('/').any(is_version);
        let default = if is_vertex { "v1" } else { "v1beta" };
        let version = options
            .api_version
            .as_deref()
            .unwrap_or(default)
            .trim_matches('/');
        Ok(Self {
            version: if named {
                String::new()
            } else {
                format!("/{version}")
            },
            publisher: match is_vertex && !path.contains("/publishers/") {
                true => "/publishers/google",
                false => "",
            },
            has_project,
            is_vertex,
        })
    }

    /// Returns `true` if the server is Vertex AI.
    pub(crate) fn is_vertex(&self) -> bool {
        self.is_vertex
    }

    /// Returns `true` if the server expects a bearer token.
    pub(crate) fn wants_token(&self) -> bool {
        self.has_project
    }

    /// Returns the path of a method of a model. A model may have a prefix (`models/`,
    /// `tunedModels/`, `publishers/`, `projects/`, `endpoints/`).
    pub(crate) fn path(&self, model: &str, method: &str) -> String {
        let model = model.trim_matches('/');
        let is_named = ["projects/", "publishers/", "tunedModels/", "endpoints/"]
            .iter()
            .any(|prefix| model.starts_with(prefix));
        let (publisher, folder) = match is_named {
            true => ("", ""),
            false if model.starts_with("models/") => (self.publisher, ""),
            false => (self.publisher, "models/"),
        };
        let mut path = format!("{}{publisher}/{folder}", self.version);
        push_model(&mut path, model);
        path.push(':');
        path.push_str(method);
        path
    }
}

/// Returns the path of a URL, without its query.
fn path_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    rest.find('/')
        .and_then(|at| rest.get(at..))
        .unwrap_or_default()
}

/// Returns `true` for `v1`, `v1beta`, `v1beta1`, `v1alpha`.
fn is_version(segment: &str) -> bool {
    let number = segment.strip_prefix('v').unwrap_or_default();
    number.starts_with(|c: char| c.is_ascii_digit())
        && number.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// Refuses base URLs that users copy from other documentation.
fn check(path: &str) -> Result<(), EngineError> {
    let path = path.trim_end_matches('/');
    let problem = if path.ends_with("/openai") || path.ends_with("/openapi") {
        "is that of Google's OpenAI-compatible API; remove the end of its path, or use an engine of \
         OpenAI's API"
    } else if path.contains(":generateContent") || path.contains(":streamGenerateContent") {
        "is that of one model; remove `/models/` and what follows it, and name the model as model"
    } else if path.ends_with("/models") {
        "ends with `/models`, which is added to it; remove it"
    } else {
        return Ok(());
    };
    Err(ConfigError::new("base_url", problem).into())
}
