//! Reading a reply: a stream of events or one body, whichever the server sends.

use geppetto_engine::{EngineError, ResponseWriter};
use geppetto_transport::{Redactor, Response, SseStream};

use super::{error::FORMAT, fold::Fold, wire::Chunk};
use crate::shared::{
    call,
    error::{malformed, malformed_body, not_a_reply, reported},
    reply::{DONE, Reply, open, release, text, truncated},
    stop::Stop,
    taken::{Taken, is_heartbeat},
};

impl call::Fold for Fold {
    async fn read(
        &mut self,
        response: Response,
        stop: &mut Stop<'_>,
        writer: &mut ResponseWriter<'_>,
    ) -> Result<(), EngineError> {
        let redactor = response.redactor().clone();
        match open(response, stop).await? {
            Reply::Whole(body) => {
                *self = Self::whole();
                whole(&text(body, stop).await?, self, writer, &redactor)?;
            }
            Reply::Stream(mut events) => {
                stream(&mut events, self, stop, writer, &redactor).await?;
            }
        }
        match self.is_complete() {
            true => Ok(()),
            false => Err(truncated()),
        }
    }
}

/// A reply in one body: the fold of a stream of one event.
fn whole(
    body: &str,
    fold: &mut Fold,
    writer: &mut ResponseWriter<'_>,
    redactor: &Redactor,
) -> Result<(), EngineError> {
    let mut chunk = Chunk::default();
    let read = chunk.parse(body);
    read.map_err(|error| malformed_body(body, FORMAT, error, redactor))?;
    fold.accept(&chunk, writer, redactor)?;
    if chunk.is_error() {
        return Err(reported(body, redactor));
    }
    if chunk.choices.is_empty() {
        return Err(not_a_reply(
            body,
            "the server sent a body without choices; check that the base URL is one of a chat API",
            redactor,
        ));
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
        return Err(reported(data, redactor));
    }
    if matches!(data, "" | "null") || is_heartbeat(kind) {
        return Ok(Taken::Heartbeat);
    }
    let mut chunk = Chunk::default();
    let read = chunk.parse(data);
    read.map_err(|error| malformed("an event", FORMAT, error))?;
    fold.accept(&chunk, writer, redactor)?;
    match chunk.is_error() {
        true => Err(reported(data, redactor)),
        false => Ok(Taken::Said),
    }
}
