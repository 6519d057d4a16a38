//! What a reply is read into: events of a stream, or one body.

use geppetto_engine::{EngineError, ResponseWriter};
use geppetto_transport::Redactor;

use super::{error::FORMAT, fold::Fold, wire::Chunk};
use crate::shared::{
    call,
    error::{malformed_body, malformed_event, not_a_reply, reported},
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
        self.becomes_whole();
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

/// The fields of an event that grow from event to event: where a character may be cut in half.
const GROWING: &[&str] = &[
    "choices.delta.content",
    "choices.delta.content.text",
    "choices.delta.content.thinking",
    "choices.delta.content.thinking.text",
    "choices.delta.reasoning",
    "choices.delta.reasoning_content",
    "choices.delta.reasoning_text",
    "choices.delta.thinking",
    "choices.delta.reasoning_details.text",
    "choices.delta.reasoning_details.summary",
    "choices.delta.refusal",
    "choices.delta.tool_calls.function.arguments",
    "choices.delta.tool_calls.custom.input",
    "choices.delta.function_call.arguments",
    "choices.delta.audio.transcript",
];

/// A reply in one body: the fold of a stream of one event.
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
    if Chunk::default().parse(body).is_err()
        && let Some(mended) = mend::mend(body, &[])
        && Chunk::default().parse(&mended.text).is_ok()
    {
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
    let mut chunk = Chunk::default();
    let read = chunk.parse(body);
    read.map_err(|error| malformed_body(body, FORMAT, &error, redactor))?;
    fold.accept(&chunk, body, writer, redactor)?;
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
    if let Some(mended) = mend::halved(data, GROWING) {
        fold.count_replaced(mended.replaced);
        return take_event(&mended.text, fold, writer, redactor);
    }
    take_event(data, fold, writer, redactor)
}

fn take_event(
    data: &str,
    fold: &mut Fold,
    writer: &mut ResponseWriter<'_>,
    redactor: &Redactor,
) -> Result<Taken, EngineError> {
    let mut chunk = Chunk::default();
    if let Err(error) = chunk.parse(data) {
        let mended = mend::mend(data, GROWING);
        let mended = mended.filter(|mended| Chunk::default().parse(&mended.text).is_ok());
        let mended = mended.ok_or_else(|| malformed_event(data, FORMAT, &error, redactor))?;
        fold.count_replaced(mended.replaced);
        return take_event(&mended.text, fold, writer, redactor);
    }
    fold.accept(&chunk, data, writer, redactor)?;
    Ok(Taken::Said)
}
