//! Checks whole conversations with the example programs, for `cargo xtask validate`.
//!
//! The summary is the last line on stdout; the output of the example goes to stderr. A problem is
//! the last line on stderr, after `error: `. The exit code is 0 if all checks pass, else 1.

mod build;
mod command_line;
mod conversation;
#[cfg(test)]
mod fixture;
mod interactive;
mod transcript;

use std::{
    io::{self, Write},
    path::Path,
    process::ExitCode,
    time::Duration,
};

use clap::{Parser, Subcommand};
use example_check::Program;

/// A real provider may think for minutes.
const LIVE_SILENCE: Duration = Duration::from_secs(300);

/// Command line of the program.
#[derive(Debug, Parser)]
#[command(about, version, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    check: Check,
}

#[derive(Debug, Subcommand)]
enum Check {
    /// Has a conversation of two turns with an example.
    Example {
        /// The example's package.
        name: String,
        #[command(flatten)]
        provider: Provider,
        /// The live model follows no instructions, as one with random weights: in the examples with
        /// tools, one tool that answers in any turn is enough.
        #[arg(long, requires = "live")]
        untrained: bool,
    },
    /// Cancels the first of two runs of an interactive example.
    Interactive {
        /// The example's package.
        name: String,
        #[command(flatten)]
        provider: Provider,
    },
    /// Tries the command line of every example.
    CommandLine,
}

#[derive(Debug, Clone, Copy, clap::Args)]
struct Provider {
    /// Ask the provider that the environment configures, not the demo provider.
    #[arg(long)]
    live: bool,
}

/// The model that the examples use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Model {
    /// The model of the demo provider.
    Demo,
    /// The model of the configured provider.
    Live,
    /// The model of the configured provider, which follows no instructions.
    Untrained,
}

impl Model {
    /// An example that prints events and uses this model.
    fn program(self, path: &Path) -> Program {
        let program = if self == Self::Demo {
            Program::new(path).arg("--demo")
        } else {
            Program::with_environment(path).silence(LIVE_SILENCE)
        };
        program.args(["--output", "jsonl-full"]).echo()
    }
}

impl Provider {
    fn model(self) -> Model {
        if self.live { Model::Live } else { Model::Demo }
    }
}

fn main() -> ExitCode {
    let result = match Cli::parse().check {
        Check::Example {
            name,
            untrained: true,
            ..
        } => conversation::check(&name, Model::Untrained),
        Check::Example { name, provider, .. } => conversation::check(&name, provider.model()),
        Check::Interactive { name, provider } => interactive::check(&name, provider.model()),
        Check::CommandLine => command_line::check(),
    };
    // There is no better place to report a closed output to.
    match result {
        Ok(evidence) => {
            let _ = writeln!(io::stdout(), "{evidence}");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            let _ = writeln!(io::stderr(), "error: {problem}");
            ExitCode::FAILURE
        }
    }
}
