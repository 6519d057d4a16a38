//! Errors that keep a command from running.

use std::{io, path::PathBuf};

/// A failure of the command itself, as opposed to a finding.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    /// A file or folder could not be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// A path contains no case.
    #[error("{} holds no recording, no turn and no event log", path.display())]
    NothingToCheck {
        /// The path as given.
        path: PathBuf,
    },
    /// A path contains no input.
    #[error("{} holds no input (*.json)", path.display())]
    NoInput {
        /// The path as given.
        path: PathBuf,
    },
    /// No case has a matching name.
    #[error("no case is left by the filter")]
    NoCases,
    /// The asynchronous runtime could not be started.
    #[error("cannot start the runtime: {0}")]
    Runtime(#[source] io::Error),
    /// An HTTP client could not be created.
    #[error("cannot set up the HTTP client: {0}")]
    Engine(#[source] geppetto_engine::EngineError),
    /// The report could not be written.
    #[error("cannot write the report: {0}")]
    Output(#[source] io::Error),
}
