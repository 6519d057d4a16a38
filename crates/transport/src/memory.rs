//! In-memory transport for tests: replies are scripted, requests are recorded, no socket is opened.
//!
//! With tokio's paused clock, delays and stalls are exact and take no real time.

use std::{
    collections::VecDeque,
    future::Future,
    pin::Pin,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use tokio::time::{Sleep, sleep};

use crate::{
    Body, BodySource, HttpTransport, Request, Response,
    error::{TransportError, TransportErrorKind},
};

#[cfg(test)]
mod tests;

/// Answers requests with scripted [`Reply`]s, in order, and records the requests.
#[derive(Debug, Default)]
pub struct MemoryTransport {
    replies: Mutex<VecDeque<Reply>>,
    requests: Mutex<Vec<Request>>,
}

impl MemoryTransport {
    /// Creates a transport with one reply per request.
    #[must_use]
    pub fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self {
            replies: Mutex::new(replies.into_iter().collect()),
            requests: Mutex::default(),
        }
    }

    /// Appends a reply to the script.
    pub fn push(&self, reply: Reply) {
        lock(&self.replies).push_back(reply);
    }

    /// Returns the recorded requests, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.requests).clone()
    }

    /// Returns the number of unused replies.
    #[must_use]
    pub fn replies_left(&self) -> usize {
        lock(&self.replies).len()
    }
}

#[async_trait]
impl HttpTransport for MemoryTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        lock(&self.requests).push(request);
        let reply = lock(&self.replies).pop_front();
        let Some(reply) = reply else {
            return Err(TransportError::new(
                TransportErrorKind::Other,
                "the memory transport has no reply left for this request",
            ));
        };
        if let Some(delay) = reply.delay {
            sleep(delay).await;
        }
        match reply.failure {
            Some(error) => Err(error),
            None => Ok(Response::new(
                reply.status,
                reply.headers,
                Body::new(Script {
                    steps: reply.steps,
                    waiting: None,
                }),
            )),
        }
    }
}

/// Scripted reply: a delay, followed by a failure or by status, headers and a stepwise body.
#[derive(Debug)]
#[must_use]
pub struct Reply {
    delay: Option<Duration>,
    failure: Option<TransportError>,
    status: StatusCode,
    headers: HeaderMap,
    steps: VecDeque<Step>,
}

#[derive(Debug)]
enum Step {
    Chunk(Bytes),
    Wait(Duration),
    Fail(TransportError),
    Hang,
}

impl Reply {
    /// Creates a reply with this status and an empty body.
    pub fn new(status: StatusCode) -> Self {
        Self {
            delay: None,
            failure: None,
            status,
            headers: HeaderMap::new(),
            steps: VecDeque::new(),
        }
    }

    /// Creates a reply with status 200.
    pub fn ok() -> Self {
        Self::new(StatusCode::OK)
    }

    /// Creates a failure without a reply, such as a refused connection.
    pub fn failure(error: TransportError) -> Self {
        Self {
            failure: Some(error),
            ..Self::ok()
        }
    }

    /// Delays the headers or the failure.
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = Some(delay);
        self
    }

    /// Adds a header.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.append(name, value);
        self
    }

    /// Appends a chunk to the body.
    pub fn chunk(self, bytes: impl Into<Bytes>) -> Self {
        self.step(Step::Chunk(bytes.into()))
    }

    /// Appends a pause to the body.
    pub fn wait(self, silence: Duration) -> Self {
        self.step(Step::Wait(silence))
    }

    /// Ends the body with an error, such as a reset connection.
    pub fn fail(self, error: TransportError) -> Self {
        self.step(Step::Fail(error))
    }

    /// Stalls the body indefinitely.
    pub fn hang(self) -> Self {
        self.step(Step::Hang)
    }

    fn step(mut self, step: Step) -> Self {
        self.steps.push_back(step);
        self
    }
}

struct Script {
    steps: VecDeque<Step>,
    waiting: Option<Pin<Box<Sleep>>>,
}

impl BodySource for Script {
    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, TransportError>>> {
        loop {
            if let Some(wait) = &mut self.waiting {
                ready!(wait.as_mut().poll(cx));
                self.waiting = None;
            }
            match self.steps.pop_front() {
                None => return Poll::Ready(None),
                Some(Step::Chunk(bytes)) => return Poll::Ready(Some(Ok(bytes))),
                Some(Step::Fail(error)) => return Poll::Ready(Some(Err(error))),
                Some(Step::Wait(silence)) => self.waiting = Some(Box::pin(sleep(silence))),
                Some(Step::Hang) => {
                    // Nothing wakes the reader; its own limits must.
                    self.steps.push_front(Step::Hang);
                    return Poll::Pending;
                }
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
