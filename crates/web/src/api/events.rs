//! The event stream of a session.

use std::convert::Infallible;

use axum::{
    body::{Body, Bytes},
    extract::State,
    response::{IntoResponse, Response},
};
use futures_util::stream;
use geppetto_host::Events;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde::Deserialize;

use crate::{
    Problem,
    app::App,
    extract::{Params, Target},
    guard::Streaming,
    hub::{self, Window},
    idle::Idle,
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
    let source = match params.format {
        Format::Patches => Source::Window(app.hubs.window(&session, after)),
        Format::Events => Source::Events(Box::new(session.events(after.unwrap_or_default()))),
    };
    let retry = app.options.retry.as_millis();
    let feed = Feed {
        first: Some(Bytes::from(format!("retry: {retry}\n: open\n\n"))),
        source,
        idle: Idle::new(app.options.keep_alive),
        streaming,
    };
    let frames = stream::unfold(feed, async |mut feed| {
        let frame = feed.next().await?;
        Some((Ok::<_, Infallible>(frame), feed))
    });
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/event-stream"),
        ),
        (
            HeaderName::from_static("x-accel-buffering"),
            HeaderValue::from_static("no"),
        ),
    ];
    Ok((headers, Body::from_stream(frames)).into_response())
}

enum Source {
    /// Changes of a timeline, merged while the reader is slow.
    Window(Window),
    /// Events of a session, with adjacent deltas merged while the reader is slow.
    Events(Box<Events>),
}

impl Source {
    async fn next(&mut self) -> Option<Bytes> {
        let events = match self {
            Self::Window(window) => return window.next().await,
            Self::Events(events) => events,
        };
        match events.next().await {
            Ok(event) => {
                let event = event?;
                Some(hub::event("event", Some(event.seq), &event))
            }
            Err(error) => {
                // The reader reconnects and continues.
                tracing::warn!(%error, "an event stream was cut off");
                None
            }
        }
    }
}

/// The body of a stream.
struct Feed {
    first: Option<Bytes>,
    source: Source,
    idle: Idle,
    /// Counts the stream until it is dropped.
    #[allow(dead_code, reason = "held, not read")]
    streaming: Streaming,
}

impl Feed {
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        let next = self.idle.wait(self.source.next()).await;
        next.unwrap_or(Some(Bytes::from_static(b":\n\n")))
    }
}
