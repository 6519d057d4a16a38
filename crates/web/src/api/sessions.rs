//! Sessions: list, create, read, change, delete.

use std::time::{Duration, SystemTime};

use axum::{Json, extract::State};
use geppetto_host::NewSession;
use geppetto_store::{Cursor, Page};
use http::{HeaderValue, StatusCode, header};
use serde::Deserialize;

use crate::{
    Problem,
    app::App,
    extract::{Input, Params, Target},
    hub::joined,
    model::{
        ChangeSession, CreateSession, QueuedMessage, SessionPage, SessionSnapshot, SessionSummary,
        WaitingCall,
    },
    owner::Scope,
};

use super::profiles;

/// Maximum length of a title, in bytes.
const MAX_TITLE: usize = 1_000;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ListParams {
    after: Option<String>,
    limit: Option<usize>,
}

pub(crate) async fn list(
    State(app): State<App>,
    scope: Scope,
    Params(params): Params<ListParams>,
) -> Result<Json<SessionPage>, Problem> {
    let limit = params.limit.unwrap_or(30).clamp(1, 100);
    let mut page = Page::newest(limit);
    if let Some(group) = scope.group() {
        page = page.of_group(group);
    }
    if let Some(after) = &params.after {
        page = page.after(cursor(after)?);
    }
    let listed = app.host.list(&page).await?;
    let last = listed.last().filter(|_| listed.len() == limit);
    let next = last.map(|(info, _)| {
        let time = info.updated_at.unwrap_or(SystemTime::UNIX_EPOCH);
        let time = time.duration_since(SystemTime::UNIX_EPOCH);
        format!("{}.{}", time.unwrap_or_default().as_nanos(), info.id)
    });
    let sessions = listed.into_iter();
    let sessions = sessions.map(|(info, state)| SessionSummary::new(info, &state));
    Ok(Json(SessionPage {
        sessions: sessions.collect(),
        next,
    }))
}

/// Reads the place of a page.
fn cursor(text: &str) -> Result<Cursor, Problem> {
    let (nanos, id) = text.split_once('.').unwrap_or_default();
    let time = nanos.parse::<u64>().ok().map(Duration::from_nanos);
    let time = time.and_then(|time| SystemTime::UNIX_EPOCH.checked_add(time));
    match time {
        Some(time) if !id.is_empty() => Ok(Cursor::new(id, Some(time))),
        _ => Err(Problem::bad_request(
            "`after` is not the `next` of an earlier page",
        )),
    }
}

pub(crate) async fn create(
    State(app): State<App>,
    scope: Scope,
    Input(input): Input<CreateSession>,
) -> Result<
    (
        StatusCode,
        [(header::HeaderName, HeaderValue); 1],
        Json<SessionSummary>,
    ),
    Problem,
> {
    if let Some(profile) = &input.profile {
        app.known(profile)?;
    }
    let mut new = NewSession::new().id(random_id()?);
    if let Some(title) = input.title {
        new = new.title(checked_title(title)?);
    }
    if let Some(group) = scope.group() {
        new = new.group(group);
    }
    let session = app.host.create(new).await?;
    if let Some(profile) = &input.profile {
        profiles::choose(&app, &session, profile).await?;
    }
    let location = HeaderValue::from_str(&format!("sessions/{}", session.id()));
    let location = location.unwrap_or(HeaderValue::from_static("sessions"));
    let state = geppetto_host::State::Idle;
    let summary = SessionSummary::new(session.info().await?, &state);
    Ok((
        StatusCode::CREATED,
        [(header::LOCATION, location)],
        Json(summary),
    ))
}

fn checked_title(title: String) -> Result<String, Problem> {
    if title.len() > MAX_TITLE {
        let detail = format!("the title has more than {MAX_TITLE} bytes");
        return Err(Problem::unprocessable(detail));
    }
    Ok(title)
}

/// Returns 128 random bits of the operating system, in hexadecimal.
pub(crate) fn random_id() -> Result<String, Problem> {
    let mut bytes = [0; 16];
    if getrandom::fill(&mut bytes).is_err() {
        let detail = "the system has no random numbers";
        return Err(Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "no-random-numbers",
            detail,
        ));
    }
    Ok(format!("{:032x}", u128::from_le_bytes(bytes)))
}

pub(crate) async fn read(
    State(app): State<App>,
    Target(session): Target,
) -> Result<Json<SessionSnapshot>, Problem> {
    let snapshot = session.snapshot().await?;
    // What windows show also has what is known from events alone.
    let view = match app.hubs.view(session.id()) {
        Some(view) => view,
        None => joined(&session).await?.view().clone(),
    };
    let profile = profiles::of_session(&app, &session, snapshot.turn.as_ref());
    let queued = snapshot.queued.into_iter().map(|own| QueuedMessage {
        run: own.run_id,
        text: own.text,
        joins: own.joins,
    });
    let waits = snapshot.waits.into_iter().map(|own| WaitingCall {
        call_id: own.call_id,
        tool: own.tool_name,
        arguments: own.input,
        question: own.question,
    });
    Ok(Json(SessionSnapshot {
        seq: view.version,
        view: serde_json::to_value(&view).unwrap_or_default(),
        queued: queued.collect(),
        waits: waits.collect(),
        profile,
        session: SessionSummary::new(snapshot.info, &snapshot.state),
    }))
}

pub(crate) async fn change(
    State(app): State<App>,
    Target(session): Target,
    Input(input): Input<ChangeSession>,
) -> Result<Json<SessionSummary>, Problem> {
    if let Some(profile) = &input.profile {
        profiles::choose(&app, &session, profile).await?;
    }
    if let Some(title) = input.title {
        session.rename(checked_title(title)?).await?;
    }
    let snapshot = session.snapshot().await?;
    Ok(Json(SessionSummary::new(snapshot.info, &snapshot.state)))
}

pub(crate) async fn delete(
    State(app): State<App>,
    Target(session): Target,
) -> Result<StatusCode, Problem> {
    session.delete().await?;
    app.forget(session.id());
    Ok(StatusCode::NO_CONTENT)
}
