//! Opening a session: its claim, its history, and the run that was cut off.

use std::{error::Error as StdError, sync::Arc};

use geppetto_session::{ExecutionHandle, Session, SessionError};
use geppetto_store::{
    Continuation, EndStatus, ErrorKind as StoreKind, Restored, Resumption, RunEnd, SessionStore,
};
use tokio::time::Instant;

use crate::{
    Error, ErrorKind, OwnedBy,
    host::{RunPlace, Shared},
    live::{Journal, Live},
    options::CutRuns,
};

/// A session that was just opened.
pub(crate) struct Opened {
    pub(crate) live: Live,
    /// Run that continues a cut one.
    pub(crate) continues: Option<(ExecutionHandle, RunPlace)>,
}

impl Shared {
    pub(crate) async fn open(
        self: &Arc<Self>,
        id: &str,
        cut_runs: CutRuns,
    ) -> Result<Opened, Error> {
        let store = Arc::clone(&self.store);
        let claimed = Instant::now();
        let opened = Restored::open(store, id, &self.options.claim()).await;
        let mut restored = match opened {
            Ok(restored) => restored,
            Err(error) => return Err(self.not_opened(id, error).await),
        };
        let journal = restored.journal();
        // A program that ends without `Host::shutdown` loses no more than one that is killed.
        journal.leave_open_at_shutdown();
        let started = match take_up(&mut restored, cut_runs).await {
            Ok(step) => self.start(restored, step, claimed).await,
            Err(error) => Err(error),
        };
        if started.is_err() {
            // Another process may find the session free.
            let _ = journal.store().release(journal.lease()).await;
        }
        started
    }

    async fn start(
        self: &Arc<Self>,
        restored: Restored<Arc<dyn SessionStore>>,
        step: Resumption,
        claimed: Instant,
    ) -> Result<Opened, Error> {
        let journal = restored.journal();
        let session = Session::builder(Arc::clone(&self.builder))
            .id(restored.info.id.as_str())
            .event_stream(restored.event_stream())
            .history(restored.turns)
            .ids(Arc::clone(&self.options.ids))
            .busy_policy(self.options.busy)
            .recorder(journal.clone())
            .build();
        let mut continues = None;
        if let Resumption::Run(continuation) = step {
            let place = self.place_for_continuation();
            let run = continue_run(&session, &journal, continuation).await?;
            continues = run.map(|run| (run, place));
        }
        Ok(Opened {
            live: Live::new(session, journal, claimed),
            continues,
        })
    }

    /// Adds the owner to the error of a session that another process holds.
    pub(crate) async fn not_opened(&self, id: &str, error: geppetto_store::Error) -> Error {
        if !matches!(error.kind(), StoreKind::Held | StoreKind::Fenced) {
            return error.into();
        }
        let info = self.store.info(id).await;
        Error::from(error).owner_is(info.ok().and_then(OwnedBy::of))
    }
}

/// Applies the policy for a cut run.
async fn take_up(
    restored: &mut Restored<Arc<dyn SessionStore>>,
    cut_runs: CutRuns,
) -> Result<Resumption, Error> {
    match cut_runs {
        CutRuns::Resume(unknown) => Ok(restored.resume(unknown).await?),
        CutRuns::Leave if restored.cut.is_some() => {
            let message = format!(
                "a run of session `{}` was cut off; resume or end it first",
                restored.info.id
            );
            Err(Error::new(ErrorKind::CutRun, message))
        }
        CutRuns::End | CutRuns::Leave => {
            restored.settle().await?;
            Ok(Resumption::Nothing)
        }
    }
}

/// Starts the run that continues a cut one. If it cannot start, the cut run has failed, unless that
/// is the store's fault: then it is still cut, and the next one who opens the session continues it.
async fn continue_run(
    session: &Session,
    journal: &Journal,
    continuation: Continuation,
) -> Result<Option<ExecutionHandle>, Error> {
    let prompt = if continuation.decisions.is_empty() {
        session.inference()
    } else {
        session.answer(continuation.decisions)
    };
    let error = match prompt.extension(continuation.continues).submit().await {
        Ok(run) => return Ok(Some(run)),
        Err(error) if is_of_store(&error) => {
            journal.abandon();
            return Err(Error::of_session(error, None));
        }
        Err(error) => error,
    };
    let session = session.id();
    tracing::warn!(session, %error, "a run that was cut off does not continue");
    let message = format!("the run was interrupted and could not continue: {error}");
    let end = RunEnd::new(EndStatus::Failed).because(message);
    if let Err(error) = journal.record_end(end).await {
        tracing::warn!(session, %error, "the end of a cut run was not stored");
    }
    Ok(None)
}

/// Returns `true` if a run did not start because the store failed, and not because it refused the
/// content.
fn is_of_store(error: &SessionError) -> bool {
    let mut source: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(error) = source {
        if let Some(error) = error.downcast_ref::<geppetto_store::Error>() {
            return error.kind() != StoreKind::Invalid;
        }
        source = error.source();
    }
    false
}
