//! Handing frames and bodies to a fold, with what is the same for all wires done before.

use crate::{
    Fault, Flow, Fold, Frame, Output,
    read::{
        is_object,
        mend::{halved, mend},
    },
};

/// The data of the event that ends a stream of OpenAI's, and which gateways add to others.
const DONE: &str = "[DONE]";

/// How servers and gateways name events that only say that they are alive.
const HEARTBEATS: [&str; 5] = [
    "keepalive",
    "ping",
    "heartbeat",
    "response.keepalive",
    "response.heartbeat",
];

/// Returns `true` if an event of this name or type says nothing but that the server is alive.
#[must_use]
pub fn is_heartbeat(name: &str) -> bool {
    HEARTBEATS.contains(&name)
}

/// Hands a frame to a fold. Where a server leaves out the blank lines between its events, what
/// counts as one event has a line of data for each of them.
pub(crate) fn feed_frame<F: Fold>(
    fold: &mut F,
    frame: Frame<'_>,
    out: &mut Output<'_>,
) -> Result<Flow, Fault> {
    let data = frame.data;
    if !data.contains('\n') || !data.lines().all(is_whole_frame) {
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

/// Returns `true` if a line of data is an event of its own: an object, or the end marker. Objects
/// of one event that goes over several lines are not whole in any of them.
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
    if matches!(frame.data, "" | "null") || is_heartbeat(frame.name) {
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
        // The first fault is about what the server sent.
        Err(again) if again.is_syntax() => Err(fault),
        taken => taken,
    }
}

/// Hands in a frame that could not be read as it was sent, and of which `plain` is a form that can
/// be. Halves of characters at the ends of fields that grow are left to be joined.
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

/// Hands a body to a fold.
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
