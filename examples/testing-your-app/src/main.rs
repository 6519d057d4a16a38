//! The help desk at the command line. The point of this example is in `tests/`.
//!
//! ```text
//! $ cargo run -p testing-your-app -- "Where is order 7?"
//! $ cargo test -p testing-your-app
//! ```

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;
use example_support::{Failure, Options, main_with};
use testing_your_app::HelpDesk;

#[derive(Debug, Parser)]
#[command(about = "Answers questions about orders")]
struct Cli {
    #[command(flatten)]
    options: Options,
    /// What to ask.
    #[arg(default_value = "What is the order status of order 7?")]
    questions: Vec<String>,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    main_with(&cli.options, async |provider, _| {
        let desk = HelpDesk::new(provider.engine()?)
            .map_err(|error| Failure::Setting(error.to_string()))?;
        for question in &cli.questions {
            let answer = desk.ask(question).await;
            writeln!(io::stdout(), "> {question}\n{answer}").map_err(|_| Failure::OutputClosed)?;
        }
        Ok(())
    })
}
