//! [`Refusal`]: an error as a reply, and the translation of [`Problem`]s.

use axum::{
    Json,
    extract::{FromRequestParts, Path, Request},
    middleware::Next,
    response::{IntoResponse, Response},
};
use geppetto_host::{Error, ErrorKind};
use geppetto_ui::openai::ApiError;
use http::{StatusCode, header, request::Parts};
use serde_json::json;

use crate::{Problem, app::App};

/// An error as a reply.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(super) error: ApiError,
    /// Seconds after which the request may be repeated.
    pub(super) retry_after: Option<u64>,
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        Self {
            error,
            retry_after: None,
        }
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        let help = match problem.help.is_empty() {
            true => String::new(),
            false => format!("; {}", problem.help),
        };
        let message = format!("{}{help}", problem.detail);
        let code = problem.kind.trim_start_matches("urn:geppetto:");
        Self {
            retry_after: problem.retry_after.map(u64::from),
            error: ApiError::new(problem.status, message).with_code(code.replace('-', "_")),
        }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        // What the builder of the run refuses, such as the name of a tool, is the client's mistake.
        if error.kind() == ErrorKind::Refused {
            return ApiError::new(400, error.to_string())
                .with_code("refused")
                .into();
        }
        Problem::from(error).into()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.error.status);
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(json!({"error": self.error}))).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// The id in the path.
pub(super) struct Id(pub(super) String);

impl FromRequestParts<App> for Id {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        match Path::<String>::from_request_parts(parts, app).await {
            Ok(Path(id)) => Ok(Self(id)),
            Err(error) => Err(ApiError::new(400, error.body_text()).into()),
        }
    }
}

/// Translates the problems of the paths of this API, whichever layer they come from.
pub(crate) async fn translate(request: Request, next: Next) -> Response {
    let is_own = is_own_path(request.uri().path());
    let mut response = next.run(request).await;
    if !is_own {
        return response;
    }
    let Some(problem) = response.extensions_mut().remove::<Problem>() else {
        return response;
    };
    let (old, _) = response.into_parts();
    let mut response = Refusal::from(problem).into_response();
    for (name, value) in &old.headers {
        if name != header::CONTENT_TYPE && name != header::CONTENT_LENGTH {
            response.headers_mut().insert(name, value.clone());
        }
    }
    response
}

/// Returns `true` for a path of this API, and for those that a client with a wrong base URL uses.
pub(crate) fn is_own_path(path: &str) -> bool {
    let ends = ["/chat/completions", "/responses", "/models", "/embeddings"];
    path.contains("/v1/") || path == "/v1" || ends.iter().any(|end| path.ends_with(end))
}
