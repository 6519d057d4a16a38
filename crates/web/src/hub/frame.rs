//! [`Frame`]: changes of a timeline as a server-sent event.

use std::{io::Write as _, sync::OnceLock};

use axum::body::Bytes;
use geppetto_timeline::Patch;
use serde::Serialize;

/// Changes of a timeline, encoded once for all windows that receive them alone.
pub(super) struct Frame {
    /// Version after the changes.
    pub(super) version: u64,
    pub(super) patches: Vec<Patch>,
    encoded: OnceLock<Bytes>,
}

impl Frame {
    pub(super) fn new(version: u64, patches: Vec<Patch>) -> Self {
        Self {
            version,
            patches,
            encoded: OnceLock::new(),
        }
    }

    /// Returns the event.
    pub(super) fn encoded(&self) -> Bytes {
        let encoded = self
            .encoded
            .get_or_init(|| patches(self.version, &self.patches));
        encoded.clone()
    }
}

/// Returns the event of changes that lead to a version.
pub(super) fn patches(version: u64, patches: &[Patch]) -> Bytes {
    event("patches", Some(version), &patches)
}

/// Returns a server-sent event with JSON, which has no line breaks, as its data.
pub(crate) fn event<T: Serialize>(name: &str, id: Option<u64>, data: &T) -> Bytes {
    let mut out = Vec::with_capacity(256);
    if let Some(id) = id {
        // Writing to memory does not fail.
        let _ = writeln!(out, "id: {id}");
    }
    let _ = write!(out, "event: {name}\ndata: ");
    if serde_json::to_writer(&mut out, data).is_err() {
        tracing::error!("an event cannot be written as JSON");
        return Bytes::new();
    }
    out.extend_from_slice(b"\n\n");
    Bytes::from(out)
}
