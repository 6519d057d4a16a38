//! [`router`]: the routes of the chat.

use axum::{Json, Router, extract::DefaultBodyLimit, middleware::from_fn_with_state, routing::get};
use geppetto_host::Host;
use http::{StatusCode, Uri};

use crate::{Options, Problem, app::App, guard, openapi, page, routes::routes};

/// Returns the routes of a web chat on the sessions of a host, to be nested in an application or
/// served alone ([`serve`](crate::serve())).
///
/// The page is at `/`, the API at `/sessions` and `/profiles`, its document at `/openapi.json`. The
/// router checks hosts and origins of requests, and owners of sessions; see [`Options`].
pub fn router(host: Host, options: Options) -> Router {
    let app = App::new(host, options);
    let table = routes();
    let document = openapi::document(&app.options.title, &table);
    let mut api = Router::new();
    for route in table {
        api = api.route(route.path, route.handler);
    }
    let api = api.layer(from_fn_with_state(app.clone(), guard::api));
    let mut all = api.route("/openapi.json", get(async move || Json(document)));
    if app.options.page {
        all = all
            .route("/", get(page::index))
            .route("/page/{*file}", get(page::file));
    }
    all.fallback(not_found)
        .method_not_allowed_fallback(not_allowed)
        .layer(DefaultBodyLimit::max(app.options.max_body))
        .layer(from_fn_with_state(app.clone(), guard::origin))
        .with_state(app)
}

async fn not_found(uri: Uri) -> Problem {
    let path: String = uri.path().chars().take(80).collect();
    let detail = format!("there is nothing at `{path}`");
    Problem::new(StatusCode::NOT_FOUND, "not-found", detail)
        .help("see openapi.json for the routes of this server")
}

async fn not_allowed() -> Problem {
    let detail = "this address does not have this method";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", detail)
        .help("see openapi.json for the routes of this server")
}
