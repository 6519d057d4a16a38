//! Passes frames and bodies to a fold, after the processing that is common to all wires.

use memchr::memchr;

use crate::{
    Fault, Flow, Fold, Frame, Output,
    read::{
        is_object,
        mend::{halved, mend},
    },
};

/// Data of the event that ends OpenAI's streams, which gateways add to others.
const DONE: &str = "[DONE]";

/// Names of heartbeat events of servers and gateways.
const HEARTBEATS: [&str; 5] = [
    "keepalive",
    "ping",
    "heartbeat",
    "response.keepalive",
    "response.heartbeat",
];

/// Returns `true` if an event of this name or type is a heartbeat.
#[must_use]
pub fn is_heartbeat(name: &str) -> bool {
    HEARTBEATS.contains(&name)
}

/// Returns `true` if the data of an event is a comment of another stream: gateways forward those of
/// OpenRouter, `: OPENROUTER PROCESSING`, as events. JSON never begins with a colon.
///
/// Source: <https://github.com/mnfst/llm-gateway/issues/2053>.
fn is_comment(data: &str) -> bool {
    data.starts_with(':')
}

/// Passes a frame to a fold. If a server omits the blank lines between its events, each line of the
/// event's data is a frame.
pub(crate) fn feed_frame<F: Fold>(
    fold: &mut F,
    frame: Frame<'_>,
    out: &mut Output<'_>,
) -> Result<Flow, Fault> {
    let data = frame.data;
    if memchr(b'\n', data.as_bytes()).is_none() || !data.lines().all(is_whole_frame) {
        return feed_one(fold, frame, out);
    }
    let mut flow = Flow::Heartbeat;
    for line in data.lines() {
        match feed_one(
            fold,
            Frame {
                data: line,
                ..frame
            },
            out,
        )? {
            Flow::End => return Ok(Flow::End),
            Flow::Continue => flow = Flow::Continue,
            Flow::Heartbeat => {}
        }
    }
    Ok(flow)
}

/// Returns `true` if a line of data is an event by itself: an object, or the end marker. If the
/// object of one event spans several lines, none of them is complete.
fn is_whole_frame(line: &str) -> bool {
    line.trim() == DONE || line.trim().is_empty() || is_object(line)
}

fn feed_one<F: Fold>(fold: &mut F, frame: Frame<'_>, out: &mut Output<'_>) -> Result<Flow, Fault> {
    let frame = Frame {
        data: frame.data.trim(),
        ..frame
    };
    if frame.data == DONE {
        fold.end_marker();
        return Ok(Flow::End);
    }
    if frame.name == "error" {
        return Err(Fault::reported(frame.data));
    }
    let is_empty = matches!(frame.data, "" | "null") || is_comment(frame.data);
    if is_empty || is_heartbeat(frame.name) {
        return Ok(Flow::Heartbeat);
    }
    if let Some(mended) = halved(frame.data, &[]) {
        return feed_mended(fold, frame, &mended.text, out);
    }
    let fault = match fold.frame(frame, out) {
        Err(fault) if fault.is_syntax() => fault,
        taken => return taken,
    };
    let Some(mended) = mend(frame.data, &[]) else {
        return Err(fault);
    };
    match feed_mended(fold, frame, &mended.text, out) {
        // The first fault refers to the text as sent.
        Err(again) if again.is_syntax() => Err(fault),
        taken => taken,
    }
}

/// Passes a frame that could not be parsed as sent, and whose repaired form is `plain`. Split
/// characters at the ends of growing fields are left to be joined.
fn feed_mended<F: Fold>(
    fold: &mut F,
    frame: Frame<'_>,
    plain: &str,
    out: &mut Output<'_>,
) -> Result<Flow, Fault> {
    let fields = fold.growing_fields(Frame {
        data: plain,
        ..frame
    });
    let Some(mended) = mend(frame.data, fields) else {
        return fold.frame(
            Frame {
                data: plain,
                ..frame
            },
            out,
        );
    };
    let flow = fold.frame(
        Frame {
            data: &mended.text,
            ..frame
        },
        out,
    )?;
    out.count_replaced(mended.replaced);
    Ok(flow)
}

/// Passes a body to a fold.
pub(crate) fn feed_body<F: Fold>(
    fold: &mut F,
    body: &str,
    out: &mut Output<'_>,
) -> Result<(), Fault> {
    if let Some(mended) = halved(body, &[]) {
        out.count_replaced(mended.replaced);
        return fold.body(&mended.text, out);
    }
    let fault = match fold.body(body, out) {
        Err(fault) if fault.is_syntax() => fault,
        taken => return taken,
    };
    let Some(mended) = mend(body, &[]) else {
        return Err(fault);
    };
    match fold.body(&mended.text, out) {
        Err(again) if again.is_syntax() => Err(fault),
        taken => {
            out.count_replaced(mended.replaced);
            taken
        }
    }
}
