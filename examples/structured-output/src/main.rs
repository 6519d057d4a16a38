//! An answer as a Rust value: the schema is derived from the type, and the answer is parsed into
//! the type.
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
use geppetto_enginebuilder::Builder;
use geppetto_session::{AnswerError, Session};
use geppetto_turns::Block;
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

fn main() -> ExitCode {
    let cli = Cli::parse();
    main_with(&cli.options, async |provider, _| {
        let session = Session::new(Builder::new(provider.engine()?));
        let system = Block::system("Extract the person from the text.");
        let run = session
            .prompt(&cli.text)
            .edit(|turn| turn.blocks.insert(0, system))
            .output::<Person>()
            .submit()
            .await?;
        let has_key = provider.has_key();
        let answer = run.wait().await.map_err(|error| match error {
            AnswerError::Run(error) => Failure::of_run(&error, has_key),
            other => Failure::Run(other.to_string()),
        })?;
        let Person { name, age, city } = answer.value;
        let age = age.map_or("unknown".to_owned(), |age| age.to_string());
        let city = city.as_deref().unwrap_or("unknown");
        writeln!(io::stdout(), "name: {name}\nage:  {age}\ncity: {city}")
            .map_err(|_| Failure::OutputClosed)
    })
}
