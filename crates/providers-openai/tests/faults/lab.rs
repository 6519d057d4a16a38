//! Runs one cell and checks its outcome.

use std::{sync::Arc, time::Duration};

use geppetto_engine::{Engine, EngineError, RunContext, SeededIds};
use geppetto_events::{EventKind, EventSink, EventStream, MemorySink};
use geppetto_transport::{HttpClient, ReqwestTransport, RetryPolicy};
use geppetto_turns::{Incomplete, Turn};
use tokio::time::Instant;

use crate::{
    cell::{Cell, DELTAS},
    expect::{Expect, Holds},
    places::Place,
    wire::{Setup, Wire},
};

/// Must not appear in any error.
const KEY: &str = "key-that-nobody-may-see";

/// Outcome of a run.
pub(crate) struct Seen {
    pub(crate) error: Option<EngineError>,
    pub(crate) attempts: u32,
    pub(crate) requests: u64,
    events: Vec<String>,
    pub(crate) text: String,
    incomplete: Option<Incomplete>,
    elapsed: Duration,
    strayed: u64,
}

/// A client with the default settings, except for the seed of its jitter.
pub(crate) fn client() -> HttpClient {
    own_budget(&HttpClient::new(ReqwestTransport::new().unwrap()))
}

/// The same client with a full retry budget.
pub(crate) fn own_budget(client: &HttpClient) -> HttpClient {
    let policy = RetryPolicy::new().with_seed(7);
    client.clone().with_retry_policy(policy)
}

pub(crate) fn engine(cell: Cell, base_url: String, http: HttpClient) -> Box<dyn Engine> {
    (cell.wire.spec().engine)(Setup {
        base_url,
        key: KEY,
        is_streamed: cell.is_streamed(),
        http,
    })
}

/// Calls the engine at `place` with the default settings.
pub(crate) async fn run(place: &Place, cell: Cell, http: HttpClient) -> Seen {
    let sink = Arc::new(MemorySink::new());
    let ctx = RunContext::for_stream(EventStream::fragment(), Arc::new(SeededIds::new(1)))
        .with_run("session", "run", "turn")
        .with_event_sinks([Arc::clone(&sink) as Arc<dyn EventSink>]);
    let engine = engine(cell, place.base_url(), http);
    let mut turn = Turn::builder().user("Hi").build();
    let started = Instant::now();
    let outcome = engine.run_inference(&ctx, &mut turn).await;
    let elapsed = started.elapsed();
    assert_eq!(ctx.stream().violations(), []);
    let events = sink.events();
    let is_retry = |kind: &EventKind| matches!(kind, EventKind::Info(i) if i.message == "retrying");
    let retries = events.iter().filter(|event| is_retry(&event.kind)).count();
    let mut names: Vec<String> = events
        .iter()
        .map(|event| event.type_name().to_owned())
        .collect();
    names.dedup();
    Seen {
        error: outcome.err(),
        attempts: 1 + u32::try_from(retries).unwrap(),
        requests: place.server.request_count(),
        events: names,
        text: turn.assistant_text(),
        incomplete: turn.blocks.last().and_then(|block| block.incomplete()),
        elapsed,
        strayed: place.other.request_count(),
    }
}

impl Seen {
    /// Returns the differences from the expectation.
    pub(crate) fn differences(&self, expect: &Expect, wire: Wire, address: &str) -> Vec<String> {
        let mut found = Vec::new();
        let mut check = |what: &str, is: String, should: String| {
            if is != should {
                found.push(format!("{what}: {is}, not {should}"));
            }
        };
        let error = self.error.as_ref();
        let kind = error.map(|error| (error.kind(), error.is_retryable()));
        check("error", format!("{kind:?}"), format!("{:?}", expect.error));
        let said = error.map(ToString::to_string).unwrap_or_default();
        let says = expect.says(wire, address);
        match says.strip_suffix('…') {
            Some(beginning) if said.starts_with(beginning) => {}
            _ => check("words", said, says),
        }
        let count = |attempts, requests| format!("{attempts} attempts, {requests} requests");
        let requests = u64::from(expect.requests);
        check(
            "counts",
            count(self.attempts, self.requests),
            count(expect.attempts, requests),
        );
        let events = expect.events(wire);
        check(
            "events",
            format!("{:?}", self.events),
            format!("{events:?}"),
        );
        let holds = |text: &str, incomplete| format!("{text:?} {incomplete:?}");
        let (text, incomplete) = expected_turn(expect);
        check(
            "turn",
            holds(&self.text, self.incomplete),
            holds(&text, incomplete),
        );
        check("strayed", self.strayed.to_string(), "0".to_owned());
        let (least, most) = expect.time();
        // Tokio's timer rounds each wait up to a millisecond.
        let rounding = Duration::from_millis(3 * u64::from(expect.attempts));
        if self.elapsed < least || self.elapsed > most + rounding {
            found.push(format!(
                "took {:?}, not {least:?} to {most:?}",
                self.elapsed
            ));
        }
        if format!("{error:?} {}", self.words()).contains(KEY) {
            found.push("the key is in the error".to_owned());
        }
        found
    }

    fn words(&self) -> String {
        let error = self.error.as_ref();
        error.map(ToString::to_string).unwrap_or_default()
    }
}

/// Returns the expected text and mark of the turn.
fn expected_turn(expect: &Expect) -> (String, Option<Incomplete>) {
    let [first, second] = DELTAS;
    let mark = match expect.error {
        Some((geppetto_engine::ErrorKind::Truncated, _)) => Incomplete::Truncated,
        _ => Incomplete::Failed,
    };
    match expect.holds {
        Holds::Nothing => (String::new(), None),
        Holds::FirstDelta => (first.to_owned(), Some(mark)),
        Holds::BothDeltas => (DELTAS.concat(), Some(mark)),
        Holds::All => (DELTAS.concat(), None),
        Holds::Doubled => (format!("{first}{first}{second}"), None),
    }
}
