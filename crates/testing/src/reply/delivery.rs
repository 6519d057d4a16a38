//! How a reply travels: pace, sizes of the writes, stalls, faults, and the way it ends.

use std::time::Duration;

use bytes::Bytes;

use super::{Gate, Reply};

/// A position in a reply. One beyond the end means the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum At {
    /// Before the headers, and so before everything.
    Headers,
    /// After this many bytes of the body.
    Byte(usize),
    /// After this many whole events; a body that is not an event stream counts as one event.
    Event(usize),
}

/// Everything about a reply that is not its content.
#[derive(Debug, Clone, Default)]
pub(crate) struct Delivery {
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) framing: Framing,
    pub(crate) before_headers: Vec<Stop>,
    pub(crate) before_reply: Option<Broken>,
    pub(crate) pace: Option<Duration>,
    pub(crate) writes: Writes,
    pub(crate) stops: Vec<(At, Stop)>,
    pub(crate) keep_alive: Option<KeepAlive>,
    pub(crate) end: Option<(At, Broken)>,
    pub(crate) without_done: bool,
    pub(crate) duplicates: Vec<usize>,
    pub(crate) corruptions: Vec<(usize, Bytes)>,
}

/// How the length of the body is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Framing {
    /// Event streams in chunks, other bodies with their length.
    #[default]
    Usual,
    Chunked,
    Length,
    UntilClose,
}

/// How the body is divided into writes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum Writes {
    #[default]
    PerEvent,
    Whole,
    Random {
        seed: u64,
        max: usize,
    },
}

/// A wait in the middle of a reply.
#[derive(Debug, Clone)]
pub(crate) enum Stop {
    Pause(Duration),
    Forever,
    Hold(Gate),
}

/// What is sent while a reply waits, and how often.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeepAlive {
    pub(crate) every: Duration,
    pub(crate) bytes: &'static [u8],
}

/// How a reply breaks off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Broken {
    Cut,
    Reset,
    Endless,
}

/// # Pace and sizes of the writes
impl<B> Reply<B> {
    /// Waits this long before each event.
    pub fn pace(mut self, before_each_event: Duration) -> Self {
        self.delivery.pace = Some(before_each_event);
        self
    }

    /// Sends the body in pieces of 1 to `max` bytes, cut at places that follow from the seed
    /// alone. Each piece is one HTTP chunk and one write. Without it there is one per event.
    pub fn cut_into_random_chunks(mut self, seed: u64, max: usize) -> Self {
        self.delivery.writes = Writes::Random { seed, max };
        self
    }

    /// Sends the body in one write (interrupted only by stalls and pace), which is the cheapest:
    /// the body is not even searched for events.
    pub fn in_one_write(mut self) -> Self {
        self.delivery.writes = Writes::Whole;
        self
    }

    /// Tells the length of the body in `content-length`. Without it event streams are sent with
    /// `transfer-encoding: chunked`, and other bodies with their length.
    pub fn content_length(mut self) -> Self {
        self.delivery.framing = Framing::Length;
        self
    }

    /// Sends the body with `transfer-encoding: chunked`, whatever it is.
    pub fn chunked(mut self) -> Self {
        self.delivery.framing = Framing::Chunked;
        self
    }

    /// Tells no length: the end of the connection is the end of the body, as servers of HTTP/1.0
    /// do it.
    pub fn until_close(mut self) -> Self {
        self.delivery.framing = Framing::UntilClose;
        self
    }
}

/// # Waiting
impl<B> Reply<B> {
    /// Sends the reply up to this position, and then nothing more until the client leaves.
    pub fn stall_at(self, at: At) -> Self {
        self.stop(at, Stop::Forever)
    }

    /// Waits this long at this position.
    pub fn pause_at(self, at: At, duration: Duration) -> Self {
        self.stop(at, Stop::Pause(duration))
    }

    /// Waits at this position until the test opens the gate.
    pub fn hold_at(self, at: At, gate: &Gate) -> Self {
        self.stop(at, Stop::Hold(gate.clone()))
    }

    fn stop(mut self, at: At, stop: Stop) -> Self {
        if at == At::Headers {
            self.delivery.before_headers.push(stop);
        } else {
            self.delivery.stops.push((at, stop));
        }
        self
    }

    /// Sends a comment line (`: keep-alive`) at this interval while the reply stalls or pauses in
    /// its body, as providers do to keep a connection open. Meant for stops between events; within
    /// an event the comment would land in the event's own text.
    pub fn keep_alive_comments(mut self, every: Duration) -> Self {
        self.delivery.keep_alive = Some(KeepAlive {
            every,
            bytes: b": keep-alive\n\n",
        });
        self
    }

    /// Sends an empty line at this interval while the reply stalls or pauses in its body, as
    /// providers do for replies that are not streamed. Needs [`chunked`](Self::chunked) or
    /// [`until_close`](Self::until_close): the lines do not count as part of the body.
    pub fn keep_alive_lines(mut self, every: Duration) -> Self {
        self.delivery.keep_alive = Some(KeepAlive {
            every,
            bytes: b"\n",
        });
        self
    }
}

/// # Faults
impl<B> Reply<B> {
    /// Closes the connection in an orderly way (FIN) at this position, without finishing the body:
    /// the last chunk never comes, or fewer bytes than announced.
    pub fn cut_at(self, at: At) -> Self {
        self.broken(at, Broken::Cut)
    }

    /// Resets the connection (RST) at this position.
    pub fn reset_at(self, at: At) -> Self {
        self.broken(at, Broken::Reset)
    }

    /// Sends from this position on something that never ends, until the client leaves: an event
    /// (`data:` and filling), or at [`At::Headers`] header lines.
    pub fn endless_at(self, at: At) -> Self {
        self.broken(at, Broken::Endless)
    }

    fn broken(mut self, at: At, broken: Broken) -> Self {
        if at == At::Headers {
            self.delivery.before_reply = Some(broken);
        } else {
            self.delivery.end = Some((at, broken));
        }
        self
    }

    /// Overwrites the body from this byte on with these bytes; what would lie beyond the end of
    /// the body is left out. May be used several times.
    pub fn corrupt_at(mut self, byte: usize, with: impl Into<Bytes>) -> Self {
        self.delivery.corruptions.push((byte, with.into()));
        self
    }

    /// Leaves out the final `data: [DONE]` event.
    pub fn without_done(mut self) -> Self {
        self.delivery.without_done = true;
        self
    }

    /// Sends the event with this number (from 0, before other changes) twice.
    pub fn duplicate_event(mut self, number: usize) -> Self {
        self.delivery.duplicates.push(number);
        self
    }
}
