//! The table of faults.

use geppetto_testing::Reply;

use crate::{
    cell::{Cell, Mode, Wire},
    expect::Expect,
};

pub(crate) mod connection;
pub(crate) mod content;
pub(crate) mod cuts;
pub(crate) mod stalls;
pub(crate) mod statuses;

/// A family of faults; a table of its own in the documentation.
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

/// A fault and what should come of it.
pub(crate) struct Fault {
    pub(crate) name: &'static str,
    pub(crate) script: Script,
    /// Streamed replies; none where the fault does not exist.
    pub(crate) streamed: Option<Expect>,
    /// Replies in one body.
    pub(crate) single: Option<Expect>,
    /// Cells that differ.
    pub(crate) but: &'static [(Cell, Expect)],
}

/// How a fault is made.
#[derive(Clone, Copy)]
pub(crate) enum Script {
    /// The server replies like this to each request.
    Replies(fn(Cell) -> Reply),
    /// Nobody listens at the port.
    Refused,
    /// The base URL says `https`, but the server speaks HTTP without TLS.
    NoTls,
    /// The server's certificate is its own.
    UntrustedCertificate,
    /// The server accepts connections and says nothing.
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

    /// What a reply in one body comes to instead.
    pub(crate) const fn single(self, expect: Expect) -> Self {
        Self {
            single: Some(expect),
            ..self
        }
    }

    /// A fault that only streams have.
    pub(crate) const fn streams_only(self) -> Self {
        Self {
            single: None,
            ..self
        }
    }

    /// The cells that differ.
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
