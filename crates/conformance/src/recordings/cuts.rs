//! Recorded streams, cut off: the outcome of a connection that ends early.
//!
//! Each stream is played many times from memory, each time up to another byte, at which the body
//! ends or the connection breaks. The positions derive from the case's id and the seed. [`judge`]
//! compares each outcome with the replay of the whole stream.

use std::{sync::Arc, time::Duration};

use geppetto_engine::Engine;
use geppetto_events::{EventSink, MemorySink};
use geppetto_transport::{
    HttpClient, RetryPolicy, TransportError, TransportErrorKind,
    memory::{MemoryTransport, Reply},
};
use geppetto_turns::Turn;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use serde_json::Value;
use tokio::time::timeout;

use super::{
    observation::{Observation, check_events, cut_texts},
    play::{check_saving, context},
    recording::Recording,
    wire::Adapter,
};
use place::{End, Place};

mod judge;
mod place;

#[cfg(test)]
mod tests;

/// The time limit of one cut, after which it counts as hanging.
const LIMIT: Duration = Duration::from_secs(20);

/// The maximum size of a piece of the body, in bytes.
const PIECE: usize = 4096;

/// The replay of the beginning of a stream.
#[derive(Debug)]
struct Replay {
    seen: Observation,
    turn: Turn,
    /// Texts that were not completed.
    cut_texts: Vec<String>,
}

/// Cuts the recording off, if it is a stream that has begun. Returns the number of cuts.
///
/// # Errors
///
/// The first cut with a wrong outcome, and the reason.
pub(super) async fn check(
    recording: &Arc<Recording>,
    adapter: &'static Adapter,
    seed: u64,
) -> Result<usize, String> {
    let meta = &recording.meta;
    if !meta.response_file.ends_with(".sse") || meta.status >= 400 {
        return Ok(0);
    }
    let length = recording.body.len();
    let places = place::places(&meta.id, seed, length);
    let all = Place {
        at: length,
        end: End::Clean,
    };
    let full = isolated(Arc::clone(recording), adapter, all).await?;
    for place in &places {
        let cut = isolated(Arc::clone(recording), adapter, *place).await;
        let judged = cut.and_then(|cut| judge::judge(recording, adapter, *place, &full, &cut));
        judged.map_err(|problem| {
            let Place { at, end } = place;
            format!("cut at byte {at} of {length}, {end} (--seed {seed}): {problem}")
        })?;
    }
    Ok(places.len())
}

/// Replays on a separate thread: a panic and a hang are outcomes, too, and a busy computation does
/// not keep other cases from their sockets.
async fn isolated(
    recording: Arc<Recording>,
    adapter: &'static Adapter,
    place: Place,
) -> Result<Replay, String> {
    let task = tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .map_err(|error| format!("the runtime: {error}"))?;
        runtime.block_on(replay(&recording, adapter, place))
    });
    match timeout(LIMIT, task).await {
        Err(_elapsed) => Err(format!("not over within {LIMIT:?}")),
        Ok(Err(joined)) => Err(format!("the engine panicked: {joined}")),
        Ok(Ok(played)) => played,
    }
}

async fn replay(recording: &Recording, adapter: &Adapter, place: Place) -> Result<Replay, String> {
    let transport = Arc::new(MemoryTransport::new([reply(recording, place)]));
    let http = HttpClient::new(Arc::clone(&transport)).with_retry_policy(RetryPolicy::never());
    let engine = (adapter.engine)(http, "http://recorded.test/v1".to_owned(), true)
        .map_err(|error| format!("engine: {error}"))?;
    let sink = Arc::new(MemorySink::new());
    let ctx = context("cut").with_event_sinks([Arc::clone(&sink) as Arc<dyn EventSink>]);
    let mut turn = recording.turn()?;
    let said = turn.blocks.len();
    let outcome = engine.run_inference(&ctx, &mut turn).await;

    let events = sink.take();
    check_events(&events, &turn, said)?;
    check_saving(&turn)?;
    check_next(recording, adapter, &*engine, &transport, turn.clone()).await?;
    let seen = Observation::of(outcome, &turn, said, adapter);
    Ok(Replay {
        seen,
        turn,
        cut_texts: cut_texts(&events).map(str::to_owned).collect(),
    })
}

fn reply(recording: &Recording, place: Place) -> Reply {
    let content_type = HeaderValue::from_str(recording.content_type());
    let content_type = content_type.unwrap_or(HeaderValue::from_static("text/event-stream"));
    let received = recording.body.get(..place.at).unwrap_or_default();
    let reply = Reply::ok().header(CONTENT_TYPE, content_type);
    let reply = received
        .chunks(PIECE)
        .fold(reply, |reply, piece| reply.chunk(piece.to_vec()));
    match place.end {
        End::Clean => reply,
        End::Broken => reply.fail(TransportError::new(
            TransportErrorKind::Disconnected,
            "the connection was cut",
        )),
    }
}

/// Checks that the conversation can continue: a provider accepts the next request.
async fn check_next(
    recording: &Recording,
    adapter: &Adapter,
    engine: &dyn Engine,
    transport: &MemoryTransport,
    mut turn: Turn,
) -> Result<(), String> {
    turn.push_user("Go on.", []);
    // No reply is left; only the request matters.
    let _refused = engine.run_inference(&context("next"), &mut turn).await;
    let requests = transport.requests();
    let Some(sent) = requests.get(1) else {
        return Err("the history cannot be sent again".to_owned());
    };
    let body: Value = serde_json::from_slice(sent.body()).map_err(|error| error.to_string())?;
    (adapter.accepts)(recording, &body)
        .map_err(|refusal| format!("the next request of the history: {refusal}"))
}
