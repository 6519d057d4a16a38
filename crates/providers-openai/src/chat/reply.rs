//! What a reply is read into: events of a stream, or one body.

use geppetto_engine::{EngineError, ResponseWriter};
use geppetto_transport::Redactor;

use super::{error::FORMAT, fold::Fold, wire::Chunk};
use crate::shared::{
    call,
    error::{malformed, malformed_body, not_a_reply, reported},
    reply::DONE,
    taken::{Taken, is_heartbeat},
};

impl call::Fold for Fold {
    fn take_body(
        &mut self,
        body: &str,
        writer: &mut ResponseWriter<'_>,
        redactor: &Redactor,
    ) -> Result<(), EngineError> {
        *self = Self::whole();
        whole(body, self, writer, redactor)
    }

    fn take_event(
        &mut self,
        name: &str,
        data: &str,
        writer: &mut ResponseWriter<'_>,
        redactor: &Redactor,
    ) -> Result<Taken, EngineError> {
        take(name, data, self, writer, redactor)
    }

    fn has_end(&self) -> bool {
        self.is_complete()
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
    read.map_err(|error| malformed_body(body, FORMAT, &error, redactor))?;
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
    read.map_err(|error| malformed("an event", FORMAT, &error, redactor))?;
    fold.accept(&chunk, writer, redactor)?;
    match chunk.is_error() {
        true => Err(reported(data, redactor)),
        false => Ok(Taken::Said),
    }
}
