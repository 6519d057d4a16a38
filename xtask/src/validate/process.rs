//! Running a command to completion, with its output stored in a file.

use std::{
    fs::{self, File},
    path::Path,
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use super::progress::Progress;
use crate::error::Error;

/// The interval between updates of the progress.
const TICK: Duration = Duration::from_millis(500);

/// A command that has ended.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) success: bool,
    /// Its output to stdout and stderr, interleaved.
    pub(super) output: String,
}

/// Runs a command without input.
///
/// # Errors
///
/// If it cannot be started, or the file cannot be written or read.
pub(super) fn run(
    mut command: Command,
    log: &Path,
    progress: &mut Progress,
) -> Result<Finished, Error> {
    let unwritable = |source| Error::Write {
        path: log.to_owned(),
        source,
    };
    let line = command_line(&command);
    let cannot = |source| Error::Start {
        command: line,
        source,
    };
    let file = File::create(log).map_err(unwritable)?;
    command
        .stdin(Stdio::null())
        .stdout(file.try_clone().map_err(unwritable)?)
        .stderr(file);
    let (sender, end) = mpsc::channel::<()>();
    let waiting = thread::spawn(move || {
        let status = command.status();
        drop(sender);
        status
    });
    while let Err(mpsc::RecvTimeoutError::Timeout) = end.recv_timeout(TICK) {
        progress.show_end_of(log);
    }
    let status = waiting
        .join()
        .unwrap_or_else(|_| Err(std::io::ErrorKind::Other.into()));
    let success = status.map_err(cannot)?.success();
    let output = fs::read(log).map_err(|source| Error::Read {
        path: log.to_owned(),
        source,
    })?;
    Ok(Finished {
        success,
        output: String::from_utf8_lossy(&output).into_owned(),
    })
}

/// Formats a command as people would write it.
fn command_line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests;
