//! An answer as a Rust value: the schema comes from the type, and the answer is read back as the type.
//!
//! ```text
//! $ cargo run -p structured-output -- "Ada is 36 and lives in London."
//! ```
//!
//! Expected output: the block in this example's README.md, which a test compares.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;
use example_support::{Failure, Options, main_with};
use geppetto_engine::{StructuredOutput, keys};
use geppetto_enginebuilder::Builder;
use geppetto_session::Session;
use geppetto_turns::{Block, Turn};
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Debug, Parser)]
#[command(about = "Reads a person out of a text")]
struct Cli {
    #[command(flatten)]
    options: Options,
    /// A text about a person.
    #[arg(default_value = "Ada is 36 and lives in London.")]
    text: String,
}

/// A person, as a text describes them.
#[derive(Debug, Deserialize, JsonSchema)]
struct Person {
    /// The name, as the text has it.
    name: String,
    /// In years; null if the text does not tell.
    age: Option<u32>,
    /// The city; null if the text does not tell.
    city: Option<String>,
}

fn question(text: &str) -> Result<Turn, Failure> {
    let mut turn = Turn::new();
    turn.push(Block::system("Extract the person from the text."));
    turn.push(Block::user(text));
    let output = StructuredOutput::of::<Person>();
    let set = turn.data.set(&keys::STRUCTURED_OUTPUT, &output);
    set.map_err(|error| Failure::Setting(error.to_string()))?;
    Ok(turn)
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    main_with(&cli.options, async |provider, _| {
        let session = Session::builder(Builder::new(provider.chat_engine()?))
            .history([question(&cli.text)?])
            .build();
        let run = session.start_inference().await?;
        let has_key = provider.settings().api_key.is_some();
        let turn = run
            .wait()
            .await
            .map_err(|error| Failure::of_run(&error, has_key))?;
        let person: Person = turn
            .reply_as()
            .map_err(|error| Failure::Run(error.to_string()))?;
        let Person { name, age, city } = person;
        let age = age.map_or("unknown".to_owned(), |age| age.to_string());
        let city = city.as_deref().unwrap_or("unknown");
        writeln!(io::stdout(), "name: {name}\nage:  {age}\ncity: {city}")
            .map_err(|_| Failure::OutputClosed)
    })
}
