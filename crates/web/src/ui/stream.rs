//! Streams of runs, as server-sent events.

use std::{collections::VecDeque, io, time::Duration};

use axum::{
    body::{Body, Bytes},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use geppetto_events::Event;
use geppetto_host::{ErrorKind, Events, HostedSession};
use http::{HeaderName, HeaderValue, header};

use super::watch::Watching;
use crate::{guard::Streaming, idle::Idle};

/// A projection, as streams need it. Each text is the data of one server-sent event.
pub(crate) trait Wire: Send + 'static {
    /// Data of the event after the last one.
    const LAST: Option<&'static str>;

    fn apply(&mut self, event: &Event) -> Vec<String>;
    fn abandon(&mut self, error: &str) -> Vec<String>;
    fn is_ended(&self) -> bool;
}

/// A stream that is about to be sent.
pub(crate) struct Run<W> {
    pub(crate) wire: W,
    /// Events that are known.
    pub(crate) known: Vec<Event>,
    /// Events that follow.
    pub(crate) events: Events,
    pub(crate) session: HostedSession,
    pub(crate) streaming: Streaming,
    pub(crate) watching: Watching,
    pub(crate) keep_alive: Duration,
}

/// Returns the reply with the stream of a run. The connection is cut, so that interfaces can tell,
/// if the server cannot read the run to its end.
pub(crate) fn of_run<W: Wire>(run: Run<W>) -> Response {
    let state = State {
        known: run.known.into(),
        wire: run.wire,
        events: run.events,
        session: run.session,
        streaming: run.streaming,
        watching: run.watching,
        idle: Idle::new(run.keep_alive),
        over: false,
    };
    let frames = stream::unfold(state, async |mut state| {
        let frame = state.next().await?;
        Some((frame, state))
    });
    reply(Body::from_stream(frames))
}

/// Returns the reply with a stream that is complete.
pub(crate) fn whole(data: &[String], last: Option<&str>) -> Response {
    let mut text = String::new();
    for own in data.iter().map(String::as_str).chain(last) {
        push(&mut text, own);
    }
    reply(Body::from(text))
}

struct State<W> {
    wire: W,
    known: VecDeque<Event>,
    events: Events,
    session: HostedSession,
    /// Counts the stream until it is dropped.
    #[allow(dead_code, reason = "held, not read")]
    streaming: Streaming,
    watching: Watching,
    idle: Idle,
    over: bool,
}

impl<W: Wire> State<W> {
    /// Returns the next bytes; `None` at the end.
    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        if self.over {
            return None;
        }
        loop {
            let event = match self.known.pop_front() {
                Some(event) => event,
                None => match self.idle.wait(self.events.next()).await {
                    None => return Some(Ok(Bytes::from_static(b": keep-alive\n\n"))),
                    Some(Ok(Some(event))) => event,
                    Some(read) => return Some(self.broken(read.err()).await),
                },
            };
            let data = self.wire.apply(&event);
            if !data.is_empty() {
                return Some(Ok(self.frames(&data)));
            }
        }
    }

    fn frames(&mut self, data: &[String]) -> Bytes {
        let size = data.iter().map(|own| own.len() + 8).sum::<usize>();
        let mut text = String::with_capacity(size + 16);
        for own in data {
            push(&mut text, own);
        }
        if self.wire.is_ended() {
            self.over = true;
            self.watching.over();
            if let Some(last) = W::LAST {
                push(&mut text, last);
            }
        }
        Bytes::from(text)
    }

    /// The events have come to an end before the run.
    async fn broken(&mut self, error: Option<geppetto_host::Error>) -> io::Result<Bytes> {
        let info = self.session.info().await;
        if info.is_err_and(|error| error.kind() == ErrorKind::NotFound) {
            let data = self.wire.abandon("the session was deleted");
            return Ok(self.frames(&data));
        }
        self.over = true;
        if let Some(error) = error {
            tracing::warn!(%error, "the stream of a run was cut off");
        }
        Err(io::Error::other(
            "the server cannot read the run to its end",
        ))
    }
}

fn push(text: &mut String, data: &str) {
    text.push_str("data: ");
    text.push_str(data);
    text.push_str("\n\n");
}

fn reply(body: Body) -> Response {
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
    (headers, body).into_response()
}
