//! Requests for sessions that another process owns.

use axum::{
    body::{Body, Bytes},
    extract::{OriginalUri, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use geppetto_host::HostedSession;
use http::{HeaderValue, Method, StatusCode, header, request::Parts};

mod pass;
mod target;

use crate::{Forward, Problem, app::App, extract};
use pass::{Failed, PASSED_ON, pass_on};

/// Sends a request to the owner of its session, as configured.
pub(crate) async fn owner(State(app): State<App>, request: Request, next: Next) -> Response {
    if app.options.forward == Forward::Nothing || request.headers().contains_key(PASSED_ON) {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    // Some requests name their session in the body.
    let body = match parts.method {
        Method::GET | Method::HEAD => Bytes::new(),
        _ => match extract::body(Request::from_parts(parts.clone(), body), &app).await {
            Ok(body) => body,
            Err(problem) => return problem.into_response(),
        },
    };
    let Some(session) = target::session(&app, &mut parts, &body).await else {
        return next.run(Request::from_parts(parts, body.into())).await;
    };
    if let Some(address) = address(&session).await {
        return send(&app, &address, parts, body, Some(next)).await;
    }
    let (again, kept) = (parts.clone(), body.clone());
    let response = next.run(Request::from_parts(parts, body.into())).await;
    if response.status() != StatusCode::CONFLICT {
        return response;
    }
    // Another process may have opened the session in the meantime.
    match address(&session).await {
        Some(address) => send(&app, &address, again, kept, None).await,
        None => response,
    }
}

/// Returns the address of the owner of a session, if it is another process.
async fn address(session: &HostedSession) -> Option<String> {
    let owner = session.owned_by().await.ok()??;
    owner.address().map(str::to_owned)
}

/// Redirects or passes on a request. `here` carries it out in this process.
async fn send(app: &App, address: &str, parts: Parts, body: Bytes, here: Option<Next>) -> Response {
    let uri = match parts.extensions.get::<OriginalUri>() {
        Some(OriginalUri(uri)) => uri.clone(),
        None => parts.uri.clone(),
    };
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    if app.options.forward == Forward::Redirect {
        let target = format!("{}{path}", address.trim_end_matches('/'));
        if let Ok(target) = HeaderValue::try_from(target) {
            let location = [(header::LOCATION, target)];
            return (StatusCode::TEMPORARY_REDIRECT, location).into_response();
        }
    }
    let failed = match pass_on(app, address, path, &parts, body.clone()).await {
        Ok(response) => return response,
        Err(failed) => failed,
    };
    let is_safe = matches!(parts.method, Method::GET | Method::HEAD);
    match (failed, here) {
        // The owner may be gone: what is stored can be read, and its session is taken over in time.
        (failed, Some(next)) if is_safe || failed == Failed::NotSent => {
            next.run(Request::from_parts(parts, Body::from(body))).await
        }
        (Failed::NotSent, _) => {
            let detail = "the process that owns the session cannot be reached";
            Problem::new(StatusCode::BAD_GATEWAY, "owner-lost", detail)
                .help("send the request again")
                .retry_after(5)
                .into_response()
        }
        (Failed::NoReply, _) => {
            let detail = "the process that owns the session did not reply; whether the request was \
                          carried out is unknown";
            Problem::new(StatusCode::BAD_GATEWAY, "owner-lost", detail)
                .help("send it again with the same Idempotency-Key")
                .retry_after(5)
                .into_response()
        }
    }
}
