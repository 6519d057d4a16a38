//! [`Note`]: what a child tells its parent, as lines of JSON on a pipe.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

/// A line from the child. Once it is in the pipe, the parent receives it, even if the child is
/// killed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "note")]
pub(crate) enum Note {
    /// A prompt is about to be submitted.
    Submitting {
        session: String,
        op: u64,
        text: String,
    },
    /// A prompt was acknowledged.
    Submitted {
        session: String,
        op: u64,
        run: String,
    },
    /// The run of a prompt ended, and the caller was told so.
    Ended { session: String, op: u64, end: End },
    /// A session is about to be forked.
    Forking { from: String, turn: u64, to: String },
    /// A fork was acknowledged.
    Forked { from: String, turn: u64, to: String },
    /// A tool has its effect now. Written by the tool itself: the parent is the outside witness.
    Effect {
        /// The prompt, as the model wrote it into the arguments.
        op: u64,
        /// The number of the call, likewise.
        call: u64,
        tool: String,
        key: String,
    },
    /// The child is at the point where it shall be killed.
    Reached,
    /// A call failed that must not fail.
    Problem { message: String },
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum End {
    Finished,
    Cancelled,
}

impl Note {
    /// Writes the note with one system call. Blocks until the pipe has room.
    pub(crate) fn send(&self) {
        let line = serde_json::to_string(self).unwrap_or_default() + "\n";
        let mut out = io::stdout().lock();
        // A parent that is gone reads nothing; the child is killed with it.
        let _ = out.write_all(line.as_bytes()).and_then(|()| out.flush());
    }
}
