//! Changes of the history: fork, undo.

use axum::{Json, extract::State};
use http::StatusCode;

use crate::{
    Problem,
    app::App,
    extract::{Input, Target},
    model::{Fork, Removed, SessionSummary},
};

use super::sessions::random_id;

pub(crate) async fn fork(
    State(app): State<App>,
    Target(session): Target,
    Input(input): Input<Fork>,
) -> Result<(StatusCode, Json<SessionSummary>), Problem> {
    let turns = session.turns().await?;
    let index = match &input.turn_id {
        Some(id) => turns.iter().rposition(|turn| turn.id == *id),
        None => turns.len().checked_sub(1),
    };
    let Some(index) = index else {
        let detail = "the session has no such turn";
        return Err(Problem::new(StatusCode::NOT_FOUND, "no-such-turn", detail)
            .help("use a `turn_id` of the session's timeline"));
    };
    let index = u64::try_from(index).unwrap_or(u64::MAX);
    let fork = session.fork_at(index, Some(random_id()?)).await?;
    if let Some(profile) = app.chosen(session.id()) {
        app.choose(fork.id(), &profile)?;
    }
    if let Some(title) = input.title {
        fork.rename(title).await?;
    }
    let state = geppetto_host::State::Idle;
    let summary = SessionSummary::new(fork.info().await?, &state);
    Ok((StatusCode::CREATED, Json(summary)))
}

pub(crate) async fn undo(
    State(app): State<App>,
    Target(session): Target,
) -> Result<Json<Removed>, Problem> {
    let turn = session.undo().await?;
    app.hubs.rebuild(session.id());
    Ok(Json(Removed { turn_id: turn.id }))
}
