//! Standard input, and the prompt that it is part of.

use std::{
    io::{self, IsTerminal as _, Read as _},
    time::Duration,
};

use tokio::sync::oneshot;

use crate::{failure::Failure, say};

/// Maximum size of standard input, in bytes.
pub(crate) const MOST: usize = 64 << 20;

/// Time after which a person is told that the program waits.
const PATIENCE: Duration = Duration::from_secs(1);

/// Returns `true` if standard input is not a terminal.
pub(crate) fn is_piped() -> bool {
    !io::stdin().is_terminal()
}

/// Reads all of standard input.
pub(crate) async fn bytes() -> Result<Vec<u8>, Failure> {
    let (sender, mut receiver) = oneshot::channel();
    // Nothing waits for this thread: a read from a pipe cannot be cancelled.
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let limit = u64::try_from(MOST).unwrap_or(u64::MAX).saturating_add(1);
        let read = io::stdin().lock().take(limit).read_to_end(&mut bytes);
        // Nobody waits if the program ends.
        let _ = sender.send(read.map(|_| bytes));
    });
    let read = match tokio::time::timeout(PATIENCE, &mut receiver).await {
        Ok(read) => read,
        Err(_) => {
            say::line("waiting for the end of standard input (leave it out with --no-stdin)");
            receiver.await
        }
    };
    let bytes = match read {
        // Without a standard input, such as after `<&-`, there is nothing to read.
        Ok(Err(error)) if error.raw_os_error() == Some(9) => Vec::new(),
        Ok(Err(error)) => {
            return Err(Failure::Run(format!("cannot read standard input: {error}")));
        }
        Ok(Ok(bytes)) => bytes,
        Err(_) => return Err(Failure::Run("cannot read standard input".to_owned())),
    };
    if bytes.len() > MOST {
        let message = format!("standard input is larger than {} MiB", MOST >> 20);
        return Err(Failure::Usage(message));
    }
    Ok(bytes)
}

/// Reads all of standard input as text, without a byte order mark.
pub(crate) async fn text() -> Result<String, Failure> {
    let bytes = bytes().await?;
    let text = String::from_utf8(bytes).map_err(|_| {
        Failure::Usage(
            "standard input is not text in UTF-8; attach it with `--image -` or `--file -`"
                .to_owned(),
        )
    })?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}

/// Returns the prompt of an argument and of standard input, which follows below it.
pub(crate) fn joined(argument: &str, stdin: &str) -> String {
    let stdin = stdin.trim_end_matches(['\n', '\r']);
    match (argument.trim().is_empty(), stdin.trim().is_empty()) {
        (_, true) => argument.to_owned(),
        (true, false) => stdin.to_owned(),
        (false, false) => format!("{argument}\n\n{stdin}"),
    }
}
