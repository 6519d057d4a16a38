//! Running a program to its end, its output kept in a file.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Write},
    path::Path,
    process::{Command, Stdio},
    sync::mpsc::{self, RecvTimeoutError, Sender},
    thread,
    time::Duration,
};

use super::progress::Progress;
use crate::error::Error;

/// How often the progress is shown while a program says nothing.
const TICK: Duration = Duration::from_secs(1);

/// A program that came to its end.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) success: bool,
    /// What it wrote, to stdout and to stderr, line by line as it came.
    pub(super) output: String,
}

/// Runs a program, with nothing to read.
pub(super) fn run(
    mut command: Command,
    log: &Path,
    progress: &mut Progress,
) -> Result<Finished, Error> {
    let unwritable = |source| Error::Write {
        path: log.to_owned(),
        source,
    };
    let mut file = File::create(log).map_err(unwritable)?;
    let line = command_line(&command);
    let cannot = |source| Error::Start {
        command: line.clone(),
        source,
    };
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().map_err(cannot)?;
    let (sender, lines) = mpsc::channel();
    forward(child.stdout.take(), sender.clone());
    forward(child.stderr.take(), sender);
    let mut output = String::new();
    let mut last = String::new();
    loop {
        match lines.recv_timeout(TICK) {
            Ok(line) => {
                file.write_all(line.as_bytes()).map_err(unwritable)?;
                output.push_str(&line);
                last = line;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        progress.show(&last);
    }
    let status = child.wait().map_err(cannot)?;
    if !status.success() {
        output.push_str(&format!("{line}: {status}\n"));
        writeln!(file, "{line}: {status}").map_err(unwritable)?;
    }
    Ok(Finished {
        success: status.success(),
        output,
    })
}

/// A command as people would write it.
pub(super) fn command_line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    words.join(" ")
}

/// Sends the lines of a pipe, from a thread of their own: whoever writes to two pipes blocks when
/// one of them is full.
fn forward(pipe: Option<impl Read + Send + 'static>, lines: Sender<String>) {
    let Some(pipe) = pipe else { return };
    thread::spawn(move || {
        let mut pipe = BufReader::new(pipe);
        while let Ok(Some(line)) = next_line(&mut pipe) {
            if lines.send(line).is_err() {
                break;
            }
        }
    });
}

/// The next line, its end included; what is not UTF-8 is replaced.
fn next_line(pipe: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    let read = pipe.read_until(b'\n', &mut line)?;
    Ok((read > 0).then(|| String::from_utf8_lossy(&line).into_owned()))
}

#[cfg(test)]
mod tests;
