//! The routes of the API.

use axum::routing::{delete, get, post};

use super::{chat, model, models, responses};
use crate::routes::Route;

/// Returns the routes of the API.
pub(crate) fn routes() -> Vec<Route> {
    let mut routes = of_responses();
    routes.push(
        Route::new(
            "post",
            "/v1/chat/completions",
            post(chat::complete),
            "Chat Completions of the OpenAI API. With `stream`, the reply is a stream of chunks.",
        )
        .body::<model::ChatCompletionRequest>()
        .json_or_stream::<model::ChatCompletion>(),
    );
    routes.push(
        Route::new(
            "get",
            "/v1/models",
            get(models::list),
            "Lists profiles and models.",
        )
        .json::<model::ModelList>(200),
    );
    routes.push(
        Route::new(
            "get",
            "/v1/models/{*id}",
            get(models::read),
            "Returns a model.",
        )
        .json::<model::Model>(200),
    );
    let routes = routes.into_iter();
    routes.map(Route::with_api_errors).collect()
}

fn of_responses() -> Vec<Route> {
    vec![
        Route::new(
            "post",
            "/v1/responses",
            post(responses::create),
            "Responses of the OpenAI API. With `stream`, the reply is a stream of events.",
        )
        .body::<model::ResponseRequest>()
        .json_or_stream::<model::Response>(),
        Route::new(
            "get",
            "/v1/responses/{id}",
            get(responses::read),
            "Returns a response that was stored; with `stream`, its events.",
        )
        .json_or_stream::<model::Response>()
        .query(&[
            ("stream", "`true` streams the events."),
            (
                "starting_after",
                "Sequence number of the last event that the reader has seen.",
            ),
        ]),
        Route::new(
            "delete",
            "/v1/responses/{id}",
            delete(responses::delete),
            "Deletes a response.",
        )
        .json::<model::DeletedResponse>(200),
        Route::new(
            "post",
            "/v1/responses/{id}/cancel",
            post(responses::cancel),
            "Cancels a response that is generated in the background.",
        )
        .json::<model::Response>(200),
    ]
}
