//! Reading a reply: a stream of events or one body, whichever the server sends.

use std::time::Duration;

use geppetto_engine::{EngineError, ErrorKind, ResponseWriter};
use geppetto_transport::{ErrorDetails, Redactor, Response, SseStream};
use tokio::time::timeout;

use crate::{
    stop::Stop,
    taken::{Taken, is_heartbeat},
};

use super::{error, fold::Fold, wire::Chunk};

/// The largest body that is read as one reply, in bytes: room for generated speech and images.
const MAX_BODY: usize = 64 * 1024 * 1024;

/// What some servers on Windows put before UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// How long the end of a body may take to come after the event that ends the stream.
const RELEASE: Duration = Duration::from_millis(10);

/// The event that ends a stream.
const DONE: &str = "[DONE]";

/// Reads a reply into the writer. Gives back what the fold knows, and why the reply broke if it
/// did.
pub(super) async fn read(
    mut response: Response,
    stop: &mut Stop<'_>,
    writer: &mut ResponseWriter<'_>,
) -> (Fold, Option<EngineError>) {
    let redactor = response.redactor().clone();
    // What it is shows in its first byte; what was asked for and the content type may lie.
    let first = stop.race(response.body_mut().first_visible()).await;
    let first = match first.and_then(|first| first.map_err(EngineError::from)) {
        Ok(first) => first,
        Err(error) => return (Fold::stream(), Some(error)),
    };
    let body = response.into_body();
    match first {
        Some(b'{' | b'<') => {
            let mut fold = Fold::whole();
            let outcome = stop.race(body.read_to_end(MAX_BODY)).await;
            let outcome = outcome.and_then(|bytes| bytes.map_err(EngineError::from));
            let outcome = outcome.and_then(|body| whole(&body, &mut fold, writer, &redactor));
            (fold, outcome.err())
        }
        _ => {
            let mut fold = Fold::stream();
            let mut events = SseStream::new(body);
            let outcome = stream(&mut events, &mut fold, stop, writer, &redactor).await;
            (fold, outcome.err())
        }
    }
}

/// A reply in one body: the fold of a stream of one event.
fn whole(
    body: &[u8],
    fold: &mut Fold,
    writer: &mut ResponseWriter<'_>,
    redactor: &Redactor,
) -> Result<(), EngineError> {
    let body = String::from_utf8_lossy(body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body));
    let mut chunk = Chunk::default();
    match chunk.parse(&body) {
        Ok(()) => {}
        Err(error) if error.is_eof() => {
            return Err(EngineError::new(
                ErrorKind::Truncated,
                "the reply ended in the middle of its JSON",
            ));
        }
        Err(error) => {
            // A page of a proxy, for example; its title says more than the parser does.
            let details = ErrorDetails::parse(body.as_bytes()).redacted(redactor);
            return Err(details.add_to(error::malformed("a body", error)));
        }
    };
    fold.accept(&chunk, writer, redactor)?;
    if chunk.is_error() {
        return Err(error::reported(&body, redactor));
    }
    if chunk.choices.is_empty() {
        let details = ErrorDetails::parse(body.as_bytes()).redacted(redactor);
        let error = EngineError::new(
            ErrorKind::MalformedResponse,
            "the server sent a body without choices; check that the base URL is one of a chat API",
        );
        return Err(details.add_to(error));
    }
    fold.done();
    Ok(())
}

async fn stream(
    events: &mut SseStream,
    fold: &mut Fold,
    stop: &mut Stop<'_>,
    writer: &mut ResponseWriter<'_>,
    redactor: &Redactor,
) -> Result<(), EngineError> {
    loop {
        let event = match stop.race(events.next()).await? {
            Ok(Some(event)) => event,
            Ok(None) => return Ok(()),
            // The server has said why the model stopped: nothing that matters is missing.
            Err(_) if fold.is_complete() => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let mut taken = take(event.event, event.data, fold, writer, redactor)?;
        // What has arrived needs no waiting.
        loop {
            match taken {
                Taken::Said => {}
                Taken::Heartbeat => events.was_heartbeat(),
                Taken::Over => {
                    release(events).await;
                    return Ok(());
                }
            }
            match events.next_received()? {
                Some(event) => taken = take(event.event, event.data, fold, writer, redactor)?,
                None => break,
            }
        }
    }
}

/// Takes one event.
fn take(
    kind: &str,
    data: &str,
    fold: &mut Fold,
    writer: &mut ResponseWriter<'_>,
    redactor: &Redactor,
) -> Result<Taken, EngineError> {
    let data = data.trim();
    if data == DONE {
        fold.done();
        return Ok(Taken::Over);
    }
    if kind == "error" {
        return Err(error::reported(data, redactor));
    }
    if matches!(data, "" | "null") || is_heartbeat(kind) {
        return Ok(Taken::Heartbeat);
    }
    let mut chunk = Chunk::default();
    let read = chunk.parse(data);
    read.map_err(|error| error::malformed("an event", error))?;
    fold.accept(&chunk, writer, redactor)?;
    match chunk.is_error() {
        true => Err(error::reported(data, redactor)),
        false => Ok(Taken::Said),
    }
}

/// Reads the end of the body, which comes with the last event or right behind it, so that its
/// connection can be used again.
async fn release(events: &mut SseStream) {
    // A server that keeps the connection open instead only loses it.
    let _ = timeout(RELEASE, events.next()).await;
}
