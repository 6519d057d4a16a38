//! `geppetto sessions`: what is kept.

use geppetto_host::Host;
use geppetto_store::SessionStore;

use crate::{continued, failure::Failure, storage::StoreFlags};

mod check;
mod export;
mod import;
mod list;
mod show;

/// List, show, export and change the sessions that are kept.
#[derive(Debug, clap::Args)]
pub(crate) struct Sessions {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    store: StoreFlags,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    List(list::List),
    Show(show::Show),
    Export(export::Export),
    Import(import::Import),
    Fork(Fork),
    Delete(Delete),
    Check(check::Check),
}

/// Start a session that has the history of another one.
#[derive(Debug, clap::Args)]
struct Fork {
    /// The session, or the beginning of its id.
    session: String,
    /// Last turn of the new session, counted from 1 [default: the latest].
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    turn: Option<u64>,
    /// Id of the new session [default: a new one].
    #[arg(long, value_name = "ID")]
    id: Option<String>,
}

/// Delete sessions, for good.
#[derive(Debug, clap::Args)]
struct Delete {
    /// The sessions, by their whole ids.
    #[arg(required = true, value_name = "ID")]
    sessions: Vec<String>,
}

impl Sessions {
    /// Runs the verb.
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let storage = self.store.open().await?;
        let store = storage.store().clone();
        let host = storage.host(geppetto_enginebuilder::Builder::new(NoEngine));
        let done = match self.verb {
            Verb::List(list) => list.run(&*store).await,
            Verb::Show(show) => show.run(&store).await,
            Verb::Export(export) => export.run(&store).await,
            Verb::Import(import) => import.run(&*store).await,
            Verb::Fork(fork) => fork.run(&host, &*store).await,
            Verb::Delete(delete) => delete.run(&host).await,
            Verb::Check(check) => check.run(&storage).await,
        };
        storage.close(&host).await;
        done
    }
}

impl Fork {
    async fn run(self, host: &Host, store: &dyn SessionStore) -> Result<(), Failure> {
        let session = continued::find(store, &self.session).await?;
        let turns = store.info(&session).await?.turns;
        let turn = self.turn.unwrap_or(turns);
        if turn == 0 || turn > turns {
            let message =
                format!("session `{session}` has {turns} turns, and none is number {turn}");
            return Err(Failure::Usage(message));
        }
        let id = self.id.unwrap_or_else(continued::new_id);
        geppetto_store::check_id(&id).map_err(|error| Failure::Usage(error.to_string()))?;
        let fork = host.session(session).fork_at(turn - 1, Some(id)).await?;
        crate::say::out(fork.id())
    }
}

impl Delete {
    async fn run(self, host: &Host) -> Result<(), Failure> {
        // All of them exist, or none is deleted.
        for session in &self.sessions {
            host.session(session.as_str()).info().await?;
        }
        for session in &self.sessions {
            host.session(session.as_str()).delete().await?;
        }
        Ok(())
    }
}

/// In place of an engine, for verbs that ask nothing.
struct NoEngine;

#[async_trait::async_trait]
impl geppetto_engine::Engine for NoEngine {
    async fn run_inference(
        &self,
        _: &geppetto_engine::RunContext,
        _: &mut geppetto_turns::Turn,
    ) -> Result<geppetto_turns::InferenceResult, geppetto_engine::EngineError> {
        let kind = geppetto_engine::ErrorKind::Configuration;
        Err(geppetto_engine::EngineError::new(
            kind,
            "this verb asks no model",
        ))
    }
}
