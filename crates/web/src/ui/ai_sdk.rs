//! Routes of the Vercel AI SDK.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse as _, Response},
};
use geppetto_events::Event;
use geppetto_host::{Decision, HostedRun, HostedSession, State as SessionState};
use geppetto_turns::Turn;
use geppetto_ui::ai_sdk::{
    Action, Answer, Chunk, DONE, File, Message, Projection, Request, STREAM_HEADER, messages,
};
use http::{HeaderName, HeaderValue, StatusCode};

use super::{
    files::Media,
    runs::{self, Prompt},
    stream::{self, Run, Wire},
};
use crate::{
    Problem,
    app::App,
    extract::{Input, SessionId, Target},
    guard::Streaming,
    owner::Scope,
};

impl Wire for Projection {
    const LAST: Option<&'static str> = Some(DONE);

    fn apply(&mut self, event: &Event) -> Vec<String> {
        let chunks = Projection::apply(self, event);
        chunks.iter().map(Chunk::to_json).collect()
    }

    fn abandon(&mut self, error: &str) -> Vec<String> {
        let chunks = Projection::abandon(self, error);
        chunks.iter().map(Chunk::to_json).collect()
    }

    fn is_ended(&self) -> bool {
        Projection::is_ended(self)
    }
}

/// Starts a run, and streams it.
pub(crate) async fn submit(
    State(app): State<App>,
    scope: Scope,
    Input(request): Input<Request>,
) -> Result<Response, Problem> {
    let streaming = app.streams.open(scope.group().unwrap_or_default())?;
    let action = request.action();
    let action = action.map_err(|error| Problem::unprocessable(error.to_string()))?;
    let profile = request.profile.clone();
    let session = match &action {
        Action::Prompt { id, .. } => {
            runs::check_id(id, "the id of the message")?;
            runs::session(&app, &scope, &request.id, profile.as_deref()).await?
        }
        _ => scope.session(&app.host, &request.id).await?,
    };
    match action {
        Action::Prompt {
            id,
            text,
            files,
            replaces,
        } => {
            let media = media(&files)?;
            let prompt = Prompt { id, text, media };
            sent(&app, session, prompt, replaces, profile, streaming).await
        }
        Action::Regenerate { id, after } => {
            let asked = [id, after];
            again(&app, session, &asked, profile, streaming).await
        }
        Action::Answers(answers) => answered(&app, session, &answers, streaming).await,
        _ => Err(Problem::unprocessable("the request is not understood")),
    }
}

fn media(files: &[File]) -> Result<Media, Problem> {
    let mut media = Media::default();
    for file in files {
        media.add(&file.url, Some(&file.media_type), file.name.clone())?;
    }
    Ok(media)
}

/// Runs a message of the user.
async fn sent(
    app: &App,
    session: HostedSession,
    prompt: Prompt,
    replaces: bool,
    profile: Option<String>,
    streaming: Streaming,
) -> Result<Response, Problem> {
    let turns = session.turns().await?;
    let known = runs::turn_of(&turns, &prompt.id);
    if !replaces && known.is_none_or(|index| index + 1 == turns.len()) {
        // The same message again is a request that was repeated.
        if let Some(response) = repeated(app, &session, known.is_some(), &turns, &streaming).await?
        {
            return Ok(with_header(response));
        }
    }
    runs::take_over(app, &session).await?;
    let snapshot = session.snapshot().await?;
    let key = (!prompt.id.is_empty() && !replaces).then(|| format!("ui:{}", prompt.id));
    let mut submit = match known.filter(|_| replaces) {
        Some(index) => runs::replace(app, &session, &turns, index, prompt).await?,
        None => runs::prompt(&session, prompt),
    };
    if let Some(key) = key {
        submit = submit.idempotency_key(key);
    }
    let latest = snapshot.turn.as_ref();
    let run = runs::submit(app, &session, submit, profile, latest).await?;
    let projection = Projection::new();
    Ok(follow(
        app,
        session,
        &run,
        projection,
        snapshot.seq,
        streaming,
    ))
}

/// Returns the stream of the last message's run, if the message was sent before.
async fn repeated(
    app: &App,
    session: &HostedSession,
    is_known: bool,
    turns: &[Turn],
    streaming: &Streaming,
) -> Result<Option<Response>, Problem> {
    if !is_known {
        return Ok(None);
    }
    if session.running().is_some() {
        return replay(app, session.clone(), streaming.another()).await;
    }
    let last = turns.len().saturating_sub(1);
    let Some(turn) = turns.last() else {
        return Ok(None);
    };
    let chunks = Projection::finished(turn, runs::start_of(turns, last));
    let data: Vec<String> = chunks.iter().map(Chunk::to_json).collect();
    Ok(Some(stream::whole(&data, Some(DONE))))
}

/// Runs the message of a turn again.
async fn again(
    app: &App,
    session: HostedSession,
    ids: &[Option<String>],
    profile: Option<String>,
    streaming: Streaming,
) -> Result<Response, Problem> {
    runs::take_over(app, &session).await?;
    let snapshot = session.snapshot().await?;
    let turns = session.turns().await?;
    let named = ids.iter().flatten();
    let mut places = named.filter_map(|id| runs::turn_of(&turns, id));
    let index = places.next().or(turns.len().checked_sub(1));
    let Some(index) = index else {
        return Err(Problem::unprocessable("the session has no message yet"));
    };
    let submit = runs::again(app, &session, &turns, index).await?;
    let latest = snapshot.turn.as_ref();
    let run = runs::submit(app, &session, submit, profile, latest).await?;
    let projection = Projection::new();
    Ok(follow(
        app,
        session,
        &run,
        projection,
        snapshot.seq,
        streaming,
    ))
}

/// Continues with answers to tool calls that wait.
async fn answered(
    app: &App,
    session: HostedSession,
    answers: &[Answer],
    streaming: Streaming,
) -> Result<Response, Problem> {
    let snapshot = session.snapshot().await?;
    let waits = |call: &str| snapshot.waits.iter().any(|own| own.call_id == call);
    let open: Vec<&Answer> = answers.iter().filter(|own| waits(own.call())).collect();
    let latest = snapshot.turn.as_ref();
    if open.is_empty() {
        let calls = answers.iter().map(Answer::call);
        if let Some(submit) = runs::continued(&session, latest, calls) {
            let run = runs::submit(app, &session, submit, None, latest).await?;
            let projection = Projection::new();
            return Ok(follow(
                app,
                session,
                &run,
                projection,
                snapshot.seq,
                streaming,
            ));
        }
        let detail = "none of the tool calls in the message waits for an answer";
        return Err(Problem::new(StatusCode::CONFLICT, "not-waiting", detail)
            .help("load the messages again; another window may have answered"));
    }
    let denied = open.iter().filter_map(|own| match own {
        Answer::Deny { call, .. } => Some(call.clone()),
        _ => None,
    });
    let projection = Projection::new().denied(denied);
    let decisions = open
        .iter()
        .map(|own| (own.call().to_owned(), decision(own)));
    let submit = session.answer(decisions);
    let run = runs::submit(app, &session, submit, None, latest).await?;
    Ok(follow(
        app,
        session,
        &run,
        projection,
        snapshot.seq,
        streaming,
    ))
}

fn decision(answer: &Answer) -> Decision {
    match answer {
        Answer::Allow { .. } => Decision::Allow,
        Answer::Deny { reason, .. } => {
            let reason = reason.as_deref().filter(|reason| !reason.trim().is_empty());
            Decision::reject(reason.unwrap_or("the user rejected the call"))
        }
        Answer::Output { result, .. } => Decision::answer(result.as_str()),
        Answer::Failed { error, .. } => Decision::answer(format!("Error: {error}")),
        _ => Decision::reject("the answer is not understood"),
    }
}

/// Returns the stream of a run that has just started.
fn follow(
    app: &App,
    session: HostedSession,
    run: &HostedRun,
    projection: Projection,
    after: u64,
    streaming: Streaming,
) -> Response {
    with_header(stream::of_run(Run {
        wire: projection.of_run(run.id()),
        known: Vec::new(),
        events: session.events(after),
        watching: app
            .watches
            .watch(&session, run.id(), app.options.stop_when_left),
        session,
        streaming,
        keep_alive: app.options.keep_alive,
    }))
}

/// Streams the running inference from its beginning; 204 if there is none.
pub(crate) async fn resume(
    State(app): State<App>,
    scope: Scope,
    SessionId(id): SessionId,
) -> Result<Response, Problem> {
    let streaming = app.streams.open(scope.group().unwrap_or_default())?;
    let session = match scope.session(&app.host, &id).await {
        Ok(session) => session,
        // A page with `resume` asks before the first message, too.
        Err(problem) if problem.status == 404 => return Ok(StatusCode::NO_CONTENT.into_response()),
        Err(problem) => return Err(problem),
    };
    match replay(&app, session, streaming).await? {
        Some(response) => Ok(with_header(response)),
        None => Ok(StatusCode::NO_CONTENT.into_response()),
    }
}

/// Returns the stream of the running inference, with what the turn's earlier runs have shown.
async fn replay(
    app: &App,
    session: HostedSession,
    streaming: Streaming,
) -> Result<Option<Response>, Problem> {
    let mut snapshot = session.snapshot().await?;
    if matches!(snapshot.state, SessionState::Open { .. }) {
        // A run that was cut off continues when its session is opened.
        let _open = session.open_existing().await?;
        snapshot = session.snapshot().await?;
    }
    let SessionState::Running { run } = &snapshot.state else {
        return Ok(None);
    };
    let mut turns = session.turns().await?;
    let count = usize::try_from(snapshot.turn_count).unwrap_or(usize::MAX);
    turns.truncate(count.saturating_sub(1));
    let projection = match &snapshot.turn {
        Some(turn) => {
            turns.push(turn.clone());
            Projection::replaying(turn, runs::start_of(&turns, turns.len() - 1))
        }
        None => Projection::new(),
    };
    Ok(Some(stream::of_run(Run {
        wire: projection.of_run(run.as_str()),
        events: session.events(snapshot.seq),
        watching: app.watches.watch(&session, run, app.options.stop_when_left),
        known: snapshot.events,
        session,
        streaming,
        keep_alive: app.options.keep_alive,
    })))
}

/// Returns the messages of a session. The answer of a running inference is not among them: a page
/// that has a part of it shows that part twice when it resumes the stream, which begins with the
/// message (<https://github.com/vercel/ai/issues/14688>).
pub(crate) async fn read(Target(session): Target) -> Result<Json<Vec<Message>>, Problem> {
    let snapshot = session.snapshot().await?;
    let is_over = matches!(snapshot.state, SessionState::Idle | SessionState::Waiting);
    let mut messages = messages(&session.turns().await?);
    let running = snapshot.turn.filter(|_| !is_over).map(|turn| turn.id);
    messages.retain(|own| running.as_ref().is_none_or(|id| own.id != *id));
    Ok(Json(messages))
}

fn with_header(mut response: Response) -> Response {
    let (name, value) = STREAM_HEADER;
    let name = HeaderName::from_static(name);
    let value = HeaderValue::from_static(value);
    response.headers_mut().insert(name, value);
    response
}
