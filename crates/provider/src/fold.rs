//! [`Fold`]: from the frames of a reply to the blocks and events that it is.

use geppetto_engine::Finish;
use geppetto_turns::{Incomplete, Usage};

use crate::{Fault, Output};

/// Folds the frames of one reply into blocks and events.
///
/// A fold is a push parser. The engine reads the reply, and for each attempt at a request it makes
/// a fold of its own ([`Wire::fold`](crate::Wire::fold)), which sees
///
/// 1. either any number of [`frame`](Self::frame)s, or one [`body`](Self::body);
/// 2. [`end_marker`](Self::end_marker), at most once, if the stream has one;
/// 3. [`finish`](Self::finish), once, however the reply ended, unless the attempt is repeated.
///
/// All calls come one after the other from the task that runs the inference, and none of them may
/// block. A fold that is dropped without `finish` loses nothing: what it has written to the
/// [`Output`] is in the turn.
///
/// # What a fold need not care about
///
/// The engine cancels, ends at the deadline, repeats what failed before any output, tells a stream
/// from a body, passes over heartbeats, bounds the size of a frame, joins halves of characters
/// ([`Output`]), mends JSON that a strict reader refuses, reports `event: error`, and makes the
/// error and the result. A fold has no `async` function and no error but [`Fault`].
pub trait Fold: Send {
    /// Takes one frame of a stream: an event, or a line of JSON. `data` is trimmed, and not empty.
    ///
    /// Called for each frame that is neither a heartbeat, nor an error by its name, nor the end
    /// marker. Unknown types of frame, fields and values are not faults: skip them.
    ///
    /// # Errors
    ///
    /// The fault ends the reply. A frame that is not JSON is
    /// [`Fault::syntax`]; nothing of it may have been taken then, since the engine mends the text
    /// and calls again with it. Before any other fault, take what else stands in the frame: usage
    /// beside an error counts.
    fn frame(&mut self, frame: Frame<'_>, out: &mut Output<'_>) -> Result<Flow, Fault>;

    /// Takes a reply that came as one body. By default, a body is a stream of one frame.
    ///
    /// Servers send a body where a stream was asked for, and a stream where a body was.
    ///
    /// # Errors
    ///
    /// As for [`frame`](Self::frame); [`Fault::not_a_reply`] where the JSON is nothing of this
    /// wire.
    fn body(&mut self, body: &str, out: &mut Output<'_>) -> Result<(), Fault> {
        let frame = Frame {
            name: "",
            data: body,
        };
        self.frame(frame, out).map(drop)
    }

    /// Notes the end marker (`[DONE]`), which gateways add to streams of all wires. Nothing is read
    /// after it. By default it means nothing.
    fn end_marker(&mut self) {}

    /// Returns `true` if the server said that the reply is complete.
    ///
    /// Asked when the stream or the body is over; `false` makes the reply truncated. A stream that
    /// breaks where this is `true` is a complete reply.
    fn is_complete(&self) -> bool;

    /// The fields of a frame in which a text grows from frame to frame, where a server may cut a
    /// character in half: paths of keys from the root, lists left out, joined by dots
    /// (`choices.delta.content`).
    ///
    /// Called only for a frame that holds half of a character. By default there are none, and
    /// U+FFFD stands for each half.
    fn growing_fields(&self, frame: Frame<'_>) -> &'static [&'static str] {
        let _ = frame;
        &[]
    }

    /// The usage that the server has reported so far.
    ///
    /// Asked for an attempt that is repeated, whose tokens count for the run as well; `finish` is
    /// not called for it. By default none.
    fn usage(&self) -> Option<Usage> {
        None
    }

    /// Ends the reply: writes what waits, and says why the model stopped, the usage, and what else
    /// is known ([`Finish`]). What is still open is closed by the engine.
    ///
    /// `broken` is `None` if the reply is complete. Otherwise it is the mark of what is not whole;
    /// the class of the finish is not used then. The engine adds the id of the request.
    fn finish(self, broken: Option<Incomplete>, out: &mut Output<'_>) -> Finish;
}

/// One frame of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The name of the event; `message` where the server named none, and empty for lines of JSON.
    pub name: &'a str,
    /// The data.
    pub data: &'a str,
}

/// What a frame means for the reading of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// A part of the reply: read on.
    Continue,
    /// Nothing but a sign that the server is alive. It does not reset the limit on the wait for a
    /// message.
    Heartbeat,
    /// The end: nothing more is read.
    End,
}
