//! The session that a request is for.

use axum::extract::{FromRequestParts as _, RawPathParams};
use geppetto_host::HostedSession;
use http::{Method, request::Parts};
use serde::Deserialize;

use crate::{app::App, openai, owner::Scope};

/// Fields of bodies that name a session. Other fields are skipped.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Names {
    /// In requests of the Vercel AI SDK.
    id: Option<String>,
    /// In requests of AG-UI.
    #[serde(rename = "threadId", alias = "thread_id")]
    thread_id: Option<String>,
    /// In requests of the Responses API.
    previous_response_id: Option<String>,
}

/// Returns the session of a request, if it exists for the user.
pub(super) async fn session(app: &App, parts: &mut Parts, body: &[u8]) -> Option<HostedSession> {
    let id = id(app, parts, body).await?;
    let scope = parts.extensions.get::<Scope>()?;
    scope.session(&app.host, &id).await.ok()
}

async fn id(app: &App, parts: &mut Parts, body: &[u8]) -> Option<String> {
    let path = parts.uri.path();
    let names = || serde_json::from_slice::<Names>(body).ok();
    if parts.method == Method::POST {
        match path {
            "/ui" => return names()?.id,
            "/agui" => return names()?.thread_id,
            "/v1/responses" => return openai::session_of(&names()?.previous_response_id?),
            _ => {}
        }
    }
    // Models have ids too.
    if path.starts_with("/v1/models/") {
        return None;
    }
    let is_response = path.starts_with("/v1/responses/");
    let params = RawPathParams::from_request_parts(parts, app).await.ok()?;
    let (_, id) = params.iter().find(|(name, _)| *name == "id")?;
    if is_response {
        return openai::session_of(id);
    }
    Some(id.to_owned())
}
