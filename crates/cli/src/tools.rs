//! The built-in tools. None is on unless its name is given.

use std::{path::PathBuf, sync::Arc};

use geppetto_toolloop::{FnTool, ToolRegistry};

use crate::failure::Failure;

pub(crate) mod address;
pub(crate) mod approval;
mod fetch;
pub(crate) mod folder;
mod list;
mod read;
mod search;
mod shell;

use folder::Folder;

/// Name of a built-in tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Name {
    /// Read a text file below the folder: at most 256 KiB at once.
    ReadFile,
    /// List the files of a folder: at most 1,000.
    ListFiles,
    /// Search text in files: at most 200 lines, in files of at most 1 MiB.
    SearchText,
    /// Fetch a web page as text: at most 1 MiB and 30 seconds, public addresses only.
    FetchUrl,
    /// Run a shell command in the folder: 60 seconds and 64 KiB of output by default, without the
    /// keys in the environment.
    Shell,
}

/// Flags that switch tools on.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Tools")]
pub(crate) struct ToolFlags {
    /// Let the model use a tool. You are asked before each call; without a terminal, calls are
    /// refused. Repeatable.
    #[arg(short = 't', long = "tool", value_enum, value_name = "NAME")]
    tools: Vec<Name>,
    /// Let the model use a tool without asking you. Repeatable.
    #[arg(long = "yes", value_enum, value_name = "NAME")]
    yes: Vec<Name>,
    /// Folder that the tools see [default: the current one]. Nothing outside of it can be read; a
    /// shell command can do what you can.
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// Let fetch-url reach private addresses, such as those of this machine and its network.
    #[arg(long)]
    allow_private_addresses: bool,
}

impl Name {
    /// Returns the name that the model knows.
    fn tool(self) -> &'static str {
        match self {
            Self::ReadFile => "read_file",
            Self::ListFiles => "list_files",
            Self::SearchText => "search_text",
            Self::FetchUrl => "fetch_url",
            Self::Shell => "run_command",
        }
    }
}

impl ToolFlags {
    /// Returns `true` if the model may call a tool.
    pub(crate) fn is_on(&self) -> bool {
        !self.tools.is_empty() || !self.yes.is_empty()
    }

    /// Returns the names of tools that run unasked, as the model knows them.
    pub(crate) fn unasked(&self) -> impl Iterator<Item = &'static str> {
        self.yes.iter().map(|name| name.tool())
    }

    /// Creates the tools that are switched on.
    pub(crate) fn registry(&self) -> Result<ToolRegistry, Failure> {
        let mut registry = ToolRegistry::new();
        if !self.is_on() {
            return Ok(registry);
        }
        let path = self.folder.clone().unwrap_or_else(|| PathBuf::from("."));
        let folder = Folder::new(&path).map_err(|error| {
            Failure::Usage(format!(
                "cannot use the folder `{}`: {error}",
                path.display()
            ))
        })?;
        let folder = Arc::new(folder);
        for name in self.tools.iter().chain(&self.yes) {
            if registry.get(name.tool()).is_some() {
                continue;
            }
            let tool: FnTool = match name {
                Name::ReadFile => read::tool(Arc::clone(&folder)),
                Name::ListFiles => list::tool(Arc::clone(&folder)),
                Name::SearchText => search::tool(Arc::clone(&folder)),
                Name::FetchUrl => fetch::tool(self.allow_private_addresses),
                Name::Shell => shell::tool(folder.root().to_owned()),
            };
            let added = registry.register(tool);
            added.map_err(|error| Failure::Run(error.to_string()))?;
        }
        Ok(registry)
    }
}

/// Returns names and descriptions of tools.
pub(crate) fn described(registry: &ToolRegistry) -> Vec<(String, String)> {
    let tools = registry.definitions().into_iter();
    tools.map(|own| (own.name, own.description)).collect()
}
