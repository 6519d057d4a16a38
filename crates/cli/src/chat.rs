//! `geppetto chat`: a conversation in the terminal.

use std::{
    error::Error,
    io::{self, IsTerminal as _},
    sync::Arc,
};

use async_trait::async_trait;
use geppetto_engine::Resampling;
use geppetto_enginebuilder::Builder;
use geppetto_settings::Layer;
use geppetto_tui::{Chat as Terminal, Ending, Models, Selection};

use crate::{
    continued::{SessionFlags, ShortIds},
    failure::Failure,
    models, say,
    server::{Server, ServerFlags},
    signals::Signal,
    storage::OptionalStoreFlags,
    tools::{
        self, ToolFlags,
        approval::{Approval, Asks},
    },
};

/// Chat with a model in the terminal. `/help` lists what can be typed.
///
/// Without a terminal, prompts are read from standard input, one per line.
#[derive(Debug, clap::Args)]
pub(crate) struct Chat {
    /// First prompt; several words are joined.
    prompt: Vec<String>,
    /// System prompt of a new session: how the model is to behave.
    #[arg(long, value_name = "TEXT")]
    system: Option<String>,
    #[command(flatten)]
    tools: ToolFlags,
    #[command(flatten)]
    sessions: SessionFlags,
    #[command(flatten)]
    store: OptionalStoreFlags,
    #[command(flatten)]
    server: ServerFlags,
}

impl Chat {
    /// Runs the verb.
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let server = Server::choose(&self.server).await?;
        if let Some(print) = self.server.settings.print() {
            return say::out(&print.render(server.resolved()));
        }
        let engine = server.engine()?;
        let registry = self.tools.registry()?;
        let approval = Arc::new(Approval::new(Asks::Interface, self.tools.unasked()));
        let needs_file = self.sessions.is_continued() || self.sessions.new_session.is_some();
        let storage = self.store.open(needs_file).await?;
        let host = storage.host(with_tools(engine, &self.tools, &approval)?);
        let chatted = async {
            let session = self.sessions.open(&host).await?;
            let mut chat = Terminal::hosted(session)
                .selection(selection(&server))
                .tools(tools::described(&registry))
                .no_tools_hint("start with --tool NAME to let the model use some")
                .session_ids(ShortIds);
            for notice in server.notices() {
                chat = chat.notice(notice);
            }
            if let Some(system) = &self.system {
                chat = chat.system_prompt(system);
            }
            let prompt = self.prompt.join(" ");
            if !prompt.trim().is_empty() {
                chat = chat.first_prompt(prompt);
            }
            let switch = Switch {
                server: self.server,
                tools: self.tools,
                approval,
            };
            let ended = chat.models(switch).run().await;
            ended.map_err(|error| Failure::Run(error.to_string()))
        };
        let chatted: Result<geppetto_tui::Ended, Failure> = chatted.await;
        let chatted = chatted?;
        let id = chatted.session_id;
        let is_kept = storage.is_kept() && storage.store().info(&id).await.is_ok();
        storage.close(&host).await;
        if is_kept && io::stdin().is_terminal() && io::stderr().is_terminal() {
            let id = say::shell_word(&id);
            say::line(&format!("continue with: geppetto chat --session {id}"));
        } else {
            say::detail(&format!("session {id}"));
        }
        match chatted.ending {
            Ending::Interrupted => Err(Failure::Stopped(Signal::Interrupt)),
            Ending::Terminated => Err(Failure::Stopped(Signal::Terminate)),
            _ => Ok(()),
        }
    }
}

fn with_tools(
    engine: Arc<dyn geppetto_engine::Engine>,
    tools: &ToolFlags,
    approval: &Arc<Approval>,
) -> Result<Builder, Failure> {
    let mut builder = Builder::new(engine);
    if !io::stdout().is_terminal() {
        // The text of a reply that broke off could not be taken back.
        builder = builder.resampling(Resampling::never());
    }
    if !tools.is_on() {
        return Ok(builder);
    }
    Ok(builder
        .tools(tools.registry()?)
        .tool_executor(Arc::clone(approval)))
}

fn selection(server: &Server) -> Selection {
    let selection = Selection::new().model(server.model());
    match &server.resolved().profile {
        Some(profile) => selection.profile(profile.slug.as_str()),
        None => selection,
    }
}

/// Changes of the model and the profile during a chat.
struct Switch {
    server: ServerFlags,
    tools: ToolFlags,
    approval: Arc<Approval>,
}

impl Switch {
    /// Chooses a server again, with another value for one setting.
    async fn with(&self, name: &str, value: &str) -> Result<Selection, Failure> {
        let layer = Layer::run().set(name, value)?;
        let server = Server::choose_with(&self.server, layer).await?;
        let builder = with_tools(server.engine()?, &self.tools, &self.approval)?;
        Ok(selection(&server).engine_builder(builder))
    }
}

#[async_trait]
impl Models for Switch {
    async fn models(&self) -> Result<Vec<String>, Box<dyn Error + Send + Sync>> {
        let server = Server::choose(&self.server).await?;
        Ok(models::of_server(&server).await?)
    }

    async fn profiles(&self) -> Result<Vec<String>, Box<dyn Error + Send + Sync>> {
        let server = Server::choose(&self.server).await?;
        let profiles = server.resolved().profiles.list();
        Ok(profiles.map(|(_, profile)| profile.slug.clone()).collect())
    }

    async fn select_model(&self, name: &str) -> Result<Selection, Box<dyn Error + Send + Sync>> {
        Ok(self.with("ai-engine", name).await?)
    }

    async fn select_profile(&self, name: &str) -> Result<Selection, Box<dyn Error + Send + Sync>> {
        Ok(self.with("profile", name).await?)
    }
}
