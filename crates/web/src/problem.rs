//! [`Problem`]: errors of the HTTP interface, as of RFC 9457.

use std::fmt;

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use geppetto_host::{Error, ErrorKind};
use http::{HeaderValue, StatusCode, header};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An error as `application/problem+json` ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)).
///
/// `type` is `urn:geppetto:` and the kind; clients branch on it. `detail` says what happened, and
/// `help` what to do. Failures of the store are logged, and not described to the client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub struct Problem {
    /// Kind of the problem, as a URN.
    #[serde(rename = "type")]
    pub kind: Box<str>,
    /// Short description of the kind.
    pub title: Box<str>,
    /// HTTP status.
    pub status: u16,
    /// What happened.
    pub detail: String,
    /// What to do.
    pub help: String,
    /// Id of the running inference, if the session is busy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// Seconds after which the request may be repeated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, kind: &str, detail: impl Into<String>) -> Self {
        let title = kind.replace('-', " ").into();
        Self {
            kind: format!("urn:geppetto:{kind}").into(),
            title,
            status: status.as_u16(),
            detail: detail.into(),
            help: String::new(),
            run: None,
            retry_after: None,
        }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    pub(crate) fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    pub(crate) fn no_session(id: &str) -> Self {
        let id: String = id.chars().take(80).collect();
        let detail = format!("there is no session `{id}`");
        Self::new(StatusCode::NOT_FOUND, "no-such-session", detail)
            .help("list the sessions with GET /sessions; it may have been deleted")
    }

    pub(crate) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-request", detail)
            .help("see openapi.json for the requests of this server")
    }

    pub(crate) fn unprocessable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "refused", detail)
            .help("change the request as the detail says")
    }

    fn of_host(error: &Error) -> Self {
        let text = error.to_string();
        match error.kind() {
            ErrorKind::NotFound => Self::new(StatusCode::NOT_FOUND, "not-found", text)
                .help("reload the session with GET /sessions/{id}"),
            ErrorKind::Exists => {
                Self::new(StatusCode::CONFLICT, "exists", text).help("choose another id")
            }
            ErrorKind::Busy => {
                let help = "wait for the run to end, or cancel it with POST /sessions/{id}/cancel";
                let mut own = Self::new(StatusCode::CONFLICT, "busy", text).help(help);
                own.run = error.running().map(str::to_owned);
                own
            }
            ErrorKind::Held => {
                let detail = "another server process runs this session";
                Self::new(StatusCode::CONFLICT, "held", detail)
                    .help("send the request to that process, or try again after its lease expired")
                    .retry_after(30)
            }
            ErrorKind::CutRun => Self::new(StatusCode::CONFLICT, "cut-run", text)
                .help("end the interrupted run with POST /sessions/{id}/cancel"),
            ErrorKind::KeyReused => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency-key-reused",
                text,
            )
            .help("use a new Idempotency-Key for a new request"),
            ErrorKind::Refused => Self::unprocessable(text),
            ErrorKind::AtCapacity => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "at-capacity", text)
                    .help("send the request again later")
                    .retry_after(5)
            }
            ErrorKind::ShuttingDown => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "shutting-down", text)
                    .help("send the request again later")
                    .retry_after(5)
            }
            ErrorKind::NotStored => {
                tracing::error!(%error, "a change was not stored");
                let detail = "the change was not stored and did not happen";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "not-stored", detail)
                    .help("send the request again; the server's log has the reason")
                    .retry_after(5)
            }
            _ => {
                tracing::error!(%error, "the store failed");
                let detail = "the session store failed";
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "store", detail)
                    .help("the server's log has the reason; whether a change was stored is unknown")
            }
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::of_host(&error)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.detail, self.status)
    }
}

impl std::error::Error for Problem {}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        let retry_after = self.retry_after;
        let mut response = (status, Json(&self)).into_response();
        response.extensions_mut().insert(self);
        let headers = response.headers_mut();
        let json = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, json);
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer");
            headers.insert(header::WWW_AUTHENTICATE, scheme);
        }
        response
    }
}
