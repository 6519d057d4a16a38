//! Replies as streams of server-sent events.

use std::{collections::VecDeque, convert::Infallible, time::Duration};

use axum::response::{
    IntoResponse as _, Response, Sse,
    sse::{Event as SseEvent, KeepAlive},
};
use futures_util::stream;
use geppetto_events::{Event, EventKind};
use geppetto_ui::openai::{
    ApiError,
    chat::{ChatFrame, ChatStream},
    responses::{ResponseFrame, ResponseStream},
};
use http::{HeaderName, HeaderValue};
use tokio::time::{Instant, timeout_at};

use super::{error::Refusal, run::ApiRun};
use crate::app::App;

/// Time to wait for the first output before the reply begins. Until then, an error is a status.
const FIRST_OUTPUT: Duration = Duration::from_secs(10);

/// A projection of one of the APIs.
#[derive(Debug)]
pub(super) enum Projection {
    Chat(Box<ChatStream>),
    /// A response, from this sequence number on.
    Response(Box<ResponseStream>, u64),
}

/// A message of a stream.
#[derive(Debug)]
struct Frame {
    /// Type of the event, for APIs that name it.
    name: Option<&'static str>,
    data: String,
    /// Number of merged deltas that the client has already.
    surplus: u64,
    /// The error that the frame reports.
    error: Option<ApiError>,
}

impl Projection {
    fn push(&mut self, event: &Event) -> Vec<Frame> {
        match self {
            Self::Chat(stream) => chat(stream.push(event)),
            Self::Response(stream, from) => response(stream.push(event), *from),
        }
    }

    fn is_over(&self) -> bool {
        match self {
            Self::Chat(stream) => stream.is_over(),
            Self::Response(stream, _) => stream.is_over(),
        }
    }

    fn waiting(&self) -> Vec<String> {
        match self {
            Self::Chat(stream) => stream.waiting().map(str::to_owned).collect(),
            Self::Response(stream, _) => stream.waiting().map(str::to_owned).collect(),
        }
    }

    fn fail(&mut self, error: ApiError) -> Vec<Frame> {
        match self {
            Self::Chat(stream) => chat(stream.fail_with(error)),
            Self::Response(stream, from) => response(stream.fail_with(error), *from),
        }
    }

    /// Returns the last message of a complete stream.
    fn done(&self) -> Option<Frame> {
        match self {
            Self::Chat(stream) if stream.is_failed() => None,
            Self::Response(..) => None,
            Self::Chat(_) => Some(Frame {
                name: None,
                data: "[DONE]".to_owned(),
                surplus: 0,
                error: None,
            }),
        }
    }
}

/// Returns the frames from a sequence number on.
fn response(frames: Vec<ResponseFrame>, from: u64) -> Vec<Frame> {
    let frames = frames.into_iter().filter(|frame| frame.number >= from);
    let frames = frames.map(|frame| Frame {
        name: Some(frame.name),
        data: serde_json::to_string(&frame.data).unwrap_or_default(),
        surplus: (from + frame.merged).saturating_sub(frame.number + 1),
        error: None,
    });
    frames.collect()
}

fn chat(frames: Vec<ChatFrame>) -> Vec<Frame> {
    let frames = frames.into_iter().map(|frame| Frame {
        name: None,
        data: serde_json::to_string(&frame).unwrap_or_default(),
        surplus: 0,
        error: match frame {
            ChatFrame::Error { error } => Some(error),
            _ => None,
        },
    });
    frames.collect()
}

/// A stream in progress. Dropping it, when the client goes away, cancels the run.
struct Live {
    run: ApiRun,
    projection: Projection,
    frames: VecDeque<Frame>,
    is_done: bool,
}

impl Live {
    /// Reads the next event of the run. Cancel safe while it waits for one.
    async fn read(&mut self, until: Option<Instant>) -> bool {
        let event = match until {
            None => self.run.next().await,
            Some(until) => match timeout_at(until, self.run.next()).await {
                Ok(event) => event,
                Err(_) => return false,
            },
        };
        match event {
            Some(event) => {
                let frames = self.projection.push(&event);
                self.frames.extend(frames);
                self.cut(&event).await;
            }
            None => self.go_on().await,
        }
        true
    }

    /// Removes what a client that resumes has already from the first of merged deltas.
    async fn cut(&mut self, event: &Event) {
        let Some(frame) = self.frames.back_mut().filter(|own| own.surplus > 0) else {
            return;
        };
        let known = std::mem::take(&mut frame.surplus);
        let first = event.first_seq().saturating_add(known);
        let Some(rest) = self.run.event_after(first.saturating_sub(1)).await else {
            return;
        };
        let (Some(from), Some(to)) = (offset(event), offset(&rest)) else {
            return;
        };
        let known = usize::try_from(to.saturating_sub(from)).unwrap_or(usize::MAX);
        let mut data: serde_json::Value = serde_json::from_str(&frame.data).unwrap_or_default();
        let delta = data.get("delta").and_then(serde_json::Value::as_str);
        let delta = delta
            .and_then(|delta| delta.get(known..))
            .map(str::to_owned);
        if let (Some(delta), Some(fields)) = (delta, data.as_object_mut()) {
            fields.insert("delta".to_owned(), delta.into());
            frame.data = data.to_string();
        }
    }

    /// Continues after the end of a run that did not end the reply.
    async fn go_on(&mut self) {
        let waiting = self.projection.waiting();
        let error = match waiting.is_empty() {
            true => ApiError::new(500, "the run ended without a reply"),
            false => match self.run.refuse_waiting(waiting).await {
                Ok(()) => return,
                Err(refusal) => refusal.error,
            },
        };
        self.frames.extend(self.projection.fail(error));
    }

    async fn next(&mut self) -> Option<Frame> {
        loop {
            if let Some(frame) = self.frames.pop_front() {
                return Some(frame);
            }
            if self.is_done {
                return None;
            }
            if self.projection.is_over() {
                self.is_done = true;
                self.frames.extend(self.projection.done());
                continue;
            }
            self.read(None).await;
        }
    }
}

/// Returns the place of a delta in its text.
fn offset(event: &Event) -> Option<u64> {
    match &event.kind {
        EventKind::TextDelta(delta) => delta.offset,
        EventKind::ReasoningDelta(delta) => delta.offset,
        EventKind::ToolCallArgumentsDelta(delta) => delta.offset,
        _ => None,
    }
}

/// Streams the reply. An error before the first output is a reply with its status.
pub(super) async fn stream(
    app: &App,
    run: ApiRun,
    projection: Projection,
) -> Result<Response, Refusal> {
    let mut live = Live {
        run,
        projection,
        frames: VecDeque::new(),
        is_done: false,
    };
    let until = Instant::now() + FIRST_OUTPUT.min(app.options.keep_alive);
    while live.frames.is_empty() && !live.projection.is_over() {
        if !live.read(Some(until)).await {
            break;
        }
    }
    let first = live.frames.front();
    if let Some(error) = first.and_then(|frame| frame.error.clone()) {
        return Err(live.run.refusal(error).await);
    }
    let events = stream::unfold(live, async |mut live| {
        let frame = live.next().await?;
        let mut event = SseEvent::default().data(frame.data);
        if let Some(name) = frame.name {
            event = event.event(name);
        }
        Some((Ok::<_, Infallible>(event), live))
    });
    let keep_alive = KeepAlive::new().interval(app.options.keep_alive).text("");
    let unbuffered = (
        HeaderName::from_static("x-accel-buffering"),
        HeaderValue::from_static("no"),
    );
    let sse = Sse::new(events).keep_alive(keep_alive);
    Ok(([unbuffered], sse).into_response())
}
