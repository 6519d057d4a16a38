//! Lines of standard input and output, each on a thread of its own.

use std::io::{self, BufRead as _, Read as _, Write as _};

use geppetto_turns::serial::json_string;
use serde_json::Value;
use tokio::sync::mpsc;

/// Maximum length of a line, in bytes.
const MOST: u64 = 64 << 20;

/// Number of lines that wait.
const WAITING: usize = 256;

/// Lines of standard input.
pub(super) struct Input(mpsc::Receiver<Result<String, String>>);

impl Input {
    /// Begins to read.
    pub(super) fn start() -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        // Nothing waits for this thread: a read from a pipe cannot be cancelled.
        std::thread::spawn(move || {
            let mut stdin = io::stdin().lock();
            loop {
                let mut bytes = Vec::new();
                let read = stdin.by_ref().take(MOST).read_until(b'\n', &mut bytes);
                let line = match read {
                    Ok(0) => return,
                    Ok(_) if bytes.len() as u64 == MOST => Err("the line is too long".to_owned()),
                    Ok(_) => {
                        String::from_utf8(bytes).map_err(|_| "the line is not UTF-8".to_owned())
                    }
                    Err(error) => Err(format!("cannot read standard input: {error}")),
                };
                let is_end = line.as_ref().is_err_and(|error| !error.ends_with("UTF-8"));
                if sender.blocking_send(line).is_err() || is_end {
                    return;
                }
            }
        });
        Self(receiver)
    }

    /// Returns the next line that is not blank; `None` at the end.
    pub(super) async fn next(&mut self) -> Option<Result<String, String>> {
        loop {
            match self.0.recv().await? {
                Ok(line)
                    if line
                        .trim_matches(['\u{feff}', ' ', '\t', '\r', '\n'])
                        .is_empty() => {}
                Ok(line) => return Some(Ok(line.trim_start_matches('\u{feff}').to_owned())),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

/// Lines of standard output.
pub(super) struct Output {
    lines: mpsc::Sender<String>,
    closed: tokio_util::sync::CancellationToken,
}

impl Output {
    /// Begins to write.
    pub(super) fn start() -> Self {
        let (lines, mut receiver) = mpsc::channel::<String>(WAITING);
        let closed = tokio_util::sync::CancellationToken::new();
        let own = closed.clone();
        std::thread::spawn(move || {
            let mut stdout = io::stdout();
            while let Some(line) = receiver.blocking_recv() {
                let written = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
                if written.is_err() {
                    break;
                }
            }
            own.cancel();
        });
        Self { lines, closed }
    }

    /// Writes a line. A slow reader delays the caller.
    pub(super) async fn send(&self, line: &Value) {
        if let Ok(line) = json_string(line) {
            // The reader may be gone, which `closed` reports.
            let _ = self.lines.send(line).await;
        }
    }

    /// Waits until the reader is gone.
    pub(super) async fn closed(&self) {
        self.closed.cancelled().await;
    }

    /// Writes what waits, and ends.
    pub(super) async fn end(self) {
        drop(self.lines);
        self.closed.cancelled().await;
    }
}
