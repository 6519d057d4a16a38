//! [`Fold`]: turns the frames of a reply into blocks and events.

use geppetto_engine::Finish;
use geppetto_turns::{Incomplete, Usage};

use crate::{Fault, Output};

/// Folds the frames of one reply into blocks and events.
///
/// A fold is a push parser. The engine reads the reply, and creates a separate fold for each
/// attempt at a request ([`Wire::fold`](crate::Wire::fold)), on which it calls
///
/// 1. either [`frame`](Self::frame), any number of times, or [`body`](Self::body), once;
/// 2. [`end_marker`](Self::end_marker), at most once, if the stream has one;
/// 3. [`finish`](Self::finish), once, however the reply ended, unless the attempt is retried.
///
/// All calls are sequential, on the task that runs the inference, and none of them may block.
/// Dropping a fold without `finish` loses no output: everything written to the [`Output`] is in the
/// turn.
///
/// # Handled by the engine
///
/// The engine handles cancellation and deadlines, retries failures before any output, distinguishes
/// a stream from a body, skips heartbeats, limits the size of a frame, joins split characters
/// ([`Output`]), repairs JSON that a strict parser rejects, reports `event: error`, and creates the
/// error and the result. A fold has no `async` method and no error type except [`Fault`].
pub trait Fold: Send {
    /// Processes one frame of a stream: an event, or a line of JSON. `data` is trimmed and not
    /// empty.
    ///
    /// Called for each frame except for heartbeats, errors identified by their event name, and the
    /// end marker. Skip unknown types of frames, fields and values; they are not faults.
    ///
    /// # Errors
    ///
    /// The fault ends the reply. Return [`Fault::syntax`] for a frame that is not JSON, without
    /// having consumed any part of it, because the engine repairs the text and calls this method
    /// again. Before any other fault, process the rest of the frame: usage next to an error counts.
    fn frame(&mut self, frame: Frame<'_>, out: &mut Output<'_>) -> Result<Flow, Fault>;

    /// Processes a reply with a single body. By default, a body is a stream of one frame.
    ///
    /// Servers may send a body although a stream was requested, and the reverse.
    ///
    /// # Errors
    ///
    /// The errors of [`frame`](Self::frame), and [`Fault::not_a_reply`] if the JSON is not a reply
    /// of this wire.
    fn body(&mut self, body: &str, out: &mut Output<'_>) -> Result<(), Fault> {
        let frame = Frame {
            name: "",
            data: body,
        };
        self.frame(frame, out).map(drop)
    }

    /// Called for the end marker (`[DONE]`), which gateways add to streams of all wires. Nothing is
    /// read after it. Ignored by default.
    fn end_marker(&mut self) {}

    /// Returns `true` if the server has indicated that the reply is complete.
    ///
    /// Called at the end of the stream or the body; `false` means that the reply is truncated. If a
    /// stream breaks off while this is `true`, the reply is complete.
    fn is_complete(&self) -> bool;

    /// Returns the failure that the server has reported without a reason: the fold continues to read,
    /// because a later frame may contain it.
    ///
    /// Called at the end of the stream or the body, however it ended. `None` by default.
    fn failure(&self) -> Option<Fault> {
        None
    }

    /// Returns `true` if a complete reply without any output is known to be a fault of the model, so that the
    /// call is worth repeating. It is repeated once; if that fails, or the second reply is empty as well, the
    /// reply is empty. `false` by default.
    fn is_blank(&self) -> bool {
        false
    }

    /// Returns `true` if nothing follows the frame that completes a reply, so that a reply of which
    /// another frame has begun is not complete. `false` by default: servers send usage and end
    /// markers after it, which may be missing.
    fn ends_with_its_last_frame(&self) -> bool {
        false
    }

    /// Returns the fields of a frame whose text grows from frame to frame, in which a server may
    /// split a character: paths of keys from the root, without lists, joined by dots
    /// (`choices.delta.content`).
    ///
    /// Called only for a frame that contains half of a character. None by default, in which case
    /// U+FFFD replaces each half.
    fn growing_fields(&self, frame: Frame<'_>) -> &'static [&'static str] {
        let _ = frame;
        &[]
    }

    /// Returns the usage reported by the server so far.
    ///
    /// Called for an attempt that is retried, whose tokens count towards the run as well; `finish`
    /// is not called for it. `None` by default.
    fn usage(&self) -> Option<Usage> {
        None
    }

    /// Ends the reply: writes buffered output, and returns the finish reason, the usage, and
    /// further information ([`Finish`]). The engine closes items that are still open.
    ///
    /// `broken` is `None` if the reply is complete. Otherwise it marks incomplete blocks, and the
    /// class of the finish is not used. The engine adds the id of the request.
    fn finish(self, broken: Option<Incomplete>, out: &mut Output<'_>) -> Finish;
}

/// A frame of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Name of the event; `message` if the server sent none, and empty for lines of JSON.
    pub name: &'a str,
    /// Data of the frame.
    pub data: &'a str,
}

/// Effect of a frame on the reading of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// Part of the reply: continue reading.
    Continue,
    /// A sign of life from the server. It does not reset the time limit for the next message.
    Heartbeat,
    /// End of the reply: nothing more is read.
    End,
}
