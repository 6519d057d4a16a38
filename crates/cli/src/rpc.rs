//! `geppetto rpc`: a session, driven by another program over JSON lines.

use std::sync::Arc;

use geppetto_enginebuilder::Builder;
use geppetto_host::{Host, HostedSession, NewSession};

use crate::{
    continued::{SessionFlags, new_id},
    failure::Failure,
    server::{Server, ServerFlags},
    signals::Signals,
    storage::OptionalStoreFlags,
    tools::{
        ToolFlags,
        approval::{Approval, Asks},
    },
};

mod lines;
mod request;
mod serve;

use lines::{Input, Output};

/// Drive a session from another program: requests as JSON lines on standard input, events and
/// replies on standard output.
///
/// The messages are in docs/guides/command-line.md.
#[derive(Debug, clap::Args)]
pub(crate) struct Rpc {
    #[command(flatten)]
    tools: ToolFlags,
    #[command(flatten)]
    sessions: SessionFlags,
    #[command(flatten)]
    store: OptionalStoreFlags,
    #[command(flatten)]
    server: ServerFlags,
}

impl Rpc {
    /// Runs the verb.
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let server = Server::choose(&self.server).await?;
        let mut builder = Builder::new(server.engine()?);
        if self.tools.is_on() {
            let approval = Approval::new(Asks::Interface, self.tools.unasked());
            builder = builder
                .tools(self.tools.registry()?)
                .tool_executor(approval);
        }
        let needs_file = self.sessions.is_continued() || self.sessions.new_session.is_some();
        let storage = self.store.open(needs_file).await?;
        server.announce();
        let host = storage.host(builder);
        let served = self.serve(&host, &server).await;
        storage.close(&host).await;
        served
    }

    async fn serve(&self, host: &Host, server: &Server) -> Result<(), Failure> {
        let session = self.session(host).await?;
        let is_new = !self.sessions.is_continued();
        let output = Arc::new(Output::start());
        let served = serve::serve(&session, server, Input::start(), Arc::clone(&output));
        let mut signals = Signals::listen();
        let served = tokio::select! {
            served = served => served,
            signal = signals.next() => {
                session.cancel().await?;
                session.idle().await;
                Err(Failure::Stopped(signal))
            }
        };
        // A session that was not used is not kept.
        if is_new && session.info().await.is_ok_and(|info| info.turns == 0) {
            session.delete().await?;
        }
        served
    }

    async fn session(&self, host: &Host) -> Result<HostedSession, Failure> {
        if self.sessions.is_continued() {
            return self.sessions.open(host).await;
        }
        let id = self.sessions.new_session.clone().unwrap_or_else(new_id);
        geppetto_store::check_id(&id).map_err(|error| Failure::Usage(error.to_string()))?;
        Ok(host.create(NewSession::new().id(id)).await?)
    }
}
