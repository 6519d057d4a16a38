//! Transmission of a reply: pace, sizes of the writes, stalls, faults, and its end.

use std::time::Duration;

use bytes::Bytes;

use super::{Gate, Reply};

/// A position in a reply. A position beyond the end is the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum At {
    /// Before the headers.
    Headers,
    /// After this many bytes of the body.
    Byte(usize),
    /// After this many complete events; a body that is not an event stream counts as one event.
    Event(usize),
}

/// All of a reply except for its content.
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

/// Framing of the body's length.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Framing {
    /// Event streams in chunks, other bodies with their length.
    #[default]
    Usual,
    Chunked,
    Length,
    UntilClose,
}

/// Division of the body into writes.
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

/// Bytes sent while a reply waits, and their interval.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeepAlive {
    pub(crate) every: Duration,
    pub(crate) bytes: &'static [u8],
}

/// Fault that ends a reply.
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

    /// Sends the body in pieces of 1 to `max` bytes, split at positions determined by the seed.
    /// Each piece is one HTTP chunk and one write. By default there is one per event.
    pub fn cut_into_random_chunks(mut self, seed: u64, max: usize) -> Self {
        self.delivery.writes = Writes::Random { seed, max };
        self
    }

    /// Sends the body in one write (interrupted only by stalls and pace), which is the cheapest
    /// option: the body is not even scanned for events.
    pub fn in_one_write(mut self) -> Self {
        self.delivery.writes = Writes::Whole;
        self
    }

    /// Sends the length of the body in `content-length`. By default event streams are sent with
    /// `transfer-encoding: chunked`, and other bodies with their length.
    pub fn content_length(mut self) -> Self {
        self.delivery.framing = Framing::Length;
        self
    }

    /// Sends any body with `transfer-encoding: chunked`.
    pub fn chunked(mut self) -> Self {
        self.delivery.framing = Framing::Chunked;
        self
    }

    /// Sends no length: the end of the connection is the end of the body, as in HTTP/1.0.
    pub fn until_close(mut self) -> Self {
        self.delivery.framing = Framing::UntilClose;
        self
    }
}

/// # Waiting
impl<B> Reply<B> {
    /// Sends the reply up to this position, and then nothing until the client disconnects.
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
    /// an event the comment would become part of the event's text.
    pub fn keep_alive_comments(mut self, every: Duration) -> Self {
        self.delivery.keep_alive = Some(KeepAlive {
            every,
            bytes: b": keep-alive\n\n",
        });
        self
    }

    /// Sends an empty line at this interval while the reply stalls or pauses in its body, as
    /// providers do for unstreamed replies. Requires [`chunked`](Self::chunked) or
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
    /// Closes the connection orderly (FIN) at this position, without completing the body: the last
    /// chunk is missing, or there are fewer bytes than announced.
    pub fn cut_at(self, at: At) -> Self {
        self.broken(at, Broken::Cut)
    }

    /// Resets the connection (RST) at this position.
    pub fn reset_at(self, at: At) -> Self {
        self.broken(at, Broken::Reset)
    }

    /// Sends endless data from this position on, until the client disconnects: an event (`data:`
    /// and padding), or, at [`At::Headers`], header lines.
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

    /// Overwrites the body with these bytes, starting at this byte; bytes beyond the end of the
    /// body are ignored. Can be used several times.
    pub fn corrupt_at(mut self, byte: usize, with: impl Into<Bytes>) -> Self {
        self.delivery.corruptions.push((byte, with.into()));
        self
    }

    /// Omits the final `data: [DONE]` event.
    pub fn without_done(mut self) -> Self {
        self.delivery.without_done = true;
        self
    }

    /// Sends the event with this number (starting at 0, before other changes) twice.
    pub fn duplicate_event(mut self, number: usize) -> Self {
        self.delivery.duplicates.push(number);
        self
    }
}
