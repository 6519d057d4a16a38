//! [`HostedSession`]: a session by its id.

use std::{fmt, sync::Arc};

use geppetto_engine::{Decision, PendingCall};
use geppetto_store::{SessionInfo, SessionStore as _};
use geppetto_turns::Turn;

use crate::{
    CutRuns, Error, ErrorKind, Events, Host, HostedRun, OpenSession, OwnedBy, Snapshot, Submit,
    host::Shared, submit::Input,
};

/// A session that is to be created with [`Host::create`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[must_use = "nothing is created until it is passed to `Host::create`"]
pub struct NewSession {
    pub(crate) id: Option<String>,
    pub(crate) title: Option<String>,
    pub(crate) group: Option<String>,
}

impl NewSession {
    /// Creates a session with a random id.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the id: any text of 1 to 512 bytes.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Sets the title. By default the first words of the first prompt.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Sets the group, such as the user that the session belongs to, whose sessions can be listed
    /// apart ([`Page::of_group`](geppetto_store::Page::of_group)). None by default.
    pub fn group(mut self, group: impl Into<String>) -> Self {
        self.group = Some(group.into());
        self
    }
}

/// A session of a host, by its id.
///
/// Cheap to clone, and does not keep the session in memory. Reads (`info`, `snapshot`, `turns`) do
/// not open the session, so that they work while another process runs it.
#[derive(Clone)]
pub struct HostedSession {
    host: Host,
    id: Arc<str>,
}

impl HostedSession {
    pub(crate) fn new(host: &Host, id: String) -> Self {
        Self {
            host: host.clone(),
            id: id.into(),
        }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.host.shared
    }

    /// Returns the id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the host.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// Submits a prompt; see [`Submit::submit`].
    ///
    /// # Errors
    ///
    /// The errors of [`Submit::submit`].
    pub async fn submit(&self, text: impl Into<String>) -> Result<HostedRun, Error> {
        self.prompt(text).submit().await
    }

    /// Returns a prompt with options. Nothing happens until it is submitted.
    pub fn prompt(&self, text: impl Into<String>) -> Submit {
        Submit::new(self, Input::Prompt(text.into()))
    }

    /// Returns a request that asks the last prompt again: its turn is replaced when the run starts.
    pub fn retry(&self) -> Submit {
        Submit::new(self, Input::Retry)
    }

    /// Returns a request that replaces the last prompt: its turn is replaced when the run starts. Its
    /// images and files are kept.
    pub fn edit_prompt(&self, text: impl Into<String>) -> Submit {
        Submit::new(self, Input::Edit(text.into()))
    }

    /// Returns a run on the latest turn, without a prompt.
    pub fn inference(&self) -> Submit {
        Submit::new(self, Input::Latest)
    }

    /// Returns a run that continues with decisions about [waiting](Self::waits) calls, by call id:
    /// allow a call, with the model's arguments or others, reject it with a reason, or answer it
    /// with a result. The decisions survive a restart once the request is acknowledged.
    pub fn answer<I: Into<String>>(
        &self,
        decisions: impl IntoIterator<Item = (I, Decision)>,
    ) -> Submit {
        let decisions = decisions.into_iter();
        let decisions = decisions.map(|(call, decision)| (call.into(), decision));
        Submit::new(self, Input::Answer(decisions.collect()))
    }

    /// Returns the tool calls that wait for a person's decision; none while an inference is running.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such session; those of the store.
    pub async fn waits(&self) -> Result<Vec<PendingCall>, Error> {
        Ok(self.snapshot().await?.waits)
    }

    /// Cancels the running inference. Returns `true` if there was one. Its terminal event follows
    /// within 100 ms, even if the store stalls.
    ///
    /// A run that was cut off, because its process ended, is ended and does not continue. If another
    /// process runs the session, it is asked to cancel, which takes about half a second, or until the
    /// session is taken over; with a store that does not pass requests on
    /// ([`SessionStore::ask_cancel`](geppetto_store::SessionStore::ask_cancel)), this fails as `Held`.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such session,
    /// [`Held`](crate::ErrorKind::Held) if another process runs it; those of the store.
    pub async fn cancel(&self) -> Result<bool, Error> {
        if let Some(live) = self.shared().owned(&self.id).await {
            return Ok(live.session.cancel_active());
        }
        let is_open = |info: SessionInfo| info.run.is_some_and(|run| !run.is_ended());
        if !is_open(self.info().await?) {
            return Ok(false);
        }
        let using = self.shared().acquire_existing(&self.id, CutRuns::End).await;
        let using = match using {
            Err(error) if error.kind() == ErrorKind::Held => {
                let asked = self.shared().store.ask_cancel(&self.id).await?;
                return if asked { Ok(true) } else { Err(error) };
            }
            other => other?,
        };
        // It may have been opened, and continued, in the meantime.
        using.session.cancel_active();
        Ok(true)
    }

    /// Removes a prompt from the queue of this process; its run ends as cancelled. Returns `true` if
    /// the prompt was queued.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such session; those of the store.
    pub async fn remove_queued(&self, run_id: &str) -> Result<bool, Error> {
        match self.shared().slots.get(&self.id) {
            Some(live) => Ok(live.session.remove_queued(run_id)),
            // The queue is in memory.
            None => self.info().await.map(|_| false),
        }
    }

    /// Lets a queued prompt of this process join the running inference; see
    /// [`Prompt::join_running`](geppetto_session::Prompt::join_running). Returns `true` if the prompt
    /// was queued and may join a run.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such session; those of the store.
    pub async fn join_queued(&self, run_id: &str) -> Result<bool, Error> {
        match self.shared().slots.get(&self.id) {
            Some(live) => Ok(live.session.join_queued(run_id)),
            // The queue is in memory.
            None => self.info().await.map(|_| false),
        }
    }

    /// Returns the running inference, if it runs in this process.
    #[must_use]
    pub fn running(&self) -> Option<HostedRun> {
        let live = self.shared().slots.get(&self.id)?;
        live.session.active().map(HostedRun::started)
    }

    /// Waits until no inference runs in this process.
    pub async fn idle(&self) {
        while let Some(run) = self.running() {
            if let Some(handle) = run.handle() {
                handle.outcome().await;
            }
        }
    }

    /// Returns the events after sequence number `after`, and then those to come; 0 is the beginning.
    ///
    /// The events are those of the store, and then those of the running session, without gap or
    /// repetition. Reading opens the session when it has read the stored events; while another
    /// process runs the session, the events are read as that process stores them.
    pub fn events(&self, after: u64) -> Events {
        Events::new(self, after)
    }

    /// Returns the process that owns the session, if it is another one. Its lease may have expired.
    /// Does not open the session.
    ///
    /// # Errors
    ///
    /// Those of the store; not if there is no such session.
    pub async fn owned_by(&self) -> Result<Option<OwnedBy>, Error> {
        let shared = self.shared();
        if shared.owned(&self.id).await.is_some() {
            return Ok(None);
        }
        let owner = match shared.store.info(&self.id).await {
            Ok(info) => OwnedBy::of(info),
            Err(error) if error.kind() == geppetto_store::ErrorKind::NotFound => None,
            Err(error) => return Err(error.into()),
        };
        Ok(owner.filter(|own| own.owner() != shared.options.owner))
    }

    /// Returns the current state of the session. Does not open it.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such session; those of the store.
    pub async fn snapshot(&self) -> Result<Snapshot, Error> {
        self.shared().snapshot(&self.id).await
    }

    /// Returns the stored state of the session, without its content. Does not open it.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such session; those of the store.
    pub async fn info(&self) -> Result<SessionInfo, Error> {
        Ok(self.shared().store.info(&self.id).await?)
    }

    /// Returns all stored turns. Does not open the session.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such session; those of the store.
    pub async fn turns(&self) -> Result<Vec<Turn>, Error> {
        let store = &self.shared().store;
        let info = store.info(&self.id).await?;
        Ok(geppetto_store::read_turns(store, &info).await?)
    }

    /// Opens the session, and keeps it in memory until the result is dropped. Creates it if it does
    /// not exist.
    ///
    /// # Errors
    ///
    /// [`Held`](crate::ErrorKind::Held), [`CutRun`](crate::ErrorKind::CutRun),
    /// [`AtCapacity`](crate::ErrorKind::AtCapacity),
    /// [`ShuttingDown`](crate::ErrorKind::ShuttingDown); those of the store.
    pub async fn open(&self) -> Result<OpenSession, Error> {
        Ok(OpenSession(self.shared().acquire(&self.id).await?))
    }

    /// Opens the session like [`open`](Self::open), unless it does not exist.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such session; the errors of
    /// [`open`](Self::open).
    pub async fn open_existing(&self) -> Result<OpenSession, Error> {
        let policy = self.shared().options.cut_runs;
        let using = self.shared().acquire_existing(&self.id, policy).await?;
        Ok(OpenSession(using))
    }

    /// Continues a run that was cut off, with a host that leaves that to a person
    /// ([`CutRuns::Leave`]). Returns the run; `None` if there is nothing to continue.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such session; the errors of
    /// [`open`](Self::open).
    pub async fn resume(&self) -> Result<Option<HostedRun>, Error> {
        let policy = CutRuns::default();
        let using = self.shared().acquire_existing(&self.id, policy);
        let using = using.await?;
        Ok(using.session.active().map(HostedRun::started))
    }

    /// Ends a run that was cut off as interrupted, with a host that leaves that to a person
    /// ([`CutRuns::Leave`]).
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such session; the errors of
    /// [`open`](Self::open).
    pub async fn end(&self) -> Result<(), Error> {
        let using = self.shared().acquire_existing(&self.id, CutRuns::End);
        using.await.map(drop)
    }
}

impl fmt::Debug for HostedSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostedSession")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
