//! Changes of a session other than by runs.

use std::time::SystemTime;

use geppetto_session::SessionError;
use geppetto_store::SessionStore as _;
use geppetto_turns::Turn;

use crate::{
    Error, HostedSession,
    live::{Live, Using},
};

impl HostedSession {
    /// Removes the latest turn, with its prompt and its answer, and returns it.
    ///
    /// # Errors
    ///
    /// [`Busy`](crate::ErrorKind::Busy) while an inference is running or a prompt is being submitted;
    /// [`Refused`](crate::ErrorKind::Refused) if there is no turn;
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such session; the errors of
    /// [`open`](Self::open). After a failure of the store it is unknown whether the turn is removed.
    /// Dropping the future before it is ready removes the turn or not, in memory and in the store.
    pub async fn undo(&self) -> Result<Turn, Error> {
        let using = self.existing().await?;
        // A caller that goes away must not leave the turn in the store alone.
        let removal = tokio::spawn(async move { remove_latest(&using).await });
        match removal.await {
            Ok(removed) => removed,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(Error::shutting_down()),
            },
        }
    }

    /// Appends a turn that no run has produced, such as one of an import, and stores it. Creates the
    /// session if it does not exist.
    ///
    /// # Errors
    ///
    /// [`Busy`](crate::ErrorKind::Busy) while an inference is running or a prompt is being submitted;
    /// the errors of [`open`](Self::open). After a failure of the store it is unknown whether the
    /// turn is appended.
    pub async fn append(&self, turn: Turn) -> Result<(), Error> {
        let using = self.shared().acquire(self.id()).await?;
        let _permit = using.changing()?;
        let appended = using.session.append(turn);
        appended.map_err(|error| busy(&using, error))?;
        if let Some(latest) = using.session.latest() {
            using.journal.record_turn(&latest).await?;
        }
        Ok(())
    }

    /// Updates the latest turn, such as its system prompt or its data, and stores it. Returns it.
    ///
    /// # Errors
    ///
    /// Like [`append`](Self::append); [`Refused`](crate::ErrorKind::Refused) if there is no turn,
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such session.
    pub async fn update_latest(&self, update: impl FnMut(&mut Turn) + Send) -> Result<Turn, Error> {
        let using = self.existing().await?;
        let _permit = using.changing()?;
        let updated = using.session.update_latest(update);
        let updated = updated.map_err(|error| busy(&using, error))?;
        using.journal.record_turn(&updated).await?;
        Ok(updated)
    }

    /// Sets the title.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such session; the errors of
    /// [`open`](Self::open); those of the store.
    pub async fn rename(&self, title: impl Into<String>) -> Result<(), Error> {
        self.label(Some(&title.into()), None).await
    }

    /// Sets the group, such as the user that the session belongs to.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such session; the errors of
    /// [`open`](Self::open); those of the store.
    pub async fn regroup(&self, group: impl Into<String>) -> Result<(), Error> {
        self.label(None, Some(&group.into())).await
    }

    async fn label(&self, title: Option<&str>, group: Option<&str>) -> Result<(), Error> {
        let using = self.existing().await?;
        Ok(using.journal.record_labels(title, group).await?)
    }

    /// Opens the session unless it does not exist.
    async fn existing(&self) -> Result<Using, Error> {
        let policy = self.shared().options.cut_runs;
        self.shared().acquire_existing(self.id(), policy).await
    }

    /// Creates a session whose history is that of this one up to and including turn `index`, under
    /// `id` or a random one. All blocks are shared. Does not open either session.
    ///
    /// While an inference is running, its turn is the one of its last barrier.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such turn,
    /// [`Exists`](crate::ErrorKind::Exists) if there is a session with this id; those of the store.
    pub async fn fork_at(&self, index: u64, id: Option<String>) -> Result<Self, Error> {
        let shared = self.shared();
        let id = id.unwrap_or_else(|| shared.options.ids.next_id());
        let now = SystemTime::now();
        shared.store.fork(self.id(), index, &id, now).await?;
        Ok(self.host().session(id))
    }

    /// Deletes the session: cancels a running inference, waits for its end, and deletes everything
    /// that no other session shares. Returns `false` if it did not exist.
    ///
    /// # Errors
    ///
    /// [`Held`](crate::ErrorKind::Held) if another process runs the session; those of the store.
    pub async fn delete(&self) -> Result<bool, Error> {
        self.shared().delete(self.id()).await
    }
}

async fn remove_latest(using: &Using) -> Result<Turn, Error> {
    let _permit = using.changing()?;
    let session = &using.session;
    let removed = session.undo().map_err(|error| busy(using, error))?;
    let latest = session.latest();
    using
        .journal
        .record_removal(&removed, latest.as_ref())
        .await?;
    Ok(removed)
}

fn busy(live: &Live, error: SessionError) -> Error {
    let running = live.session.active().map(|run| run.id().to_owned());
    Error::of_session(error, running)
}
