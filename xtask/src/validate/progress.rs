//! [`Progress`]: what is being done right now, on a terminal.

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

/// The most characters of a line; more could wrap, and a wrapped line cannot be taken back.
const WIDTH: usize = 78;

/// Goes to the beginning of the line and erases it.
const ERASE: &str = "\r\x1b[2K";

/// One line that is written over again and again, and erased in the end.
pub(super) struct Progress {
    /// `None` where nobody looks.
    terminal: Option<Box<dyn Write>>,
    item: String,
    since: Instant,
}

impl Progress {
    /// On stderr if it is a terminal, else nowhere.
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

    /// An item begins.
    pub(super) fn begin(&mut self, number: usize, of: usize, item: &str) {
        self.item = format!("[{number}/{of}] {item}");
        self.since = now();
        self.show("");
    }

    /// Says what the item is doing.
    pub(super) fn show(&mut self, doing: &str) {
        let seconds = self.since.elapsed().as_secs();
        if let Some(terminal) = &mut self.terminal {
            // Control characters of other programs would move the cursor.
            let doing = doing.trim().chars().filter(|c| !c.is_control());
            let line = format!("{} {seconds} s ", self.item);
            let line: String = line.chars().chain(doing).take(WIDTH).collect();
            // Progress that cannot be shown is no reason to fail.
            let _ = write!(terminal, "{ERASE}{line}");
            let _ = terminal.flush();
        }
    }

    /// Shows the last line of a file.
    pub(super) fn show_end_of(&mut self, log: &Path) {
        if self.terminal.is_some() {
            // Progress that cannot be shown is no reason to fail.
            let end = end_of(log).unwrap_or_default();
            self.show(end.trim_end().lines().last().unwrap_or_default());
        }
    }

    /// The item is over.
    pub(super) fn end(&mut self) {
        if let Some(terminal) = &mut self.terminal {
            let _ = write!(terminal, "{ERASE}");
            let _ = terminal.flush();
        }
    }
}

/// The last bytes of a file.
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
