//! Standard input, and the prompt that it is part of.

use std::{
    io::{self, BufRead as _, IsTerminal as _, Read as _},
    time::Duration,
};

use tokio::{sync::oneshot, time::timeout};

use crate::{failure::Failure, say};

/// Maximum size of standard input, in bytes.
pub(crate) const MOST: usize = 64 << 20;

/// Time after which a person is told that the program waits.
const NOTICE: Duration = Duration::from_secs(1);

/// Returns `true` if standard input is not a terminal.
pub(crate) fn is_piped() -> bool {
    !io::stdin().is_terminal()
}

/// Reads all of standard input, however long that takes.
pub(crate) async fn bytes() -> Result<Vec<u8>, Failure> {
    read(None).await
}

/// Reads all of standard input. Unless the first byte or the end comes within `patience`, returns
/// nothing: many programs start others with an input that they neither write to nor close
/// (<https://github.com/openai/codex/issues/20919>).
async fn read(patience: Option<Duration>) -> Result<Vec<u8>, Failure> {
    let (began, mut beginning) = oneshot::channel();
    let (sender, receiver) = oneshot::channel();
    // Nothing waits for this thread: a read from a pipe cannot be cancelled.
    std::thread::spawn(move || {
        let mut stdin = io::stdin().lock();
        // Nobody waits if the program ends.
        let _ = began.send(stdin.fill_buf().map(|_| ()));
        let mut bytes = Vec::new();
        let limit = u64::try_from(MOST).unwrap_or(u64::MAX).saturating_add(1);
        let read = stdin.take(limit).read_to_end(&mut bytes);
        let _ = sender.send(read.map(|_| bytes));
    });
    if timeout(NOTICE, &mut beginning).await.is_err() {
        say::line("waiting for standard input (leave it out with --no-stdin)");
        let left = patience.map(|patience| patience.saturating_sub(NOTICE));
        if let Some(left) = left
            && timeout(left, &mut beginning).await.is_err()
        {
            say::warning(
                "nothing came from standard input, and the question is asked without it; use `-` \
                 to wait longer",
            );
            return Ok(Vec::new());
        }
    }
    let bytes = match receiver.await {
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

/// Reads all of standard input as text, without a byte order mark. With `patience`, an input that
/// does not begin within it is left out.
pub(crate) async fn text(patience: Option<Duration>) -> Result<String, Failure> {
    let bytes = read(patience).await?;
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
