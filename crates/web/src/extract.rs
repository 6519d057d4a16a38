//! Extractors whose rejections are problems.

use std::{collections::HashMap, time::Duration};

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Query, Request, rejection::BytesRejection},
};
use geppetto_host::HostedSession;
use http::{StatusCode, request::Parts};
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use crate::{Problem, app::App, owner::Scope};

/// Time in which a body must arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(60);

/// The session of the path, if it exists for the owner of the request.
pub(crate) struct Target(pub(crate) HostedSession);

/// The id of a session in the path, which may not exist.
pub(crate) struct SessionId(pub(crate) String);

/// A parameter of the path.
pub(crate) struct CallId(pub(crate) String);

/// The run of the path.
pub(crate) struct RunId(pub(crate) String);

/// A message of the path, and the index of one of its images.
pub(crate) struct ImagePlace(pub(crate) String, pub(crate) usize);

/// The parameters of the query.
pub(crate) struct Params<T>(pub(crate) T);

/// The body. An empty one is an empty object.
pub(crate) struct Input<T>(pub(crate) T);

/// The `Idempotency-Key` header.
pub(crate) struct Key(pub(crate) Option<String>);

async fn path(parts: &mut Parts, app: &App, name: &str) -> Result<String, Problem> {
    let path = Path::<HashMap<String, String>>::from_request_parts(parts, app).await;
    let Path(mut path) = path.map_err(|error| Problem::bad_request(error.body_text()))?;
    path.remove(name)
        .ok_or_else(|| Problem::bad_request(format!("the path has no `{name}`")))
}

/// Returns the scope that the guard has found.
fn scope(parts: &Parts) -> Result<Scope, Problem> {
    let scope = parts.extensions.get::<Scope>().cloned();
    scope.ok_or_else(|| Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", "unknown user"))
}

impl FromRequestParts<App> for Scope {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        scope(parts)
    }
}

impl FromRequestParts<App> for Target {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let id = path(parts, app, "id").await?;
        Ok(Self(scope(parts)?.session(&app.host, &id).await?))
    }
}

impl FromRequestParts<App> for SessionId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Ok(Self(path(parts, app, "id").await?))
    }
}

impl FromRequestParts<App> for CallId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Ok(Self(path(parts, app, "call").await?))
    }
}

impl FromRequestParts<App> for RunId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Ok(Self(path(parts, app, "run").await?))
    }
}

impl FromRequestParts<App> for ImagePlace {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let message = path(parts, app, "message").await?;
        let index = path(parts, app, "index").await?.parse();
        let index = index.map_err(|_| Problem::bad_request("the index is not a number"))?;
        Ok(Self(message, index))
    }
}

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let query = Query::<T>::from_request_parts(parts, app).await;
        let Query(query) = query.map_err(|error| Problem::bad_request(error.body_text()))?;
        Ok(Self(query))
    }
}

impl FromRequestParts<App> for Key {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get("idempotency-key") else {
            return Ok(Self(None));
        };
        let text = value.to_str().ok().map(str::trim);
        match text.filter(|text| (1..=255).contains(&text.len())) {
            Some(text) => Ok(Self(Some(text.to_owned()))),
            None => Err(Problem::bad_request(
                "`Idempotency-Key` must be 1 to 255 printable ASCII characters",
            )),
        }
    }
}

impl<T: DeserializeOwned> FromRequest<App> for Input<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let body = body(request, app).await?;
        let json: &[u8] = if body.is_empty() { b"{}" } else { &body };
        // A list is no object, although serde reads one as the fields in order.
        if json.trim_ascii_start().first() != Some(&b'{') {
            return Err(Problem::bad_request("the body is not a JSON object"));
        }
        let input = serde_json::from_slice(json);
        input.map(Self).map_err(|error| {
            Problem::bad_request(format!("the body is not what is expected: {error}"))
        })
    }
}

/// Reads the body of a request, within the limits of size and time.
pub(crate) async fn body(request: Request, app: &App) -> Result<Bytes, Problem> {
    let body = timeout(BODY_TIMEOUT, Bytes::from_request(request, app)).await;
    let body = body.map_err(|_| {
        let detail = "the body did not arrive in time";
        Problem::new(StatusCode::REQUEST_TIMEOUT, "timeout", detail).help("send it again")
    })?;
    body.map_err(|error| unread(&error, app.options.max_body))
}

fn unread(error: &BytesRejection, max: usize) -> Problem {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        let detail = format!("the body has more than {max} bytes");
        return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", detail)
            .help("send smaller images");
    }
    Problem::bad_request("the body could not be read")
}
