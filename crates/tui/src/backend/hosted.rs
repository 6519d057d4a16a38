//! [`Hosted`]: a session of a host, which stores it.

use std::sync::Arc;

use async_trait::async_trait;
use geppetto_engine::{IdSource, PendingCall, SessionTotals, keys};
use geppetto_host::{ErrorKind, Events, HostedSession, State};
use geppetto_session::ExecutionHandle;
use geppetto_store::{Page, SessionInfo};
use geppetto_turns::Turn;
use tokio::sync::Notify;

use super::{Backend, Failure, Input, Joined, Listed, Past, Read, Reader, Request};

/// Maximum number of sessions that are listed.
const LISTED: usize = 100;

/// A session of a host.
pub(crate) struct Hosted {
    session: HostedSession,
    /// Source of the ids of further sessions.
    ids: Arc<dyn IdSource>,
    /// Notified when a run has started, and so the session exists.
    exists: Arc<Notify>,
}

impl Hosted {
    /// Returns the state of a session that does not exist yet.
    fn nothing(&self) -> Joined {
        Joined {
            past: Past::default(),
            events: Vec::new(),
            seq: 0,
            waits: Vec::new(),
            totals: SessionTotals::default(),
            reader: Box::new(Follow {
                events: self.session.events(0),
                exists: Some(Arc::clone(&self.exists)),
            }),
        }
    }

    pub(crate) fn new(session: HostedSession, ids: Arc<dyn IdSource>) -> Self {
        Self {
            session,
            ids,
            exists: Arc::default(),
        }
    }

    /// Returns the backend of another session of the host.
    fn other(&self, session: HostedSession) -> Arc<dyn Backend> {
        Arc::new(Self::new(session, Arc::clone(&self.ids)))
    }

    /// Returns the sessions that were used last.
    async fn latest_sessions(&self) -> Result<Vec<(SessionInfo, State)>, Failure> {
        let listed = self.session.host().list(&Page::newest(LISTED)).await;
        listed.map_err(|error| error.to_string())
    }

    /// Returns the id of the only session whose id begins with `beginning`.
    async fn find(&self, beginning: &str) -> Result<String, Failure> {
        let sessions = self.latest_sessions().await?;
        let ids = sessions.into_iter().map(|(info, _)| info.id);
        let mut found = ids.filter(|id| id.starts_with(beginning));
        match (found.next(), found.next()) {
            (Some(only), None) => Ok(only),
            (Some(_), Some(_)) => Err(format!("several sessions begin with `{beginning}`")),
            (None, _) => Err(format!(
                "there is no session `{beginning}`; /sessions lists them"
            )),
        }
    }
}

#[async_trait]
impl Backend for Hosted {
    fn id(&self) -> &str {
        self.session.id()
    }

    async fn turns(&self) -> Result<Vec<Turn>, Failure> {
        let turns = self.session.turns().await;
        turns.map_err(|error| error.to_string())
    }

    async fn join(&self) -> Result<Joined, Failure> {
        // The turns are read once. A session that another process runs is not opened.
        let open = match self.session.open_existing().await {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(self.nothing()),
            open => open.ok(),
        };
        let snapshot = self.session.snapshot().await;
        let snapshot = snapshot.map_err(|error| error.to_string())?;
        let count = usize::try_from(snapshot.turn_count).unwrap_or(usize::MAX);
        let latest = snapshot.turn;
        let totals = totals(latest.as_ref());
        let past = match open {
            Some(open) => Past::read(count, latest, |index| open.turn(index)),
            None => {
                let turns = self.turns().await?;
                // The one that shares its blocks with the others.
                let shared = turns.last().filter(|own| latest.as_ref() == Some(own));
                let latest = shared.cloned().or(latest);
                Past::read(count, latest, |index| turns.get(index).cloned())
            }
        };
        let first = snapshot
            .events
            .first()
            .map(geppetto_events::Event::first_seq);
        Ok(Joined {
            past,
            totals,
            seq: first.map_or(snapshot.seq, |first| first.saturating_sub(1)),
            events: snapshot.events,
            waits: snapshot.waits,
            reader: Box::new(Follow {
                events: self.session.events(snapshot.seq),
                exists: None,
            }),
        })
    }

    async fn start(&self, request: Request) -> Result<ExecutionHandle, Failure> {
        let session = &self.session;
        let submit = match request.input.clone() {
            Input::Prompt {
                text,
                images,
                files,
            } => session.prompt(text).images(images).files(files),
            Input::Retry => session.retry(),
            Input::Edit(text) => session.edit_prompt(text),
            Input::Answer(decisions) => session.answer(decisions),
        };
        let submit = submit.with(move |prompt| request.options(prompt));
        let run = submit.submit().await.map_err(|error| error.to_string())?;
        self.exists.notify_one();
        let handle = run.handle().cloned();
        handle.ok_or_else(|| "the run has already ended".to_owned())
    }

    fn running(&self) -> Option<ExecutionHandle> {
        self.session.running()?.handle().cloned()
    }

    async fn waits(&self) -> Result<Vec<PendingCall>, Failure> {
        match self.session.waits().await {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            waits => waits.map_err(|error| error.to_string()),
        }
    }

    async fn latest(&self) -> Result<Option<Turn>, Failure> {
        match self.session.snapshot().await {
            Ok(snapshot) => Ok(snapshot.turn),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }

    async fn totals(&self) -> SessionTotals {
        let latest = self.latest().await.ok().flatten();
        totals(latest.as_ref())
    }

    async fn undo(&self) -> Result<Turn, Failure> {
        self.session.undo().await.map_err(|error| error.to_string())
    }

    async fn create(&self) -> Result<Arc<dyn Backend>, Failure> {
        // Sessions without a prompt are not stored.
        let session = self.session.host().session(self.ids.next_id());
        Ok(self.other(session))
    }

    async fn fork(&self) -> Result<Arc<dyn Backend>, Failure> {
        let info = self
            .session
            .info()
            .await
            .map_err(|error| error.to_string())?;
        let last = info.turns.checked_sub(1);
        let last = last.ok_or("there is nothing to fork yet")?;
        let id = self.ids.next_id();
        let fork = self.session.fork_at(last, Some(id)).await;
        let fork = fork.map_err(|error| error.to_string())?;
        Ok(self.other(fork))
    }

    async fn open(&self, id: &str) -> Result<Arc<dyn Backend>, Failure> {
        let host = self.session.host();
        let other = match host.session(id).info().await {
            Ok(_) => host.session(id),
            Err(error) if error.kind() == ErrorKind::NotFound => host.session(self.find(id).await?),
            Err(error) => return Err(error.to_string()),
        };
        Ok(self.other(other))
    }

    async fn list(&self) -> Result<Vec<Listed>, Failure> {
        let listed = self.latest_sessions().await?.into_iter();
        Ok(listed.map(|(info, state)| entry(info, &state)).collect())
    }
}

/// Returns the totals that are recorded in a turn.
fn totals(latest: Option<&Turn>) -> SessionTotals {
    let recorded = latest.and_then(|turn| turn.metadata.get(&keys::SESSION_TOTALS).ok().flatten());
    recorded.unwrap_or_default()
}

fn entry(info: SessionInfo, state: &State) -> Listed {
    let state = match state {
        State::Running { .. } => "running",
        State::Waiting => "waiting",
        State::Open { .. } => "open",
        _ => "",
    };
    Listed {
        title: info.title.unwrap_or_default(),
        id: info.id,
        turns: info.turns,
        updated: info.updated_at,
        state: state.to_owned(),
    }
}

struct Follow {
    events: Events,
    /// Notified when the session exists, if it does not yet.
    exists: Option<Arc<Notify>>,
}

#[async_trait]
impl Reader for Follow {
    async fn next(&mut self) -> Option<Read> {
        if let Some(exists) = &self.exists {
            exists.notified().await;
            self.exists = None;
        }
        match self.events.next().await {
            Ok(event) => event.map(Read::Event),
            Err(error) => Some(Read::Failed(error.to_string())),
        }
    }
}
