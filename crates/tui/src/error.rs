//! [`Error`]: the reason that a chat could not run.

use std::io;

/// Failure of the terminal, or of opening the session.
///
/// Failed runs and commands do not end a chat; they are shown in it.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Error(#[from] Kind);

#[derive(Debug, thiserror::Error)]
pub(crate) enum Kind {
    #[error("the terminal cannot be used: {0}")]
    Terminal(#[from] io::Error),
    #[error("the session cannot be opened: {0}")]
    Session(String),
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self(Kind::Terminal(error))
    }
}
