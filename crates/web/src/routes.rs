//! The table of the routes, from which the router and the OpenAPI document are made.

use axum::routing::{MethodRouter, delete, get, patch, post};
use schemars::{JsonSchema, Schema, SchemaGenerator};

use crate::{
    api::{approvals, events, export, history, images, messages, profiles, runs, sessions},
    app::App,
    model,
    ui::{self, agui, ai_sdk},
};

type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// A route, with what the document says about it.
pub(crate) struct Route {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) handler: MethodRouter<App>,
    pub(crate) body: Option<SchemaOf>,
    pub(crate) status: u16,
    pub(crate) reply: Reply,
    pub(crate) errors: Errors,
    pub(crate) query: &'static [(&'static str, &'static str)],
    /// Accepts an `Idempotency-Key`.
    pub(crate) repeatable: bool,
}

/// Body of a successful reply.
pub(crate) enum Reply {
    Nothing,
    Json(SchemaOf),
    Text(&'static [&'static str]),
    /// JSON, or a stream of server-sent events if the request asks for one.
    JsonOrStream(SchemaOf),
}

/// Body of a reply to a request that failed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Errors {
    /// [`Problem`](crate::Problem).
    Problem,
    /// The error format of the OpenAI API.
    OpenAi,
}

impl Route {
    pub(crate) fn new(
        method: &'static str,
        path: &'static str,
        handler: MethodRouter<App>,
        summary: &'static str,
    ) -> Self {
        Self {
            method,
            path,
            summary,
            handler,
            body: None,
            status: 200,
            reply: Reply::Nothing,
            errors: Errors::Problem,
            query: &[],
            repeatable: false,
        }
    }

    pub(crate) fn body<T: JsonSchema>(mut self) -> Self {
        self.body = Some(SchemaGenerator::subschema_for::<T>);
        self
    }

    pub(crate) fn json<T: JsonSchema>(mut self, status: u16) -> Self {
        self.status = status;
        self.reply = Reply::Json(SchemaGenerator::subschema_for::<T>);
        self
    }

    pub(crate) fn json_or_stream<T: JsonSchema>(mut self) -> Self {
        self.reply = Reply::JsonOrStream(SchemaGenerator::subschema_for::<T>);
        self
    }

    /// Sets the error format of the OpenAI API.
    pub(crate) fn with_api_errors(mut self) -> Self {
        self.errors = Errors::OpenAi;
        self
    }

    fn text(mut self, media_types: &'static [&'static str]) -> Self {
        self.reply = Reply::Text(media_types);
        self
    }

    fn nothing(mut self) -> Self {
        self.status = 204;
        self
    }

    pub(crate) fn query(mut self, query: &'static [(&'static str, &'static str)]) -> Self {
        self.query = query;
        self
    }

    /// Starts a run.
    fn run(mut self) -> Self {
        self.repeatable = true;
        self.json::<model::Accepted>(202)
    }
}

/// Returns the routes of the API.
pub(crate) fn routes() -> Vec<Route> {
    let mut routes = of_sessions();
    routes.extend(of_history());
    routes.extend(of_runs());
    routes.extend(of_ai_sdk());
    routes.extend(of_agui());
    routes.push(
        Route::new(
            "get",
            "/profiles",
            get(profiles::list),
            "Lists the profiles that can be chosen.",
        )
        .json::<model::ProfileList>(200),
    );
    routes
}

fn of_sessions() -> Vec<Route> {
    vec![
        Route::new(
            "get",
            "/sessions",
            get(sessions::list),
            "Lists sessions, newest first.",
        )
        .json::<model::SessionPage>(200)
        .query(&[
            ("after", "`next` of the previous page."),
            ("limit", "Number of sessions: 30 by default, at most 100."),
        ]),
        Route::new(
            "post",
            "/sessions",
            post(sessions::create),
            "Creates a session.",
        )
        .body::<model::CreateSession>()
        .json::<model::SessionSummary>(201),
        Route::new(
            "get",
            "/sessions/{id}",
            get(sessions::read),
            "Returns a session with its timeline.",
        )
        .json::<model::SessionSnapshot>(200),
        Route::new(
            "patch",
            "/sessions/{id}",
            patch(sessions::change),
            "Sets the title, or the profile of the following messages.",
        )
        .body::<model::ChangeSession>()
        .json::<model::SessionSummary>(200),
        Route::new(
            "delete",
            "/sessions/{id}",
            delete(sessions::delete),
            "Cancels the running inference and deletes the session.",
        )
        .nothing(),
    ]
}

fn of_history() -> Vec<Route> {
    vec![
        Route::new(
            "get",
            "/sessions/{id}/events",
            get(events::stream),
            "Streams the session as server-sent events: `view` is the complete timeline (schema \
             `View`), `patches` a list of changes (`Patch`), `deleted` the end; with `as=events`, each `event` is one of the log. \
             The id is the number of the last event that is included; `Last-Event-ID` continues.",
        )
        .text(&["text/event-stream"])
        .query(&[
            ("after", "Number of the last event that the reader has seen."),
            ("as", "`patches` (default) or `events`."),
        ]),
        Route::new(
            "get",
            "/sessions/{id}/images/{message}/{index}",
            get(images::read),
            "Returns an image of a message of the user.",
        )
        .text(&["image/png", "image/jpeg", "image/gif", "image/webp"]),
        Route::new(
            "get",
            "/sessions/{id}/export",
            get(export::export),
            "Returns the conversation as a document.",
        )
        .text(&["text/markdown", "application/json", "application/yaml"])
        .query(&[("format", "`markdown` (default), `json` or `yaml`.")]),
        Route::new(
            "post",
            "/sessions/{id}/fork",
            post(history::fork),
            "Creates a session with the history up to a turn.",
        )
        .body::<model::Fork>()
        .json::<model::SessionSummary>(201),
        Route::new(
            "post",
            "/sessions/{id}/undo",
            post(history::undo),
            "Removes the latest turn, with its prompt and its answer.",
        )
        .json::<model::Removed>(200),
    ]
}

fn of_runs() -> Vec<Route> {
    vec![
        Route::new(
            "post",
            "/sessions/{id}/messages",
            post(messages::send),
            "Sends a message. Returns once it is stored, or waits in the queue.",
        )
        .body::<model::SendMessage>()
        .run(),
        Route::new(
            "post",
            "/sessions/{id}/cancel",
            post(runs::cancel),
            "Cancels the running inference.",
        )
        .json::<model::Cancelled>(200),
        Route::new(
            "post",
            "/sessions/{id}/retry",
            post(runs::retry),
            "Asks the last prompt again.",
        )
        .body::<model::Retry>()
        .run(),
        Route::new(
            "post",
            "/sessions/{id}/edit",
            post(runs::edit),
            "Replaces the last prompt.",
        )
        .body::<model::Edit>()
        .run(),
        Route::new(
            "delete",
            "/sessions/{id}/queue/{run}",
            delete(messages::withdraw),
            "Removes a message that waits in the queue.",
        )
        .nothing(),
        Route::new(
            "post",
            "/sessions/{id}/approvals/{call}",
            post(approvals::decide),
            "Decides about a tool call that waits for a person.",
        )
        .body::<model::Approval>()
        .run(),
    ]
}

fn of_ai_sdk() -> Vec<Route> {
    vec![
        Route::new(
            "post",
            "/ui",
            post(ai_sdk::submit),
            "Starts a run and streams it, for `useChat` of the Vercel AI SDK: UI message stream v1. \
             The session keeps the conversation; the last message is what is new.",
        )
        .body::<ui::model::ChatRequest>()
        .text(&["text/event-stream"]),
        Route::new(
            "get",
            "/ui/{id}",
            get(ai_sdk::read),
            "Returns the messages of a session, for `useChat`.",
        )
        .json::<ui::model::ChatMessages>(200),
        Route::new(
            "get",
            "/ui/{id}/stream",
            get(ai_sdk::resume),
            "Streams the running inference from its beginning, for `resumeStream` of `useChat`; 204 if \
             nothing is running.",
        )
        .text(&["text/event-stream"]),
    ]
}

fn of_agui() -> Vec<Route> {
    vec![
        Route::new(
            "post",
            "/agui",
            post(agui::run),
            "Starts a run and streams it as AG-UI events, for `HttpAgent`. The session keeps the \
             conversation; without a new message, the stream is the conversation and what is running.",
        )
        .body::<ui::model::RunAgentInput>()
        .text(&["text/event-stream"]),
        Route::new(
            "get",
            "/agui/{id}",
            get(agui::read),
            "Returns the messages of a session, as AG-UI has them.",
        )
        .json::<ui::model::ChatMessages>(200),
    ]
}
