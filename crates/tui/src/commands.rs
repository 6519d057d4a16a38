//! Commands: what begins with a slash.

use std::path::PathBuf;

pub(crate) mod code;
mod complete;
pub(crate) mod files;
pub(crate) mod paths;

#[cfg(test)]
mod tests;

pub(crate) use complete::{Completion, complete};

/// A command that a person gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    Help,
    Model(Option<String>),
    Profile(Option<String>),
    System(Option<String>),
    New,
    Sessions(Option<String>),
    Fork,
    Retry,
    Edit,
    Undo,
    /// Copies the last answer, or a code block of it, counted from 1.
    Copy(Option<usize>),
    Save(Option<PathBuf>),
    Image(PathBuf),
    File(PathBuf),
    Tools,
    Cost,
    Fold,
    Quit,
}

/// What was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Typed {
    Prompt(String),
    Command(Command),
    /// A command that does not exist, or whose argument is wrong: what to do.
    Wrong(String),
}

/// Name of a command, its argument, and what it does.
pub(crate) struct Description {
    pub(crate) name: &'static str,
    pub(crate) argument: &'static str,
    pub(crate) what: &'static str,
}

const fn of(name: &'static str, argument: &'static str, what: &'static str) -> Description {
    Description {
        name,
        argument,
        what,
    }
}

/// All commands, in the order of the help.
pub(crate) const ALL: &[Description] = &[
    of("help", "", "show keys and commands"),
    of("model", "[NAME]", "choose the model"),
    of("profile", "[NAME]", "choose a profile"),
    of("system", "[TEXT]", "show or set the system prompt"),
    of("new", "", "start a new session"),
    of("sessions", "[ID]", "open another session"),
    of("fork", "", "continue in a copy of the session"),
    of("retry", "", "ask the last prompt again"),
    of("edit", "", "change the last prompt and ask again"),
    of("undo", "", "remove the last prompt and its answer"),
    of("copy", "[N]", "copy the last answer, or its Nth code block"),
    of("save", "[PATH]", "save as .md, .yaml or .json"),
    of("image", "PATH", "attach an image to the next prompt"),
    of("file", "PATH", "attach a file to the next prompt"),
    of("tools", "", "list the tools"),
    of("cost", "", "show tokens and cost"),
    of("fold", "", "fold or unfold reasoning and results"),
    of("quit", "", "quit"),
];

/// Reads what was typed. A text that begins with two slashes is a prompt that begins with one, and a
/// path is not a command.
pub(crate) fn read(text: &str) -> Typed {
    let trimmed = text.trim();
    let Some(command) = trimmed.strip_prefix('/') else {
        return Typed::Prompt(text.to_owned());
    };
    if command.starts_with('/') {
        return Typed::Prompt(command.to_owned());
    }
    let (name, argument) = command
        .split_once(char::is_whitespace)
        .unwrap_or((command, ""));
    if name.contains('/') || name.is_empty() {
        return Typed::Prompt(text.to_owned());
    }
    match command_of(name, argument.trim()) {
        Ok(command) => Typed::Command(command),
        Err(what) => Typed::Wrong(what),
    }
}

fn command_of(name: &str, argument: &str) -> Result<Command, String> {
    let optional = (!argument.is_empty()).then(|| argument.to_owned());
    let path = || {
        let missing = || format!("/{name} needs a path: /{name} PATH");
        optional.as_deref().map(files::path).ok_or_else(missing)
    };
    Ok(match name {
        "help" | "?" => Command::Help,
        "model" => Command::Model(optional),
        "profile" => Command::Profile(optional),
        "system" => Command::System(optional),
        "new" => Command::New,
        "sessions" => Command::Sessions(optional),
        "fork" => Command::Fork,
        "retry" => Command::Retry,
        "edit" => Command::Edit,
        "undo" => Command::Undo,
        "copy" => Command::Copy(number(argument)?),
        "save" => Command::Save(optional.as_deref().map(files::path)),
        "image" => Command::Image(path()?),
        "file" => Command::File(path()?),
        "tools" => Command::Tools,
        "cost" => Command::Cost,
        "fold" => Command::Fold,
        "quit" | "exit" => Command::Quit,
        _ => {
            return Err(format!(
                "there is no command /{name}; /help lists them, and //{name} sends it as a prompt"
            ));
        }
    })
}

/// Reads the number of a code block.
fn number(argument: &str) -> Result<Option<usize>, String> {
    if argument.is_empty() {
        return Ok(None);
    }
    match argument.parse() {
        Ok(number) if number > 0 => Ok(Some(number)),
        _ => Err(format!(
            "/copy takes the number of a code block, counted from 1, not `{argument}`"
        )),
    }
}

/// Returns a number of things for people: `1 turn`, `2 turns`.
pub(crate) fn counted(count: impl TryInto<u64>, thing: &str) -> String {
    let count = count.try_into().unwrap_or(u64::MAX);
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {thing}{plural}")
}
