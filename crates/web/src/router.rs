//! [`router`]: the routes of the chat.

use axum::{
    Json, Router,
    extract::DefaultBodyLimit,
    middleware::{from_fn, from_fn_with_state},
    routing::get,
};
use geppetto_host::Host;
use http::{StatusCode, Uri};

use crate::{Options, Problem, app::App, forward, guard, openai, openapi, page, routes::routes};

/// Returns the routes of a web chat on the sessions of a host, to be nested in an application or
/// served alone ([`serve`](crate::serve())).
///
/// The page is at `/`, the API at `/sessions` and `/profiles`, its document at `/openapi.json`. The
/// router checks hosts and origins of requests, and owners of sessions; see [`Options`].
pub fn router(host: Host, options: Options) -> Router {
    assemble(App::new(host, options), true)
}

/// Returns the routes; `with_chat` includes those of the chat.
pub(crate) fn assemble(app: App, with_chat: bool) -> Router {
    let mut table = match with_chat {
        true => routes(),
        false => Vec::new(),
    };
    if app.options.openai.is_some() {
        table.extend(openai::routes());
    }
    let document = openapi::document(&app.options.title, &table);
    let mut api = Router::new();
    for route in table {
        api = api.route(route.path, route.handler);
    }
    let mut all = api
        .layer(from_fn_with_state(app.clone(), forward::owner))
        .layer(from_fn_with_state(app.clone(), guard::api))
        .route("/openapi.json", get(async move || Json(document)));
    if with_chat && app.options.page {
        all = all
            .route("/", get(page::index))
            .route("/page/{*file}", get(page::file));
    }
    let translates = app.options.openai.is_some();
    let all = all
        .fallback(not_found)
        .method_not_allowed_fallback(not_allowed)
        .layer(DefaultBodyLimit::max(app.options.max_body))
        .layer(from_fn_with_state(app.clone(), guard::origin));
    let all = match translates {
        true => all.layer(from_fn(openai::translate)),
        false => all,
    };
    all.with_state(app)
}

async fn not_found(uri: Uri) -> Problem {
    let path: String = uri.path().chars().take(80).collect();
    let detail = format!("there is nothing at `{path}`");
    if openai::is_own_path(&path) {
        return Problem::new(StatusCode::NOT_FOUND, "unknown-url", detail).help(
            "the base URL ends with `/v1`; there are /v1/chat/completions, /v1/responses and \
             /v1/models, if the server offers them",
        );
    }
    Problem::new(StatusCode::NOT_FOUND, "not-found", detail)
        .help("see openapi.json for the routes of this server")
}

async fn not_allowed() -> Problem {
    let detail = "this address does not have this method";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", detail)
        .help("see openapi.json for the routes of this server")
}
