//! [`Taken`]: what an event of a stream was.

/// What an event of a stream was, for the loop that reads on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// Something of the reply.
    Said,
    /// Nothing but a sign that the server is alive.
    Heartbeat,
    /// The end.
    Over,
}

/// How servers and gateways name events that only say that they are alive.
const HEARTBEATS: [&str; 5] = [
    "keepalive",
    "ping",
    "heartbeat",
    "response.keepalive",
    "response.heartbeat",
];

/// Whether an event of this name says nothing but that the server is alive.
pub(crate) fn is_heartbeat(name: &str) -> bool {
    HEARTBEATS.contains(&name)
}
