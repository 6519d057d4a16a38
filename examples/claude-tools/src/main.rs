//! Anthropic's Claude: a model whose thinking is shown while it streams, two typed tools, a conversation of
//! two turns. Every request returns the signed thinking to the model, and the prefix of the conversation
//! is cached. With `--interactive`, the program reads prompts from standard input, and Ctrl-C cancels a
//! run and returns to the prompt.
//!
//! ```text
//! $ cargo run -p claude-tools
//! ```
//!
//! Expected output, with the embedded demo provider (the answer on stdout, everything else on stderr):
//!
//! ```text
//! thinking: (a summary of what the model thinks)
//! → find_train {"destination":"Bern"}
//! ← find_train {"departs":"10:02","minutes":56,"destination":"Bern"}
//! thinking: (…)
//! (its answer)
//! [… tokens in, … out]
//! (the second turn, likewise, with the other tool)
//! ```

use std::process::ExitCode;

use clap::Parser;
use example_support::{Api, Failure, Options, converse, interact, main_with};
use geppetto_enginebuilder::Builder;
use geppetto_session::Session;
use geppetto_toolloop::{ToolError, ToolRegistry, tool_fn};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Debug, Parser)]
#[command(about = "Shows what a model thinks while it uses two typed tools, over two turns")]
struct Cli {
    #[command(flatten)]
    options: Options,
    /// What to ask, one prompt for each turn.
    #[arg(default_values = [
        "When does the next train to Bern leave?",
        "Please convert 167 minutes with convert_minutes.",
    ])]
    prompts: Vec<String>,
    /// Read prompts from standard input, one per line.
    #[arg(long, conflicts_with = "prompts")]
    interactive: bool,
}

/// Arguments of `find_train`.
#[derive(Debug, Deserialize, JsonSchema)]
struct FindTrain {
    /// Where the train goes, such as Bern.
    // Servers with grammar-constrained decoding enforce the limit, too.
    #[schemars(length(max = 60))]
    destination: String,
}

#[derive(Debug, Serialize)]
struct Train {
    departs: &'static str,
    minutes: u32,
    destination: String,
}

async fn find_train(args: FindTrain) -> Result<Train, ToolError> {
    let (departs, minutes) = match args.destination.to_lowercase().as_str() {
        "bern" => ("10:02", 56),
        "geneva" => ("10:32", 167),
        _ => return Err(ToolError::new("no train goes there; try Bern or Geneva")),
    };
    Ok(Train {
        departs,
        minutes,
        destination: args.destination,
    })
}

/// Arguments of `convert_minutes`.
#[derive(Debug, Deserialize, JsonSchema)]
struct ConvertMinutes {
    /// How many minutes.
    minutes: u32,
}

async fn convert_minutes(args: ConvertMinutes) -> Result<String, ToolError> {
    Ok(format!("{} h {} min", args.minutes / 60, args.minutes % 60))
}

fn tools() -> Result<ToolRegistry, Failure> {
    let train = tool_fn(
        "find_train",
        "The next train from Zurich to a city",
        find_train,
    );
    let convert = tool_fn(
        "convert_minutes",
        "Converts minutes to hours and minutes",
        convert_minutes,
    );
    ToolRegistry::new()
        .with(train)
        .and_then(|tools| tools.with(convert))
        .map_err(|error| Failure::Setting(error.to_string()))
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let options = cli.options.of(Api::CLAUDE);
    main_with(&options, async |provider, printer| {
        let engine = provider.engine_with(|settings| {
            // Without it, the model does not think.
            let effort = &mut settings.inference.reasoning_effort;
            effort.get_or_insert_with(|| "low".to_owned());
            let cache = &mut settings.claude.cache;
            cache.get_or_insert_with(|| "5m".to_owned());
        })?;
        let builder = Builder::new(engine)
            .event_sink(printer.clone())
            .tools(tools()?);
        let session = Session::new(builder);
        if cli.interactive {
            return interact(&session, &provider, &printer).await;
        }
        for prompt in &cli.prompts {
            converse(&session, prompt, &provider, &printer).await?;
        }
        Ok(())
    })
}
