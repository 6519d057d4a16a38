//! The event stream of a session.

use std::convert::Infallible;

use axum::{
    extract::State,
    response::{
        IntoResponse, Response, Sse,
        sse::{Event, KeepAlive},
    },
};
use futures_util::{Stream, StreamExt as _, stream};
use geppetto_host::{Events, HostedSession};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;

use crate::{
    Problem,
    app::App,
    extract::{Params, Target},
    guard::Streaming,
    hub::{Update, Window},
    owner::Scope,
};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct EventParams {
    after: Option<u64>,
    #[serde(rename = "as")]
    format: Format,
}

/// What the stream consists of.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Format {
    /// Changes of the timeline.
    #[default]
    Patches,
    /// Events as they are stored.
    Events,
}

pub(crate) async fn stream(
    State(app): State<App>,
    scope: Scope,
    Target(session): Target,
    Params(params): Params<EventParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let streaming = app.streams.open(scope.group().unwrap_or_default())?;
    // A browser that reconnects has seen more than its address says.
    let last = headers.get("last-event-id");
    let last = last.and_then(|last| last.to_str().ok());
    let after = last.and_then(|last| last.trim().parse().ok());
    let after = after.or(params.after);
    let retry = Event::default().retry(app.options.retry).comment("open");
    let retry = stream::once(async move { Ok::<_, Infallible>(retry) });
    let keep_alive = KeepAlive::new().interval(app.options.keep_alive).text("");
    let sse = match params.format {
        Format::Patches => {
            let window = app.hubs.window(&session, after);
            let events = retry.chain(patches(window, streaming));
            Sse::new(events).keep_alive(keep_alive).into_response()
        }
        Format::Events => {
            let events = retry.chain(raw(&session, after.unwrap_or_default(), streaming));
            Sse::new(events).keep_alive(keep_alive).into_response()
        }
    };
    let unbuffered = (
        HeaderName::from_static("x-accel-buffering"),
        HeaderValue::from_static("no"),
    );
    Ok(([unbuffered], sse).into_response())
}

/// Returns the changes of a timeline, merged while the reader is slow.
fn patches(
    window: Window,
    streaming: Streaming,
) -> impl Stream<Item = Result<Event, Infallible>> + Send {
    stream::unfold((window, streaming), async |(mut window, streaming)| {
        let event = match window.next().await? {
            Update::View(view) => {
                let data = serde_json::to_string(&view).unwrap_or_default();
                named("view", data).id(view.version.to_string())
            }
            Update::Patches(seq, patches) => {
                let data = serde_json::to_string(&patches).unwrap_or_default();
                named("patches", data).id(seq.to_string())
            }
            Update::Deleted => named("deleted", "{}".to_owned()),
        };
        Some((Ok(event), (window, streaming)))
    })
}

/// Returns the events of a session, with adjacent deltas merged while the reader is slow.
fn raw(
    session: &HostedSession,
    after: u64,
    streaming: Streaming,
) -> impl Stream<Item = Result<Event, Infallible>> + Send + use<> {
    let events = session.events(after);
    stream::unfold(
        (events, streaming),
        async |(mut events, streaming): (Events, _)| {
            let event = match events.next().await {
                Ok(event) => event?,
                Err(error) => {
                    // The reader reconnects and continues.
                    tracing::warn!(%error, "an event stream was cut off");
                    return None;
                }
            };
            let data = serde_json::to_string(&event).unwrap_or_default();
            let own = named("event", data).id(event.seq.to_string());
            Some((Ok(own), (events, streaming)))
        },
    )
}

fn named(name: &str, data: String) -> Event {
    Event::default().event(name).data(data)
}
