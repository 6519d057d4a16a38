//! Addresses: the path of a request, which on Vertex AI contains the model.

use geppetto_engine::{ConfigError, EngineError};
use geppetto_provider::{
    Server,
    rules::{is_vertex, push_model},
};

#[cfg(test)]
mod tests;

pub(crate) const PATH: &str = "/messages";
const COUNT_PATH: &str = "/messages/count_tokens";

/// Segment of the version in a base URL.
const VERSION: &str = "/v1";

/// Folders of models on Vertex AI.
const PUBLISHER: &str = "/publishers/anthropic";
const MODELS: &str = "/models";

/// Form of the paths of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Address {
    /// `/v1/messages`.
    Messages {
        /// `true` if the base URL has no version.
        adds_version: bool,
    },
    /// `/publishers/anthropic/models/MODEL:streamRawPredict`, with the parts that the base URL does not
    /// have.
    ///
    /// Source: <https://docs.claude.com/en/api/claude-on-vertex-ai>.
    Vertex {
        publisher: &'static str,
        models: &'static str,
    },
}

impl Address {
    /// # Errors
    ///
    /// An error of kind `Configuration` if the base URL is that of Vertex AI without a project.
    pub(crate) fn of(server: &Server) -> Result<Self, EngineError> {
        let base = server.base_url();
        let base = base.split(['?', '#']).next().unwrap_or(base);
        let path = base.trim_end_matches('/');
        let path = path.strip_suffix(PATH).unwrap_or(path);
        if !is_vertex(server.authority(), path) {
            return Ok(Self::Messages {
                adds_version: !path.ends_with(VERSION),
            });
        }
        if !path.contains("/projects/") {
            let problem = "is that of Vertex AI without a project; it ends with \
                           `/v1/projects/PROJECT/locations/LOCATION` (`vertex_url`)";
            return Err(ConfigError::new("base_url", problem).into());
        }
        let names_publisher = path.contains("/publishers/");
        Ok(Self::Vertex {
            publisher: if names_publisher { "" } else { PUBLISHER },
            models: if path.ends_with(MODELS) { "" } else { MODELS },
        })
    }

    /// Returns `true` if the server is Vertex AI.
    pub(crate) fn is_vertex(self) -> bool {
        matches!(self, Self::Vertex { .. })
    }

    /// Returns the path of a reply.
    pub(crate) fn reply(self, model: &str, stream: bool) -> String {
        let verb = if stream {
            "streamRawPredict"
        } else {
            "rawPredict"
        };
        self.path(PATH, model, verb)
    }

    /// Returns the path of a count of tokens.
    pub(crate) fn count(self) -> String {
        self.path(COUNT_PATH, "count-tokens", "rawPredict")
    }

    fn path(self, path: &str, model: &str, verb: &str) -> String {
        match self {
            Self::Messages { adds_version } => {
                let version = if adds_version { VERSION } else { "" };
                format!("{version}{path}")
            }
            Self::Vertex { publisher, models } => {
                let mut path = format!("{publisher}{models}/");
                push_model(&mut path, model);
                path.push(':');
                path.push_str(verb);
                path
            }
        }
    }
}
