//! Reading a reply: a stream of events or one body, whichever the server sends.

use geppetto_engine::{EngineError, ResponseWriter};
use geppetto_transport::{Redactor, Response, SseStream};

use super::{error::FORMAT, fold::Fold, wire};
use crate::shared::{
    call,
    error::{is_reported, malformed_body, no_object, not_a_reply, reported},
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
            Reply::Whole(body) => whole(&text(body, stop).await?, self, writer, &redactor),
            Reply::Stream(mut events) => stream(&mut events, self, stop, writer, &redactor).await,
        }
    }
}

/// A reply in one body.
fn whole(
    body: &str,
    fold: &mut Fold,
    writer: &mut ResponseWriter<'_>,
    redactor: &Redactor,
) -> Result<(), EngineError> {
    let response: wire::Response<'_> = parse(body, redactor)?;
    let reports = response.error.is_some_and(|raw| is_reported(raw.get()));
    if response.output.is_none() && response.status.is_empty() {
        if reports || &*response.object == "error" {
            return Err(reported(body, redactor));
        }
        return Err(not_a_reply(
            body,
            "the server sent a body that is no response; check that the base URL is one of a \
             Responses API",
            redactor,
        ));
    }
    fold.whole(&response, writer, redactor)
}

/// Reads a body of JSON.
pub(super) fn parse<'a, T: serde::Deserialize<'a>>(
    body: &'a str,
    redactor: &Redactor,
) -> Result<T, EngineError> {
    // A list would be read as the fields of an object, one by one.
    let read = match body.trim_start().starts_with('[') {
        true => Err(no_object()),
        false => serde_json::from_str(body),
    };
    read.map_err(|error| malformed_body(body, FORMAT, error, redactor))
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
            return Err(truncated());
        };
        let mut taken = take(event.event, event.data, fold, writer, redactor)?;
        // What has arrived needs no waiting.
        loop {
            match taken {
                Taken::Said => {}
                Taken::Heartbeat => events.was_heartbeat(),
                Taken::Over => {
                    release(events).await;
                    return match fold.is_complete() {
                        true => Ok(()),
                        false => Err(truncated()),
                    };
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
    name: &str,
    data: &str,
    fold: &mut Fold,
    writer: &mut ResponseWriter<'_>,
    redactor: &Redactor,
) -> Result<Taken, EngineError> {
    let data = data.trim();
    if data == DONE {
        return Ok(Taken::Over);
    }
    let is_heartbeat = is_heartbeat(name) || matches!(data, "" | "null");
    let taken = match is_heartbeat {
        true => Taken::Heartbeat,
        false => fold.accept(name, data, writer, redactor)?,
    };
    Ok(match fold.is_complete() {
        true => Taken::Over,
        false => taken,
    })
}
