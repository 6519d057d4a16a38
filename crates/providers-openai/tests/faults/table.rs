//! The table of faults.

use geppetto_testing::Reply;

use crate::{
    cell::{Cell, Mode},
    expect::Expect,
    wire::Wire,
};

pub(crate) mod connection;
pub(crate) mod content;
pub(crate) mod cuts;
pub(crate) mod stalls;
pub(crate) mod statuses;

/// A family of faults, with its own table in the documentation.
pub(crate) struct Family {
    pub(crate) name: &'static str,
    pub(crate) faults: &'static [Fault],
}

pub(crate) const FAMILIES: &[Family] = &[
    Family {
        name: "connection",
        faults: connection::FAULTS,
    },
    Family {
        name: "cuts",
        faults: cuts::FAULTS,
    },
    Family {
        name: "stalls",
        faults: stalls::FAULTS,
    },
    Family {
        name: "content",
        faults: content::FAULTS,
    },
    Family {
        name: "statuses",
        faults: statuses::FAULTS,
    },
];

/// A fault and its expected outcome.
pub(crate) struct Fault {
    pub(crate) name: &'static str,
    pub(crate) script: Script,
    /// Streamed replies; `None` if the fault does not exist there.
    pub(crate) streamed: Option<Expect>,
    /// Single-body replies.
    pub(crate) single: Option<Expect>,
    /// Cells with other outcomes.
    pub(crate) but: &'static [(Cell, Expect)],
}

/// Implementation of a fault.
#[derive(Clone, Copy)]
pub(crate) enum Script {
    /// The server replies like this to each request.
    Replies(fn(Cell) -> Reply),
    /// No listener at the port.
    Refused,
    /// The base URL uses `https`, but the server speaks plain HTTP.
    NoTls,
    /// The server's certificate is self-signed.
    UntrustedCertificate,
    /// The server accepts connections and sends nothing.
    SilentHandshake,
    /// The server redirects to another one.
    Redirect,
}

impl Fault {
    /// A fault with the same outcome in all cells.
    pub(crate) const fn new(name: &'static str, script: Script, expect: Expect) -> Self {
        Self {
            name,
            script,
            streamed: Some(expect),
            single: Some(expect),
            but: &[],
        }
    }

    /// Sets the outcome of a single-body reply.
    pub(crate) const fn single(self, expect: Expect) -> Self {
        Self {
            single: Some(expect),
            ..self
        }
    }

    /// A fault of streams only.
    pub(crate) const fn streams_only(self) -> Self {
        Self {
            single: None,
            ..self
        }
    }

    /// Sets the cells with other outcomes.
    pub(crate) const fn but(self, but: &'static [(Cell, Expect)]) -> Self {
        Self { but, ..self }
    }

    pub(crate) fn expect(&self, cell: Cell) -> Option<Expect> {
        let differs = self.but.iter().find(|(other, _)| *other == cell);
        differs.map(|(_, expect)| *expect).or(match cell.mode {
            Mode::Streamed => self.streamed,
            Mode::Single => self.single,
        })
    }
}

/// For [`Fault::but`].
pub(crate) const fn responses_streamed() -> Cell {
    Cell::of(Wire::Responses, Mode::Streamed)
}
