//! `geppetto completions`.

use clap::CommandFactory as _;

use crate::{cli::Cli, failure::Failure, say};

/// Print a script that completes the command line, for a shell.
#[derive(Debug, clap::Args)]
pub(crate) struct Completions {
    /// The shell.
    shell: clap_complete::Shell,
}

impl Completions {
    /// Runs the verb.
    pub(crate) fn run(&self) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "geppetto", &mut script);
        say::out(&String::from_utf8_lossy(&script))
    }
}
