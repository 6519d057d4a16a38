//! One prompt to a model, with the answer printed as it streams, thinking shown separately, and
//! usage at the end. Ctrl-C cancels: the partial answer stays printed, and the exit code is 130.
//! With `--interactive`, the program reads prompts from standard input, one run each, and Ctrl-C
//! returns to the prompt.
//!
//! ```text
//! $ cargo run -p simple-streaming-inference -- "Say hello"
//! ```
//!
//! Expected output, with the embedded demo provider (the answer on stdout, everything else on stderr):
//!
//! ```text
//! thinking: (what the model thinks)
//! (its answer)
//! [12 tokens in, 34 out (5 reasoning)]
//! ```

use std::process::ExitCode;

use clap::Parser;
use example_support::{Options, converse, interact, main_with};
use geppetto_enginebuilder::Builder;
use geppetto_session::Session;

#[derive(Debug, Parser)]
#[command(about = "Asks a model one thing and prints the answer as it comes")]
struct Cli {
    #[command(flatten)]
    options: Options,
    /// What to ask.
    #[arg(default_value = "Say hello, and say in one sentence what you are.")]
    prompt: String,
    /// Read prompts from standard input, one per line.
    #[arg(long, conflicts_with = "prompt")]
    interactive: bool,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    main_with(&cli.options, async |provider, printer| {
        let builder = Builder::new(provider.engine()?).event_sink(printer.clone());
        let session = Session::new(builder);
        if cli.interactive {
            return interact(&session, &provider, &printer).await;
        }
        converse(&session, &cli.prompt, &provider, &printer).await
    })
}
