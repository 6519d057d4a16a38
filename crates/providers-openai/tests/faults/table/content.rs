//! Replies whose bytes arrive, but are invalid.

use geppetto_engine::ErrorKind;
use geppetto_testing::Reply;

use super::{Fault, Script, responses_streamed};
use crate::{
    cell::{Cell, Mode, Place, sse},
    expect::{Expect, Holds},
};

const MALFORMED: ErrorKind = ErrorKind::MalformedResponse;
const NO_EVENT: &str = "the server sent an event that is not {format}: …";
const NO_BODY: &str = "the server sent a body that is not {format}: …";
const LARGE_EVENT: &str = "the server sent an event larger than the limit of 16777216 bytes";
const LARGE_BODY: &str = "the server sent a JSON value larger than the limit of 67108864 bytes";
const REPORTED: &str = "the server reported an error inside its reply: no room";

const SIZE: usize = 100 * 1024 * 1024;

/// Returns the good reply with 100 MB inserted at a position, in an unused field.
fn huge(cell: Cell, place: Place) -> Reply {
    let filler = "x".repeat(SIZE);
    match (cell.mode, place) {
        (Mode::Single, _) => {
            let body = cell.good_body();
            let rest = body.strip_prefix('{').unwrap_or_default();
            cell.reply(format!("{{\"filler\":\"{filler}\",{rest}"))
        }
        (Mode::Streamed, Place::Start) => cell.with_event(0, &format!("{{\"f\":\"{filler}\"}}")),
        (Mode::Streamed, _) => {
            let event = format!("{{\"f\":\"{filler}\"}}");
            cell.with_event(cell.first_delta() + 1, &event)
        }
    }
    .cut_into_random_chunks(1, 128 * 1024)
}

/// Returns an error as reported by the wire within a reply.
fn reported(cell: Cell) -> serde_json::Value {
    (cell.wire.spec().reported)(cell.mode)
}

const fn malformed(says: &'static str) -> Expect {
    Expect::fails(MALFORMED, says)
}

pub(crate) const FAULTS: &[Fault] = &[
    Fault::new(
        "malformed from the start",
        Script::Replies(|cell| match cell.mode {
            Mode::Streamed => cell.with_event(0, "{not json}"),
            Mode::Single => cell.reply("{not json}"),
        }),
        malformed(NO_EVENT),
    )
    .single(malformed(NO_BODY)),
    Fault::new(
        "one malformed event among good ones",
        Script::Replies(|cell| cell.with_event(cell.first_delta() + 1, "{not json}")),
        malformed(NO_EVENT).holding(Holds::FirstDelta),
    )
    .streams_only(),
    Fault::new(
        "duplicated event",
        Script::Replies(|cell| cell.good().duplicate_event(cell.first_delta())),
        Expect::GOOD.holding(Holds::Doubled),
    )
    .streams_only()
    .but(&[(responses_streamed(), Expect::GOOD)]),
    Fault::new(
        "100 MB in one event (or in the body), before output",
        Script::Replies(|cell| huge(cell, Place::Start)),
        malformed(LARGE_EVENT),
    )
    .single(malformed(LARGE_BODY)),
    Fault::new(
        "100 MB in one event, after output",
        Script::Replies(|cell| huge(cell, Place::FirstDelta)),
        malformed(LARGE_EVENT).holding(Holds::FirstDelta),
    )
    .streams_only(),
    Fault::new(
        "an event that never ends",
        Script::Replies(|cell| cell.good().endless_at(cell.at(Place::FirstDelta))),
        malformed(LARGE_EVENT).holding(Holds::FirstDelta),
    )
    .streams_only(),
    Fault::new(
        "in-band error before output",
        Script::Replies(|cell| cell.only(&reported(cell))),
        Expect::recurs(ErrorKind::Overloaded, REPORTED),
    ),
    Fault::new(
        "in-band error after output",
        Script::Replies(|cell| {
            cell.with_event(cell.first_delta() + 1, &reported(cell).to_string())
        }),
        Expect::breaks(ErrorKind::Overloaded, REPORTED, Holds::FirstDelta),
    )
    .streams_only(),
    Fault::new(
        "in-band error in a field of its own, after output",
        Script::Replies(|cell| {
            let events = cell.events();
            let before = sse(events.get(..=cell.first_delta()).unwrap_or_default());
            let error = "error: {\"code\":500,\"message\":\"no room\"}";
            cell.reply(format!("{before}{error}\n\ndata: [DONE]\n\n"))
        }),
        Expect::breaks(ErrorKind::Server, REPORTED, Holds::FirstDelta),
    )
    .streams_only(),
    Fault::new(
        "wrong content type",
        Script::Replies(|cell| cell.good().content_type("text/html")),
        Expect::GOOD,
    ),
    Fault::new(
        "chunked in pieces of 1 to 7 bytes",
        Script::Replies(|cell| cell.good().chunked().cut_into_random_chunks(7, 7)),
        Expect::GOOD,
    ),
    Fault::new(
        "not chunked, with a length",
        Script::Replies(|cell| cell.good().content_length()),
        Expect::GOOD,
    ),
    Fault::new(
        "not chunked, without a length",
        Script::Replies(|cell| cell.good().until_close()),
        Expect::GOOD,
    ),
];
