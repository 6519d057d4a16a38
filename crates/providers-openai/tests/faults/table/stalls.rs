//! Replies that stop arriving.

use std::time::Duration;

use geppetto_engine::ErrorKind;
use geppetto_testing::Reply;

use super::{Fault, Script};
use crate::{
    cell::{Cell, Place},
    expect::{Expect, Holds, Waits},
};

const STALLED: &str = "the reply stalled: no bytes for 60s";
const SILENT: &str = "bytes kept coming, but no whole message within 900s";

const STALL_EARLY: Expect = Expect::recurs(ErrorKind::Timeout, STALLED).waiting(Waits::Limit(60));
const STALL: Expect =
    Expect::breaks(ErrorKind::Timeout, STALLED, Holds::FirstDelta).waiting(Waits::Limit(60));
const ALIVE_EARLY: Expect = Expect::fails(ErrorKind::Timeout, SILENT).waiting(Waits::Limit(900));
const ALIVE: Expect = ALIVE_EARLY.holding(Holds::FirstDelta);

/// Interval of the server's heartbeats.
const EVERY: Duration = Duration::from_secs(15);

/// Returns a reply that stalls at a position, but continues to send heartbeats.
fn alive(cell: Cell, place: Place) -> Reply {
    let reply = cell.good().chunked().stall_at(cell.at(place));
    match cell.is_streamed() {
        true => reply.keep_alive_comments(EVERY),
        false => reply.keep_alive_lines(EVERY),
    }
}

pub(crate) const FAULTS: &[Fault] = &[
    Fault::new(
        "stall after the headers",
        Script::Replies(|cell| cell.good().stall_at(cell.at(Place::Start))),
        STALL_EARLY,
    ),
    Fault::new(
        "stall mid-stream",
        Script::Replies(|cell| cell.good().stall_at(cell.at(Place::FirstDelta))),
        STALL,
    )
    .single(STALL_EARLY),
    Fault::new(
        "stall mid event",
        Script::Replies(|cell| cell.good().stall_at(cell.at(Place::MidCharacter))),
        STALL,
    )
    .single(STALL_EARLY),
    Fault::new(
        "stall after the headers, with keep-alives",
        Script::Replies(|cell| alive(cell, Place::Start)),
        ALIVE_EARLY,
    ),
    Fault::new(
        "stall mid-stream, with keep-alives",
        Script::Replies(|cell| alive(cell, Place::FirstDelta)),
        ALIVE,
    )
    .single(ALIVE_EARLY),
    Fault::new(
        "nothing but heartbeat events",
        Script::Replies(|cell| {
            let beat = "event: ping\ndata: {\"type\": \"ping\"}\n\n";
            cell.reply(beat.repeat(100)).pace(EVERY)
        }),
        ALIVE_EARLY,
    )
    .streams_only(),
    Fault::new(
        "silence of 14 minutes with keep-alives",
        Script::Replies(|cell| {
            let silence = Duration::from_secs(14 * 60);
            let reply = cell
                .good()
                .chunked()
                .pause_at(cell.at(Place::Start), silence);
            match cell.is_streamed() {
                true => reply.keep_alive_comments(EVERY),
                false => reply.keep_alive_lines(EVERY),
            }
        }),
        Expect::GOOD.waiting(Waits::Limit(14 * 60)),
    ),
];
