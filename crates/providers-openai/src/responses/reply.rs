//! Reading a reply: a stream of events or one body, whichever the server sends.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
};

use geppetto_engine::{EngineError, ErrorKind, ResponseWriter};
use geppetto_transport::{ErrorDetails, Redactor, Response, SseStream};

use crate::{stop::Stop, taken::Taken};

use super::{error, fold::Fold, wire};

/// The largest body that is read as one reply, in bytes: room for generated images.
pub(super) const MAX_BODY: usize = 64 * 1024 * 1024;

/// The event that ends a stream of some gateways.
const DONE: &str = "[DONE]";

/// What some servers on Windows put before UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads a reply into the writer. Gives back why the reply broke, if it did.
pub(super) async fn read(
    mut response: Response,
    fold: &mut Fold,
    stop: &mut Stop<'_>,
    writer: &mut ResponseWriter<'_>,
) -> Result<(), EngineError> {
    let redactor = response.redactor().clone();
    // What it is shows in its first byte; what was asked for and the content type may lie.
    let first = stop.race(response.body_mut().first_visible()).await??;
    let body = response.into_body();
    match first {
        Some(b'{' | b'<') => {
            let body = stop.race(body.read_to_end(MAX_BODY)).await??;
            whole(&body, fold, writer, &redactor)
        }
        _ => stream(&mut SseStream::new(body), fold, stop, writer, &redactor).await,
    }
}

/// A reply in one body.
fn whole(
    body: &[u8],
    fold: &mut Fold,
    writer: &mut ResponseWriter<'_>,
    redactor: &Redactor,
) -> Result<(), EngineError> {
    let body = String::from_utf8_lossy(body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body));
    let response: wire::Response<'_> = parse(&body, redactor)?;
    let reports = response
        .error
        .is_some_and(|raw| error::is_reported(raw.get()));
    if response.output.is_none() && response.status.is_empty() {
        if reports || &*response.object == "error" {
            return Err(error::reported(&body, redactor));
        }
        let details = ErrorDetails::parse(body.as_bytes()).redacted(redactor);
        return Err(details.add_to(EngineError::new(
            ErrorKind::MalformedResponse,
            "the server sent a body that is no response; check that the base URL is one of a \
             Responses API",
        )));
    }
    fold.whole(&response, writer, redactor)
}

/// Reads a body of JSON.
pub(super) fn parse<'a, T: serde::Deserialize<'a>>(
    body: &'a str,
    redactor: &Redactor,
) -> Result<T, EngineError> {
    serde_json::from_str(body).map_err(|error| match error.is_eof() {
        true => EngineError::new(
            ErrorKind::Truncated,
            "the reply ended in the middle of its JSON",
        ),
        false => {
            // A page of a proxy, for example; its title says more than the parser does.
            let details = ErrorDetails::parse(body.as_bytes()).redacted(redactor);
            details.add_to(error::malformed("a body", error))
        }
    })
}

async fn stream(
    events: &mut SseStream,
    fold: &mut Fold,
    stop: &mut Stop<'_>,
    writer: &mut ResponseWriter<'_>,
    redactor: &Redactor,
) -> Result<(), EngineError> {
    loop {
        let Some(event) = stop.race(events.next()).await?? else {
            return Err(error::truncated());
        };
        let mut taken = take(event.data, fold, writer, redactor)?;
        // What has arrived needs no waiting.
        loop {
            match taken {
                Taken::Said => {}
                Taken::Heartbeat => events.was_heartbeat(),
                Taken::Over => {
                    release(events).await;
                    return match fold.is_complete() {
                        true => Ok(()),
                        false => Err(error::truncated()),
                    };
                }
            }
            match events.next_received()? {
                Some(event) => taken = take(event.data, fold, writer, redactor)?,
                None => break,
            }
        }
    }
}

/// Takes one event.
fn take(
    data: &str,
    fold: &mut Fold,
    writer: &mut ResponseWriter<'_>,
    redactor: &Redactor,
) -> Result<Taken, EngineError> {
    let data = data.trim();
    if data == DONE {
        return Ok(Taken::Over);
    }
    let taken = match data.is_empty() {
        true => Taken::Heartbeat,
        false => fold.accept(data, writer, redactor)?,
    };
    Ok(match fold.is_complete() {
        true => Taken::Over,
        false => taken,
    })
}

/// Reads the end of a body that has mostly arrived with the last event, so that its connection
/// can be used again; never waits for it.
async fn release(events: &mut SseStream) {
    let mut end = pin!(events.next());
    poll_fn(|cx| {
        let _ = end.as_mut().poll(cx);
        Poll::Ready(())
    })
    .await;
}
