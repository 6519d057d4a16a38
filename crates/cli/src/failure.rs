//! [`Failure`]: why a verb ends early, and the exit code.

use std::{fmt, io, process::ExitCode};

use geppetto_engine::{EngineError, ErrorKind};
use geppetto_factory::FactoryError;
use geppetto_session::RunError;
use geppetto_settings::SettingsError;

use crate::{say, signals::Signal};

/// Why a verb ends early. `Display` is the message for standard error.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line or a setting is wrong; nothing was sent. Exit code 2.
    Usage(String),
    /// The command line of a prompt file is wrong, or its help was requested. Exit code 2, or 0.
    CommandLine(Box<clap::Error>),
    /// The run or the verb failed. Exit code 1.
    Run(String),
    /// As `Run`, after the output reported the failure itself.
    Reported,
    /// The user or the system ended the program. Exit code 130, or 128 and the signal.
    Stopped(Signal),
    /// The reader of the output closed it, such as `head`. Exit code 0.
    OutputClosed,
}

impl Failure {
    /// Reports the failure, and returns the exit code.
    pub(crate) fn exit(&self) -> ExitCode {
        match self {
            Self::CommandLine(error) => return crate::cli::exit(error),
            Self::OutputClosed | Self::Reported => {}
            Self::Stopped(_) => say::line("interrupted"),
            other => say::error(&other.to_string()),
        }
        ExitCode::from(match self {
            Self::Usage(_) | Self::CommandLine(_) => 2,
            Self::Run(_) | Self::Reported => 1,
            Self::Stopped(signal) => signal.exit_code(),
            Self::OutputClosed => 0,
        })
    }

    /// Converts the failure of a run.
    pub(crate) fn of_run(error: &RunError, key: &str) -> Self {
        match error.engine_error() {
            _ if error.is_cancelled() => Self::Stopped(Signal::Interrupt),
            Some(cause) if cause.kind() == ErrorKind::Authentication && !key.is_empty() => {
                Self::Usage(format!("{error}; {key}"))
            }
            Some(cause) if cause.kind() == ErrorKind::Configuration => {
                Self::Usage(error.to_string())
            }
            _ => Self::Run(error.to_string()),
        }
    }

    /// Converts the error of writing to standard output.
    pub(crate) fn of_output(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::OutputClosed,
            _ => Self::Run(format!("cannot write to standard output: {error}")),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(message) | Self::Run(message) => f.write_str(message),
            Self::CommandLine(error) => error.fmt(f),
            Self::Reported => f.write_str("failed"),
            Self::Stopped(_) => f.write_str("interrupted"),
            Self::OutputClosed => f.write_str("the output was closed"),
        }
    }
}

impl std::error::Error for Failure {}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        match error.kind() {
            ErrorKind::Configuration => Self::Usage(error.to_string()),
            _ => Self::Run(error.to_string()),
        }
    }
}

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Self {
        Self::Usage(error.to_string())
    }
}

impl From<FactoryError> for Failure {
    fn from(error: FactoryError) -> Self {
        Self::Usage(error.to_string())
    }
}

impl From<geppetto_host::Error> for Failure {
    fn from(error: geppetto_host::Error) -> Self {
        use geppetto_host::ErrorKind as Kind;
        match error.kind() {
            Kind::NotFound | Kind::Exists | Kind::Refused => Self::Usage(error.to_string()),
            Kind::Held => Self::Run(crate::owner::held(&error)),
            _ => Self::Run(error.to_string()),
        }
    }
}

impl From<geppetto_store::Error> for Failure {
    fn from(error: geppetto_store::Error) -> Self {
        geppetto_host::Error::from(error).into()
    }
}
