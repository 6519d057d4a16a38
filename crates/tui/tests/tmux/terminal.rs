//! A terminal in tmux, on a socket of its own.

use std::{
    process::{Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

/// Time limit for what a test waits for.
const LIMIT: Duration = Duration::from_secs(30);

static COUNT: AtomicUsize = AtomicUsize::new(0);

/// Returns a name that no other test has.
pub(crate) fn unique(name: &str) -> String {
    let number = COUNT.fetch_add(1, Ordering::SeqCst);
    format!("geppetto-{name}-{}-{number}", std::process::id())
}

/// A terminal with a shell. Dropping it ends everything in it.
pub(crate) struct Terminal {
    socket: String,
}

impl Terminal {
    /// Creates a terminal of this many columns and rows.
    pub(crate) fn new(width: u16, height: u16) -> Self {
        let own = Self {
            socket: unique("socket"),
        };
        let (width, height) = (width.to_string(), height.to_string());
        let shell = "env -u NO_COLOR PS1='$ ' ENV= bash --norc --noprofile";
        own.tmux(&[
            "-f",
            "/dev/null",
            "new-session",
            "-d",
            "-x",
            &width,
            "-y",
            &height,
            shell,
        ]);
        own.tmux(&["set-option", "-g", "history-limit", "5000"]);
        own.shows("$");
        own
    }

    /// Runs a command in the shell, which then writes `ended` and the exit code.
    pub(crate) fn runs(&self, command: &str) -> &Self {
        self.types(&format!("clear; {command}; echo \"ended\" $?"));
        self.keys(&["Enter"])
    }

    fn tmux(&self, arguments: &[&str]) -> String {
        let output = Command::new("tmux")
            .args(["-L", &self.socket])
            .args(arguments)
            .env_remove("TMUX")
            .stdin(Stdio::null())
            .output()
            .expect("tmux is installed");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Types a text.
    pub(crate) fn types(&self, text: &str) -> &Self {
        self.tmux(&["send-keys", "-l", text]);
        self
    }

    /// Presses keys by their names.
    pub(crate) fn keys(&self, names: &[&str]) -> &Self {
        let mut arguments = vec!["send-keys"];
        arguments.extend(names);
        self.tmux(&arguments);
        self
    }

    /// Presses keys after a second without one.
    pub(crate) fn keys_after_a_pause(&self, names: &[&str]) -> &Self {
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(1) {
            self.screen();
        }
        self.keys(names)
    }

    /// Pastes a text, as a terminal does.
    pub(crate) fn pastes(&self, text: &str) -> &Self {
        self.tmux(&["set-buffer", text]);
        self.tmux(&["paste-buffer", "-p"]);
        self
    }

    pub(crate) fn resizes(&self, width: u16, height: u16) -> &Self {
        let (width, height) = (width.to_string(), height.to_string());
        self.tmux(&["resize-window", "-x", &width, "-y", &height]);
        self
    }

    /// Sends a signal to a program that the shell started, by its name.
    pub(crate) fn kills(&self, signal: &str, name: &str) -> &Self {
        let shell = self.tmux(&["display-message", "-p", "#{pane_pid}"]);
        let killed = Command::new("pkill")
            .args(["-x", &format!("-{signal}"), "-P", shell.trim(), name])
            .status();
        assert!(killed.unwrap().success(), "{name} runs");
        self
    }

    /// Returns the rows of the screen.
    pub(crate) fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    /// Returns the rows of the screen with the spaces that were written at their ends.
    #[allow(dead_code, reason = "one of the tests that share this file")]
    pub(crate) fn with_spaces(&self) -> String {
        self.tmux(&["capture-pane", "-p", "-N"])
    }

    /// Returns the columns and rows that the program was told.
    #[allow(dead_code, reason = "one of the tests that share this file")]
    pub(crate) fn size(&self) -> (u16, u16) {
        let size = self.tmux(&["display-message", "-p", "#{pane_width} #{pane_height}"]);
        let mut numbers = size.split_whitespace().map(|own| own.parse().unwrap_or(0));
        (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
    }

    /// Returns the scrollback and the screen.
    pub(crate) fn everything(&self) -> String {
        self.tmux(&["capture-pane", "-p", "-J", "-S", "-"])
    }

    /// Waits until the screen shows a text.
    pub(crate) fn shows(&self, text: &str) -> &Self {
        self.until(text, |own| own.screen().contains(text))
    }

    pub(crate) fn until(&self, what: &str, is_so: impl Fn(&Self) -> bool) -> &Self {
        let start = Instant::now();
        // Each look starts a process, which is the pause between two.
        while !is_so(self) {
            let screen = self.everything();
            assert!(start.elapsed() < LIMIT, "waited for {what:?}:\n{screen}");
        }
        self
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}
