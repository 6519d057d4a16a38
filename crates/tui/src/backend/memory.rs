//! [`Memory`]: a session without a store.

use std::sync::Arc;

use async_trait::async_trait;
use geppetto_engine::{PendingCall, SessionTotals};
use geppetto_events::{Received, SlowReaderPolicy, Subscription};
use geppetto_session::{ExecutionHandle, Session};
use geppetto_turns::Turn;

use super::{Backend, Failure, Input, Joined, Listed, Past, Read, Reader, Request};

/// A session that the application keeps in memory.
pub(crate) struct Memory {
    session: Session,
}

impl Memory {
    pub(crate) fn new(session: Session) -> Self {
        Self { session }
    }
}

#[async_trait]
impl Backend for Memory {
    fn id(&self) -> &str {
        self.session.id()
    }

    async fn turns(&self) -> Result<Vec<Turn>, Failure> {
        Ok(self.session.turns())
    }

    async fn join(&self) -> Result<Joined, Failure> {
        // Subscribed first, so that no event is missing.
        let stream = self.session.stream();
        let mut events = stream.subscribe_with(SlowReaderPolicy::Coalesce);
        let snapshot = self.session.snapshot();
        events.skip_to(snapshot.seq);
        let turn = |index| self.session.turn(index);
        // A run may have ended or started since.
        let past = Past::read(snapshot.turn_count, snapshot.turn, turn);
        let first = snapshot
            .events
            .first()
            .map(geppetto_events::Event::first_seq);
        Ok(Joined {
            past,
            seq: first.map_or(snapshot.seq, |first| first.saturating_sub(1)),
            events: snapshot.events,
            waits: self.session.waits(),
            totals: self.session.totals(),
            reader: Box::new(Follow(events)),
        })
    }

    async fn start(&self, request: Request) -> Result<ExecutionHandle, Failure> {
        let session = &self.session;
        let prompt = match request.input.clone() {
            Input::Prompt {
                text,
                images,
                files,
            } => {
                let prompt = session.prompt(text).images(images);
                files
                    .into_iter()
                    .fold(prompt, geppetto_session::Prompt::file)
            }
            Input::Retry => session.retry(),
            Input::Edit(text) => session.edit_prompt(text),
            Input::Answer(decisions) => session.answer(decisions),
        };
        let run = request.options(prompt).submit().await;
        run.map_err(|error| error.to_string())
    }

    fn running(&self) -> Option<ExecutionHandle> {
        self.session.active()
    }

    async fn waits(&self) -> Result<Vec<PendingCall>, Failure> {
        Ok(self.session.waits())
    }

    async fn latest(&self) -> Result<Option<Turn>, Failure> {
        Ok(self.session.latest())
    }

    async fn totals(&self) -> SessionTotals {
        self.session.totals()
    }

    async fn undo(&self) -> Result<Turn, Failure> {
        self.session.undo().map_err(|error| error.to_string())
    }

    async fn create(&self) -> Result<Arc<dyn Backend>, Failure> {
        Ok(Arc::new(Self::new(self.session.fork_empty())))
    }

    async fn fork(&self) -> Result<Arc<dyn Backend>, Failure> {
        let last = self.session.turn_count().checked_sub(1);
        let last = last.ok_or("there is nothing to fork yet")?;
        let fork = self.session.fork_at(last);
        let fork = fork.map_err(|error| error.to_string())?;
        Ok(Arc::new(Self::new(fork)))
    }

    async fn open(&self, _: &str) -> Result<Arc<dyn Backend>, Failure> {
        Err(NO_STORE.to_owned())
    }

    async fn list(&self) -> Result<Vec<Listed>, Failure> {
        Err(NO_STORE.to_owned())
    }
}

const NO_STORE: &str =
    "sessions are not stored here, so there are no others to open; /new starts one";

struct Follow(Subscription);

#[async_trait]
impl Reader for Follow {
    async fn next(&mut self) -> Option<Read> {
        Some(match self.0.next().await? {
            Received::Event(event) => Read::Event(event),
            Received::Lagged(missing) => Read::Missing(missing),
            _ => Read::Missing(0),
        })
    }
}
