//! [`Progress`]: display of the current activity on a terminal.

use std::{
    fmt,
    fs::File,
    io::{self, IsTerminal, Read, Seek, SeekFrom, Write},
    path::Path,
    time::Instant,
};

use super::now;

#[cfg(test)]
mod tests;

/// Maximum length of a line in characters; a longer one could wrap, and a wrapped line cannot be
/// erased.
const WIDTH: usize = 78;

/// Goes to the beginning of the line and erases it.
const ERASE: &str = "\r\x1b[2K";

/// A line that is overwritten repeatedly, and erased at the end.
pub(super) struct Progress {
    /// `None` if stderr is not a terminal.
    terminal: Option<Box<dyn Write>>,
    item: String,
    since: Instant,
}

impl Progress {
    /// Creates a progress line on stderr if it is a terminal, otherwise an invisible one.
    pub(super) fn on_terminal() -> Self {
        let stderr = io::stderr();
        let shown = stderr.is_terminal();
        Self::on(shown.then(|| Box::new(stderr) as Box<dyn Write>))
    }

    fn on(terminal: Option<Box<dyn Write>>) -> Self {
        Self {
            terminal,
            item: String::new(),
            since: now(),
        }
    }

    /// Begins an item.
    pub(super) fn begin(&mut self, number: usize, of: usize, item: &str) {
        self.item = format!("[{number}/{of}] {item}");
        self.since = now();
        self.show("");
    }

    /// Shows the activity of the item.
    pub(super) fn show(&mut self, doing: &str) {
        let seconds = self.since.elapsed().as_secs();
        if let Some(terminal) = &mut self.terminal {
            // Control characters of other programs would move the cursor.
            let doing = doing.trim().chars().filter(|c| !c.is_control());
            let line = format!("{} {seconds} s ", self.item);
            let line: String = line.chars().chain(doing).take(WIDTH).collect();
            // Failing to show progress is not an error.
            let _ = write!(terminal, "{ERASE}{line}");
            let _ = terminal.flush();
        }
    }

    /// Shows the last line of a file.
    pub(super) fn show_end_of(&mut self, log: &Path) {
        if self.terminal.is_some() {
            // Failing to show progress is not an error.
            let end = end_of(log).unwrap_or_default();
            self.show(end.trim_end().lines().last().unwrap_or_default());
        }
    }

    /// Ends the item.
    pub(super) fn end(&mut self) {
        if let Some(terminal) = &mut self.terminal {
            let _ = write!(terminal, "{ERASE}");
            let _ = terminal.flush();
        }
    }
}

/// Returns the last bytes of a file.
fn end_of(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(1024)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Progress")
            .field("item", &self.item)
            .field("shown", &self.terminal.is_some())
            .finish_non_exhaustive()
    }
}
