//! `/v1/chat/completions`.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse as _, Response},
};
use geppetto_turns::Turn;
use geppetto_ui::openai::chat::{ChatBody, ChatOptions, ChatStream};
use serde_json::{Map, Value};

mod messages;
mod request;

use super::{
    error::Refusal,
    models::now,
    reply::{Projection, stream},
    run::ApiRun,
};
use crate::{api::sessions::random_id, app::App, extract::Input, owner::Scope};

pub(super) use messages::result;
use request::ChatRequest;

pub(super) async fn complete(
    State(app): State<App>,
    scope: Scope,
    Input(body): Input<Map<String, Value>>,
) -> Result<Response, Refusal> {
    let request = ChatRequest::read(&app, &body)?;
    let mut options = ChatOptions::new(
        format!("chatcmpl-{}", random_id()?),
        now(),
        request.settings.model.as_str(),
    );
    options.client_tools = request.settings.tool_names();
    options.one_call = request.settings.one_call;
    options.json = request.settings.is_json();
    options.include_usage = request.include_usage;
    let is_stream = request.stream;
    let mut run = start(&app, &scope, request).await?;
    if is_stream {
        let projection = Projection::Chat(Box::new(ChatStream::new(options)));
        return stream(&app, run, projection).await;
    }
    let mut reply = ChatBody::new(options);
    while !reply.is_over() {
        let Some(event) = run.next().await else {
            let waiting: Vec<String> = reply.waiting().map(str::to_owned).collect();
            if waiting.is_empty() {
                break;
            }
            run.refuse_waiting(waiting).await?;
            continue;
        };
        reply.push(&event);
    }
    match reply.finish_body() {
        Ok(completion) => Ok(Json(completion).into_response()),
        Err(error) => Err(run.refusal(error).await),
    }
}

/// Starts the run of a request, in a session of its own.
async fn start(app: &App, scope: &Scope, request: ChatRequest) -> Result<ApiRun, Refusal> {
    let is_stored = app.options.openai.as_ref();
    let is_stored = is_stored.is_some_and(|own| own.stores_chats);
    let turn = Turn::builder();
    let turn = request
        .blocks
        .into_iter()
        .fold(turn, geppetto_turns::TurnBuilder::block);
    ApiRun::start_on(app, scope, turn.build(), request.settings, is_stored).await
}
