//! [`Environment`]: what the process knows of its terminal.

use std::{
    env,
    io::{self, IsTerminal as _},
};

#[cfg(test)]
mod tests;

/// What the process knows of its terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Environment {
    /// `true` if there is a terminal that can be drawn on.
    pub(crate) is_terminal: bool,
    /// `false` if the person wants no colour, or the terminal has none.
    pub(crate) has_colour: bool,
    /// `true` if the terminal marks pastes.
    pub(crate) has_bracketed_paste: bool,
    pub(crate) in_tmux: bool,
}

impl Environment {
    /// Reads the environment of the process.
    pub(crate) fn of_process() -> Self {
        let has_terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
        Self::new(has_terminal, |name| env::var(name).ok())
    }

    /// Reads variables: `TERM`, `NO_COLOR` (<https://no-color.org>), `TMUX`.
    fn new(has_terminal: bool, variable: impl Fn(&str) -> Option<String>) -> Self {
        let term = variable("TERM").unwrap_or_default();
        // Windows does not set it.
        let is_dumb = term == "dumb" || (term.is_empty() && !cfg!(windows));
        let is_set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
        let marks_no_pastes = ["linux", "vt", "ansi", "cons", "sun", "xterm-mono"];
        let is_old = marks_no_pastes.iter().any(|own| term.starts_with(own));
        Self {
            is_terminal: has_terminal && !is_dumb,
            has_colour: !is_set("NO_COLOR") && !term.starts_with("vt"),
            has_bracketed_paste: !cfg!(windows) && !is_old,
            in_tmux: is_set("TMUX"),
        }
    }
}
