//! What a reply is read into: events of a stream, or one body.

use geppetto_engine::{EngineError, ResponseWriter};
use geppetto_transport::Redactor;

use super::{error::FORMAT, fold::Fold, wire};
use crate::shared::{
    call,
    error::{is_reported, malformed_body, no_object, not_a_reply, reported},
    mend,
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

    fn replaced(&mut self, count: u64) {
        self.count_replaced(count);
    }
}

/// A reply in one body.
fn whole(
    body: &str,
    fold: &mut Fold,
    writer: &mut ResponseWriter<'_>,
    redactor: &Redactor,
) -> Result<(), EngineError> {
    if let Some(mended) = mend::halved(body, &[]) {
        fold.count_replaced(mended.replaced);
        return whole_of(&mended.text, fold, writer, redactor);
    }
    let is_read = serde_json::from_str::<wire::Response<'_>>(body).is_ok();
    if !is_read && let Some(mended) = mend::mend(body, &[]) {
        fold.count_replaced(mended.replaced);
        return whole_of(&mended.text, fold, writer, redactor);
    }
    whole_of(body, fold, writer, redactor)
}

fn whole_of(
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
    read.map_err(|error| malformed_body(body, FORMAT, &error, redactor))
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
