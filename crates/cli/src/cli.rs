//! [`Cli`]: the command line.

use std::{future::Future, process::ExitCode};

use clap::{
    Parser, Subcommand,
    error::{ContextKind, ContextValue},
};

use crate::{
    ask::Ask, chat::Chat, completions::Completions, failure::Failure, models::Models,
    profiles::Profiles, rpc::Rpc, run::Run, say, serve::Serve, sessions::Sessions,
    settings::Settings,
};

/// Talk to language models from the command line.
///
/// The answer goes to standard output, everything else to standard error. Exit codes: 0 for success,
/// 1 for a failed run, 2 for a command line or a setting that is wrong, 130 for Ctrl-C.
#[derive(Debug, Parser)]
#[command(
    name = "geppetto",
    version,
    propagate_version = true,
    max_term_width = 100
)]
pub(crate) struct Cli {
    /// Report what the program does on standard error: once for retries and choices, twice for everything.
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    verbose: u8,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Ask(Box<Ask>),
    Chat(Box<Chat>),
    Run(Run),
    Rpc(Box<Rpc>),
    Serve(Box<Serve>),
    Sessions(Sessions),
    Models(Box<Models>),
    Settings(Box<Settings>),
    Profiles(Profiles),
    Completions(Completions),
}

impl Cli {
    /// Runs the verb.
    pub(crate) fn run(self) -> Result<(), Failure> {
        say::set_verbosity(self.verbose);
        crate::trace::start(self.verbose);
        match self.verb {
            Verb::Ask(ask) => block_on(ask.run()),
            Verb::Chat(chat) => block_on(chat.run()),
            Verb::Run(run) => block_on(run.run()),
            Verb::Rpc(rpc) => block_on(rpc.run()),
            Verb::Serve(serve) => block_on(serve.run()),
            Verb::Sessions(sessions) => block_on(sessions.run()),
            Verb::Models(models) => block_on(models.run()),
            Verb::Settings(settings) => block_on(settings.run()),
            Verb::Profiles(profiles) => profiles.run(),
            Verb::Completions(completions) => completions.run(),
        }
    }
}

fn block_on(verb: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::Run(format!("cannot start the runtime: {error}")))?;
    let done = runtime.block_on(verb);
    // A blocking read, such as that of standard input, may never end.
    runtime.shutdown_background();
    done
}

/// Prints a help text, the version, or what is wrong with the command line.
pub(crate) fn exit(error: &clap::Error) -> ExitCode {
    // A closed output cannot be reported anywhere.
    let _ = error.print();
    if let Some(prompt) = prompt_without_verb(error) {
        let prompt = say::shell_word(prompt);
        say::line(&format!("To ask a model: geppetto ask {prompt}"));
    }
    u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
}

/// Returns the text that was given in place of a verb, unless it is a verb with a typing error.
fn prompt_without_verb(error: &clap::Error) -> Option<&str> {
    let is_verb = error.get(ContextKind::SuggestedSubcommand).is_some();
    let first = std::env::args_os().nth(1)?;
    match error.get(ContextKind::InvalidSubcommand) {
        Some(ContextValue::String(text)) if !is_verb && first == text.as_str() => Some(text),
        _ => None,
    }
}
