//! Errors that keep a command from running.

use std::io;
use std::path::PathBuf;

/// A failure of the command itself, as opposed to a finding.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    /// A program could not be started.
    #[error("cannot start `{command}`: {source}; check that it is installed and on the PATH")]
    Start {
        /// The command line, for people.
        command: String,
        /// The error of the operating system.
        source: io::Error,
    },
    /// A program ran and reported failure.
    #[error("`{command}` failed; run it by hand to see more:\n{stderr}")]
    Failed {
        /// The command line, for people.
        command: String,
        /// Its output on stderr.
        stderr: String,
    },
    /// A program's output was not in the expected form.
    #[error("cannot read the output of `{command}`: {source}")]
    Parse {
        /// The command line, for people.
        command: String,
        /// The parse error.
        source: serde_json::Error,
    },
    /// A file or folder of the repository could not be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// A check does not exist.
    #[error("no check is named {name}; there are: {known}")]
    UnknownCheck {
        /// The name as given.
        name: String,
        /// All names, comma separated.
        known: String,
    },
    /// A part of the documentation cannot be generated.
    #[error("cannot generate `{what}`: {problem}")]
    Generate {
        /// The part, or the source file from which it is generated.
        what: String,
        /// The problem, and what to do.
        problem: String,
    },
    /// A file of the repository could not be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// An item does not exist.
    #[error("no item is named {name}; there are: {known}")]
    UnknownItem {
        /// The name as given.
        name: String,
        /// All names, comma separated.
        known: String,
    },
    /// All items are skipped.
    #[error("no item is left to run")]
    NoItems,
    /// The report could not be written.
    #[error("cannot write the report: {0}")]
    Output(#[source] io::Error),
}
