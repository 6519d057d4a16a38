//! Replies that break off.

use geppetto_engine::ErrorKind;

use super::{Fault, Script, responses_streamed};
use crate::{
    cell::Place,
    expect::{Expect, Holds},
};

const BROKE: &str = "the connection broke while the reply was read";
const ENDED: &str = "the reply ended before the server said that it was complete";
const HALF: &str = "the reply ended in the middle of its JSON";

/// The connection closes, orderly or not, before the rest of the reply.
const CUT_EARLY: Expect = Expect::recurs(ErrorKind::Disconnected, BROKE);
const CUT: Expect = Expect::breaks(ErrorKind::Disconnected, BROKE, Holds::FirstDelta);
const CUT_LATE: Expect = CUT.holding(Holds::BothDeltas);

/// The body ends as if it were complete.
const END_EARLY: Expect = Expect::recurs(ErrorKind::Truncated, ENDED);
const END: Expect = Expect::breaks(ErrorKind::Truncated, ENDED, Holds::FirstDelta);
const END_LATE: Expect = END.holding(Holds::BothDeltas);
const END_SINGLE: Expect = Expect::recurs(ErrorKind::Truncated, HALF);

macro_rules! cut {
    ($place:expr) => {
        Script::Replies(|cell| cell.good().cut_at(cell.at($place)))
    };
}

macro_rules! end {
    ($place:expr) => {
        Script::Replies(|cell| cell.good().until_close().cut_at(cell.at($place)))
    };
}

pub(crate) const FAULTS: &[Fault] = &[
    Fault::new("cut before the first event", cut!(Place::Start), CUT_EARLY),
    Fault::new(
        "cut between an event and its blank line",
        cut!(Place::MidEvent),
        CUT_LATE,
    )
    .single(CUT_EARLY),
    Fault::new("cut mid UTF-8", cut!(Place::MidCharacter), CUT).single(CUT_EARLY),
    Fault::new("cut mid JSON", cut!(Place::MidJson), CUT).single(CUT_EARLY),
    Fault::new(
        "cut after the last delta, before the end",
        cut!(Place::LastDelta),
        CUT_LATE,
    )
    .single(CUT_EARLY),
    Fault::new(
        "reset mid-stream",
        Script::Replies(|cell| cell.good().reset_at(cell.at(Place::FirstDelta))),
        CUT,
    )
    .single(CUT_EARLY),
    Fault::new(
        "body ends before the first event",
        end!(Place::Start),
        END_EARLY,
    ),
    Fault::new(
        "body ends between an event and its blank line",
        end!(Place::MidEvent),
        END_LATE,
    )
    .single(END_SINGLE),
    Fault::new(
        "body ends without the last blank line",
        Script::Replies(|cell| {
            let body = cell.good_body();
            cell.good()
                .until_close()
                .cut_at(geppetto_testing::At::Byte(body.trim_end().len()))
        }),
        Expect::GOOD,
    )
    .streams_only(),
    Fault::new("body ends mid UTF-8", end!(Place::MidCharacter), END).single(END_SINGLE),
    Fault::new("body ends mid JSON", end!(Place::MidJson), END).single(END_SINGLE),
    Fault::new(
        "body ends after the last delta",
        end!(Place::LastDelta),
        END_LATE,
    )
    .single(END_SINGLE),
    Fault::new(
        "cut between the finish reason and `[DONE]`",
        Script::Replies(|cell| {
            let body = cell.good_body();
            let done = body.find("data: [DONE]").unwrap_or(body.len());
            cell.good().cut_at(geppetto_testing::At::Byte(done))
        }),
        Expect::GOOD,
    )
    .streams_only()
    .but(&[(responses_streamed(), Expect::GOOD)]),
];
