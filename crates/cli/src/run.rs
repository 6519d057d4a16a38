//! `geppetto run`: prompt commands in files.

use std::{ffi::OsString, path::Path, sync::Arc};

use clap::{ArgMatches, Args as _, Command, FromArgMatches as _};
use geppetto_turns::Block;

use crate::{
    answer::Output,
    ask::{AskFlags, Question, ask},
    failure::Failure,
    say,
    server::Server,
};

mod fields;
mod file;
mod functions;
mod template;

use file::PromptFile;

/// Ask what a file of pinocchio's prompt commands says. The file's flags and arguments become
/// options: `geppetto run FILE --help` lists them.
#[derive(Debug, clap::Args)]
pub(crate) struct Run {
    /// The file, its arguments, and options of the file and of `ask`.
    #[arg(
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_names = ["FILE", "OPTIONS"]
    )]
    line: Vec<OsString>,
}

impl Run {
    /// Runs the verb.
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let Some((path, rest)) = self.line.split_first() else {
            return Err(Failure::Usage("name a file".to_owned()));
        };
        let path = Path::new(path);
        let file = PromptFile::read(path)?;
        let command = command(&file, path);
        let name = OsString::from(format!("geppetto run {}", path.display()));
        let matches =
            match command.try_get_matches_from(std::iter::once(name).chain(rest.iter().cloned())) {
                Ok(matches) => matches,
                Err(error) => return Err(Failure::CommandLine(Box::new(error))),
            };
        ask_with(&file, path, &matches).await
    }
}

/// Creates the command line of a file: its fields, and the flags of `ask` under other names where
/// the file uses them.
fn command(file: &PromptFile, path: &Path) -> Command {
    let mut command =
        AskFlags::augment_args(Command::new(format!("geppetto run {}", path.display())))
            .about(file.short.clone())
            .long_about(file.long.clone().unwrap_or_else(|| file.short.clone()));
    let own: Vec<(String, Option<char>)> = command
        .get_arguments()
        .map(|arg| (arg.get_id().to_string(), arg.get_short()))
        .collect();
    for (id, short) in own {
        let long = command
            .get_arguments()
            .find(|arg| arg.get_id() == id.as_str())
            .and_then(|arg| arg.get_long().map(ToOwned::to_owned));
        if long
            .as_ref()
            .is_some_and(|long| file.fields().any(|field| field.long() == *long))
        {
            let other = format!("ask-{}", long.unwrap_or_default());
            command = command.mut_arg(&id, |arg| arg.long(other));
        }
        if short.is_some_and(|short| file.fields().any(|field| field.short == Some(short))) {
            command = command.mut_arg(&id, |arg| arg.short(None));
        }
    }
    for field in file.fields() {
        command = command.arg(field.arg());
    }
    command
}

async fn ask_with(file: &PromptFile, path: &Path, matches: &ArgMatches) -> Result<(), Failure> {
    let flags = AskFlags::from_arg_matches(matches)
        .map_err(|error| Failure::CommandLine(Box::new(error)))?;
    let output = flags.output();
    output.report(ask_as(&flags, file, path, matches, &output).await)
}

async fn ask_as(
    flags: &AskFlags,
    file: &PromptFile,
    path: &Path,
    matches: &ArgMatches,
    output: &Arc<Output>,
) -> Result<(), Failure> {
    let values = fields::values(file, matches).await?;
    let render = |what: &str, text: &str| {
        template::render(text, &values)
            .map_err(|error| Failure::Usage(format!("{}: the {what}: {error}", path.display())))
    };
    let system = file
        .system
        .as_deref()
        .map(|text| render("system prompt", text))
        .transpose()?;
    let prompt = file
        .prompt
        .as_deref()
        .map(|text| render("prompt", text))
        .transpose()?;
    let mut earlier = Vec::new();
    for (role, text) in &file.messages {
        let text = render("message", text)?;
        earlier.push(match role.as_str() {
            "system" => Block::system(text),
            "assistant" => Block::llm_text(text),
            _ => Block::user(text),
        });
    }
    // Without a prompt, the last message of the user is it.
    let prompt = match prompt {
        Some(prompt) => prompt,
        None => last_user(&mut earlier).ok_or_else(|| {
            Failure::Usage(format!(
                "{} has neither a prompt nor messages",
                path.display()
            ))
        })?,
    };
    let attachments = flags.attachments().await?;
    if prompt.trim().is_empty() && attachments.is_empty() {
        let message = format!(
            "the prompt of {} is empty with these options",
            path.display()
        );
        return Err(Failure::Usage(message));
    }
    let question = Question {
        prompt: attachments.with_texts(prompt.trim_end_matches('\n')),
        system: flags.system.clone().or(system),
        attachments,
        schema: flags.schema()?,
        earlier,
    };
    if flags.print_prompt {
        return say::out(&question.to_yaml()?);
    }
    let server = Server::choose_with(&flags.server, file.settings(path)?).await?;
    if let Some(print) = flags.server.settings.print() {
        return say::out(&print.render(server.resolved()));
    }
    ask(flags, &server, question, output).await
}

/// Removes the last message, if it is the user's.
fn last_user(messages: &mut Vec<Block>) -> Option<String> {
    let is_user = |block: &Block| block.kind() == geppetto_turns::BlockKind::User;
    let text = messages
        .last()
        .filter(|last| is_user(last))?
        .text()?
        .to_owned();
    messages.pop();
    Some(text)
}
