//! `/v1/responses`.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse as _, Response},
};
use geppetto_ui::openai::{ApiError, responses::ResponseStream};
use serde::Deserialize;
use serde_json::{Map, Value, json};

mod create;
mod id;
mod input;
mod request;
mod stored;

use super::{
    error::{Id, Refusal},
    reply::{Projection, stream},
    run::{ApiRun, AtEnd},
};
use crate::{
    app::App,
    extract::{Input, Params},
    owner::Scope,
};

pub(crate) use create::Locks;
pub(crate) use id::session_of;
use request::ResponseRequest;
use stored::Stored;

pub(super) async fn create(
    State(app): State<App>,
    scope: Scope,
    Input(body): Input<Map<String, Value>>,
) -> Result<Response, Refusal> {
    let request = ResponseRequest::read(&app, &body)?;
    let (is_stream, is_background) = (request.stream, request.background);
    let (mut run, options) = create::start(&app, &scope, request).await?;
    let mut reply = ResponseStream::new(options);
    if is_background {
        run.at_end(AtEnd::Continue);
    }
    if is_stream {
        let projection = Projection::Response(Box::new(reply), 0);
        return stream(&app, run, projection).await;
    }
    if is_background {
        return Ok(Json(reply.response()).into_response());
    }
    complete(&mut run, &mut reply).await?;
    match reply.error() {
        Some(error) => Err(run.refusal(error.clone()).await),
        None => Ok(Json(reply.response()).into_response()),
    }
}

/// Reads a run to its end.
async fn complete(run: &mut ApiRun, reply: &mut ResponseStream) -> Result<(), Refusal> {
    while !reply.is_over() {
        if let Some(event) = run.next().await {
            reply.push(&event);
            if !event.is_terminal() || reply.is_over() {
                continue;
            }
        }
        let waiting: Vec<String> = reply.waiting().map(str::to_owned).collect();
        if waiting.is_empty() {
            return Err(ApiError::new(500, "the run ended without a reply").into());
        }
        run.refuse_waiting(waiting).await?;
    }
    Ok(())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ReadParams {
    stream: bool,
    starting_after: Option<u64>,
}

pub(super) async fn read(
    State(app): State<App>,
    scope: Scope,
    Id(id): Id,
    Params(params): Params<ReadParams>,
) -> Result<Response, Refusal> {
    let stored = Stored::find(&app, &scope, &id).await?;
    if !params.stream {
        let reply = stored.read().await?;
        return Ok(Json(reply.response()).into_response());
    }
    let from = params
        .starting_after
        .map_or(0, |after| after.saturating_add(1));
    let projection = Projection::Response(Box::new(ResponseStream::new(stored.options())), from);
    let run = ApiRun::reading(stored.session().clone(), stored.after());
    stream(&app, run, projection).await
}

pub(super) async fn cancel(
    State(app): State<App>,
    scope: Scope,
    Id(id): Id,
) -> Result<Json<Value>, Refusal> {
    let stored = Stored::find(&app, &scope, &id).await?;
    if !stored.read().await?.is_over() {
        stored.session().cancel().await?;
        stored.session().idle().await;
    }
    Ok(Json(stored.read().await?.response()))
}

pub(super) async fn delete(
    State(app): State<App>,
    scope: Scope,
    Id(id): Id,
) -> Result<Json<Value>, Refusal> {
    let stored = Stored::find(&app, &scope, &id).await?;
    stored.delete().await?;
    Ok(Json(
        json!({"id": id, "object": "response", "deleted": true}),
    ))
}
