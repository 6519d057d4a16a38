//! Runs: start, cancel, ask again, change the last prompt.

use std::{collections::HashSet, sync::Arc, time::Duration};

use axum::{Json, extract::State};
use geppetto_host::{Error, HostedRun, HostedSession, Submit};
use geppetto_session::QueuedPrompt;
use geppetto_turns::Turn;
use http::StatusCode;
use tokio::task::JoinHandle;

use crate::{
    Problem,
    app::App,
    extract::{Input, Key, Target},
    model::{Accepted, AcceptedState, Cancelled, Edit, Retry},
};

use super::profiles;

pub(crate) async fn cancel(Target(session): Target) -> Result<Json<Cancelled>, Problem> {
    let cancelled = session.cancel().await?;
    Ok(Json(Cancelled { cancelled }))
}

pub(crate) async fn retry(
    State(app): State<App>,
    Target(session): Target,
    Key(key): Key,
    Input(input): Input<Retry>,
) -> Result<(StatusCode, Json<Accepted>), Problem> {
    let submit = Sent::new(session.retry());
    start(&app, &session, submit, input.profile, key).await
}

pub(crate) async fn edit(
    State(app): State<App>,
    Target(session): Target,
    Key(key): Key,
    Input(input): Input<Edit>,
) -> Result<(StatusCode, Json<Accepted>), Problem> {
    if input.text.trim().is_empty() {
        return Err(Problem::unprocessable("the new text is empty"));
    }
    let submit = Sent::new(session.edit_prompt(input.text));
    start(&app, &session, submit, input.profile, key).await
}

/// A request, with what tells it from others in the queue.
pub(crate) struct Sent {
    submit: Submit,
    text: Option<String>,
}

impl Sent {
    /// Creates a request that is not queued.
    pub(crate) fn new(submit: Submit) -> Self {
        Self { submit, text: None }
    }

    /// Sets the text by which it is found in the queue.
    pub(crate) fn with_text(self, text: String) -> Self {
        let text = Some(text);
        Self { text, ..self }
    }
}

/// Submits a request with its profile. Continues when the client goes away.
pub(crate) async fn start(
    app: &App,
    session: &HostedSession,
    sent: Sent,
    profile: Option<String>,
    key: Option<String>,
) -> Result<(StatusCode, Json<Accepted>), Problem> {
    if let Some(name) = &profile {
        app.known(name)?;
    }
    let snapshot = session.snapshot().await?;
    let place = key.clone().map(|key| (session.id().to_owned(), key));
    let message = place.zip(sent.text.clone());
    if let Some((place, text)) = &message
        && let Some(run) = app.pending.again(place, text, &snapshot.queued)
    {
        return Ok((StatusCode::ACCEPTED, Json(waits(run, true))));
    }
    let mut submit = with_profile(app, session, sent.submit, profile, snapshot.turn.as_ref())?;
    if let Some(key) = &key {
        submit = submit.idempotency_key(key.as_str());
    }
    let queued = snapshot.queued.into_iter().map(|own| own.run_id);
    let queued: HashSet<String> = queued.collect();
    let mut task = tokio::spawn(submit.submit());
    let is_own = |own: &QueuedPrompt| {
        let is_text = sent.text.as_ref().is_none_or(|text| own.text == *text);
        is_text && !queued.contains(&own.run_id)
    };
    let accepted = acknowledged(session, &mut task, is_own).await?;
    if let (AcceptedState::Queued, Some((place, text))) = (accepted.state, message) {
        let run = accepted.run.clone();
        app.pending.lock().insert(place.clone(), (run, text));
        let pending = Arc::clone(&app.pending);
        tokio::spawn(async move {
            let _ = task.await;
            pending.lock().remove(&place);
        });
    }
    Ok((StatusCode::ACCEPTED, Json(accepted)))
}

/// Returns a request with a profile: the named one, or that of the session.
pub(crate) fn with_profile(
    app: &App,
    session: &HostedSession,
    submit: Submit,
    profile: Option<String>,
    latest: Option<&Turn>,
) -> Result<Submit, Problem> {
    let name = profile.or_else(|| profiles::of_session(app, session, latest));
    let Some(name) = name else {
        return Ok(submit);
    };
    let submit = app.known(&name)?.on(submit).compared_with(name.as_str());
    app.choose(session.id(), &name)?;
    Ok(submit)
}

/// Waits until a request is acknowledged, or is in the queue.
async fn acknowledged(
    session: &HostedSession,
    task: &mut JoinHandle<Result<HostedRun, Error>>,
    is_own: impl Fn(&QueuedPrompt) -> bool,
) -> Result<Accepted, Problem> {
    let mut pause = Duration::from_millis(10);
    loop {
        tokio::select! {
            biased;
            run = &mut *task => {
                let run = run.map_err(|_| lost())??;
                return Ok(Accepted {
                    run: run.id().to_owned(),
                    state: AcceptedState::Started,
                    repeated: run.is_repeated(),
                });
            }
            () = tokio::time::sleep(pause) => {}
        }
        // The host acknowledges a queued prompt when its run starts, which may take minutes.
        let snapshot = session.snapshot().await?;
        if let Some(own) = snapshot.queued.into_iter().rev().find(&is_own) {
            return Ok(waits(own.run_id, false));
        }
        pause = (pause * 2).min(Duration::from_millis(250));
    }
}

fn waits(run: String, repeated: bool) -> Accepted {
    Accepted {
        run,
        state: AcceptedState::Queued,
        repeated,
    }
}

pub(crate) fn lost() -> Problem {
    let detail = "the request was not completed, because the server is shutting down";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "shutting-down", detail)
        .help("send the request again later, with the same Idempotency-Key")
        .retry_after(5)
}
