//! Requests and replies on the wire.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use fastrand::Rng;
use geppetto_engine::{Engine, EngineError, RunContext};
use geppetto_providers_anthropic::MessagesEngine;
use geppetto_providers_gemini::GeminiEngine;
use geppetto_providers_openai::{ChatEngine, ResponsesEngine};
use geppetto_transport::{
    HttpClient, HttpTransport, Request, Response, RetryPolicy, TransportError, TransportErrorKind,
    memory,
};
use geppetto_turns::Turn;
use http::{HeaderName, HeaderValue, StatusCode};

use crate::{
    Reply,
    api::Api,
    reply::{Ending, Framing, Plan, Rendered, Step, Stop},
    server::ReceivedRequest,
    validate::ProviderRefusal,
};

/// Returns the refusal of a request by the provider at its URL.
pub(super) fn refusal(request: &ReceivedRequest) -> Option<ProviderRefusal> {
    (Api::or_chat(request.path()).check)(request).err()
}

/// Returns a scripted reply for the memory transport, in pieces of random sizes at random times.
pub(super) fn in_memory(
    reply: &Reply,
    request: &ReceivedRequest,
    rng: &mut Rng,
    silence: Duration,
) -> memory::Reply {
    let rendered = reply.body.render(request);
    let status = rendered.status.unwrap_or(reply.status);
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = memory::Reply::new(status);
    let content_type = ("content-type".to_owned(), rendered.content_type.clone());
    for (name, value) in std::iter::once(&content_type).chain(&reply.delivery.headers) {
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(value)) {
            answer = answer.header(name, value);
        }
    }
    if reply.delivery.before_reply.is_some() {
        return memory::Reply::failure(reset());
    }
    let before: Duration = reply.delivery.before_headers.iter().map(pause).sum();
    answer = answer.after(before + some_time(rng, silence));
    body(answer, &rendered, reply, rng, silence)
}

fn body(
    mut answer: memory::Reply,
    rendered: &Rendered,
    reply: &Reply,
    rng: &mut Rng,
    silence: Duration,
) -> memory::Reply {
    let plan = Plan::new(rendered, &reply.delivery);
    for step in plan.steps {
        match step {
            Step::Write(range) => {
                let bytes = plan.body.slice(range);
                answer = in_pieces(answer, bytes, rng, silence);
            }
            Step::Wait {
                stop: Stop::Pause(time),
                ..
            } => answer = answer.wait(time),
            Step::Wait { .. } => return answer.hang(),
        }
    }
    match plan.ending {
        Ending::Complete => answer,
        Ending::CUT if reply.delivery.framing == Framing::UntilClose => answer,
        Ending::Broken(_) => answer.fail(reset()),
    }
}

fn in_pieces(
    mut answer: memory::Reply,
    mut bytes: Bytes,
    rng: &mut Rng,
    silence: Duration,
) -> memory::Reply {
    while !bytes.is_empty() {
        // Usually pieces of some events, sometimes of some bytes.
        let most = if rng.u8(..) < 32 { 8 } else { 600 };
        let piece = bytes.split_to(rng.usize(1..=most).min(bytes.len()));
        if rng.bool() {
            answer = answer.wait(some_time(rng, silence));
        }
        answer = answer.chunk(piece);
    }
    answer
}

fn some_time(rng: &mut Rng, most: Duration) -> Duration {
    most.mul_f64(rng.f64())
}

fn pause(stop: &Stop) -> Duration {
    match stop {
        Stop::Pause(time) => *time,
        // Long enough to make no difference.
        Stop::Forever | Stop::Hold(_) => Duration::from_secs(24 * 3600),
    }
}

fn reset() -> TransportError {
    let message = "the connection was reset by the provider";
    TransportError::new(TransportErrorKind::Disconnected, message)
}

/// An engine, and the name of its wire.
type Named = (&'static str, Box<dyn Engine>);

/// Captures the requests of all wires for a turn.
pub(super) struct Probe {
    seen: Arc<Recorder>,
    engines: Vec<Named>,
}

impl Probe {
    pub(super) fn new() -> Result<Self, EngineError> {
        let seen = Arc::new(Recorder::default());
        let client = HttpClient::new(Arc::clone(&seen)).with_retry_policy(RetryPolicy::never());
        Ok(Self {
            seen,
            engines: engines(&client)?,
        })
    }

    /// Returns the refusals of the request for `turn` by providers of all wires.
    pub(super) async fn refusals(&self, turn: &Turn) -> Vec<String> {
        let mut refusals = Vec::new();
        for (wire, engine) in &self.engines {
            // It ends in an error, because nobody replies; only the request matters.
            let outcome = engine
                .run_inference(&RunContext::new(), &mut turn.clone())
                .await;
            match (self.seen.take(), outcome) {
                (Some(request), _) => {
                    if let Some(refusal) = refusal(&request) {
                        refusals.push(format!("{wire}: {refusal} in {}", request.json()));
                    }
                }
                (None, Err(error)) => refusals.push(format!("{wire}: no request: {error}")),
                (None, Ok(_)) => refusals.push(format!("{wire}: no request")),
            }
        }
        refusals
    }
}

/// An engine for each wire.
fn engines(client: &HttpClient) -> Result<Vec<Named>, EngineError> {
    let url = "http://model.test/v1";
    let chat = ChatEngine::builder("test-model").base_url(url);
    let responses = ResponsesEngine::builder("test-model").base_url(url);
    let messages = MessagesEngine::builder("test-model").base_url(url);
    // One that requires signatures.
    let gemini = GeminiEngine::builder("gemini-3-pro-preview").base_url(url);
    Ok(vec![
        ("chat", Box::new(chat.http_client(client.clone()).build()?)),
        (
            "responses",
            Box::new(responses.http_client(client.clone()).build()?),
        ),
        (
            "messages",
            Box::new(messages.http_client(client.clone()).build()?),
        ),
        (
            "generateContent",
            Box::new(gemini.http_client(client.clone()).build()?),
        ),
    ])
}

/// Keeps the last request, and replies to none.
#[derive(Debug, Default)]
struct Recorder(Mutex<Option<ReceivedRequest>>);

impl Recorder {
    fn take(&self) -> Option<ReceivedRequest> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[async_trait]
impl HttpTransport for Recorder {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let seen = ReceivedRequest::to_url(request.url(), request.body().clone());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen);
        let message = "this transport only looks at requests";
        Err(TransportError::new(TransportErrorKind::Other, message))
    }
}
