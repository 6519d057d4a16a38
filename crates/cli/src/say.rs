//! Lines on standard error.

use std::{
    future::Future,
    io::{self, IsTerminal as _, Write as _},
    sync::atomic::{AtomicU8, Ordering},
};

use geppetto_turns::printable;

static VERBOSITY: AtomicU8 = AtomicU8::new(0);

/// Sets how much is reported: 0, 1 (`-v`) or more.
pub(crate) fn set_verbosity(level: u8) {
    VERBOSITY.store(level, Ordering::Relaxed);
}

/// Returns `true` for `-v`.
pub(crate) fn is_verbose() -> bool {
    VERBOSITY.load(Ordering::Relaxed) > 0
}

/// Prints a line. A broken standard error cannot be reported anywhere better.
pub(crate) fn line(text: &str) {
    let _ = writeln!(io::stderr(), "{}", printable(text));
}

/// Prints an error.
pub(crate) fn error(text: &str) {
    line(&format!("error: {text}"));
}

/// Prints a warning.
pub(crate) fn warning(text: &str) {
    line(&format!("warning: {text}"));
}

/// Prints a line with `-v`.
pub(crate) fn detail(text: &str) {
    if is_verbose() {
        line(text);
    }
}

/// Returns `true` if standard error is a terminal that shows colours.
pub(crate) fn has_color() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    io::stderr().is_terminal() && !is_set("NO_COLOR") && !is_dumb
}

/// Writes text to standard output, with a line feed at its end.
pub(crate) fn out(text: &str) -> Result<(), crate::failure::Failure> {
    let mut stdout = io::stdout().lock();
    let ended = if text.is_empty() || text.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    let written = write!(stdout, "{text}{ended}").and_then(|()| stdout.flush());
    written.map_err(|error| crate::failure::Failure::of_output(&error))
}

/// Returns a word as a shell reads it.
pub(crate) fn shell_word(word: &str) -> String {
    let is_plain = |own: char| own.is_ascii_alphanumeric() || "-_./:@%+,".contains(own);
    if !word.is_empty() && !word.starts_with('-') && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Waits for a future. If that takes a second, a person is told what is done meanwhile.
pub(crate) async fn while_waiting<T>(text: &str, future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let done = tokio::time::timeout(std::time::Duration::from_secs(1), &mut future);
    match done.await {
        Ok(done) => done,
        Err(_) => {
            progress(text);
            future.await
        }
    }
}

/// Prints what takes long, for a person alone.
pub(crate) fn progress(text: &str) {
    if io::stderr().is_terminal() {
        line(text);
    }
}
