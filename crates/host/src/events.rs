//! [`Events`]: the events of a session, from the store and from memory.

use std::{collections::VecDeque, fmt, time::Duration};

use geppetto_engine::ErrorKind as EngineErrorKind;
use geppetto_events::{Event, EventKind, Received, SlowReaderPolicy, Subscription};
use geppetto_store::{ErrorKind as StoreKind, SessionStore as _};
use tokio::time::Instant;

use crate::{Error, ErrorKind, HostedSession, live::Using};

/// Number of rows that are read at once.
const PAGE: usize = 256;

/// Time between two attempts to open a session that another process runs, and to read it without a
/// hint of the store.
const OPEN_AGAIN: Duration = Duration::from_secs(1);

/// Reader of the events of a session; see [`HostedSession::events`].
///
/// A slow reader receives adjacent deltas merged; it delays nobody. A reader that has read all
/// stored events keeps the session in memory until it is dropped.
#[must_use = "events are received by `next`"]
pub struct Events {
    session: HostedSession,
    /// Sequence number of the last event that was returned.
    after: u64,
    /// Events that were read from the store.
    read: VecDeque<Event>,
    source: Source,
    /// Time of the last attempt to open the session, if another process had it.
    held: Option<Instant>,
}

enum Source {
    /// Not read yet.
    Unknown,
    Store,
    Live {
        events: Subscription,
        using: Using,
    },
}

enum Step {
    Event(Event),
    Again,
    End,
}

impl Events {
    pub(crate) fn new(session: &HostedSession, after: u64) -> Self {
        Self {
            session: session.clone(),
            after,
            read: VecDeque::new(),
            source: Source::Unknown,
            held: None,
        }
    }

    /// Returns the sequence number of the last event that was returned; the reader can be continued
    /// after it.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.after
    }

    /// Waits for the next event. Returns `None` when the session was deleted, or the host has shut
    /// down. Cancel safe: dropping the future loses no event.
    ///
    /// # Errors
    ///
    /// [`AtCapacity`](ErrorKind::AtCapacity), and errors of the store. Reading can be continued.
    pub async fn next(&mut self) -> Result<Option<Event>, Error> {
        loop {
            if let Some(event) = self.read.pop_front() {
                self.after = event.seq;
                return Ok(Some(event));
            }
            let step = match &mut self.source {
                Source::Unknown => {
                    self.source = Source::Store;
                    if let Some(using) = self.session.shared().owned(self.session.id()).await {
                        self.follow(using).await;
                    }
                    Step::Again
                }
                Source::Store => self.read_store().await?,
                Source::Live { events, using } => {
                    let received = tokio::select! {
                        biased;
                        () = using.gone.cancelled() => None,
                        received = events.next() => received,
                    };
                    let shared = self.session.shared();
                    match received {
                        // Another host goes on with the run, and has stored how.
                        Some(Received::Event(event)) if is_fenced(&event) => {
                            shared.lose(using.live());
                            self.source = Source::Store;
                            Step::Again
                        }
                        Some(Received::Event(event)) if shared.is_certain(using.live()) => {
                            Step::Event(event)
                        }
                        // It may be one that is not stored, because another host owns the session.
                        Some(Received::Event(_)) => {
                            self.source = Source::Unknown;
                            Step::Again
                        }
                        Some(_) => {
                            // What is no longer in memory is in the store, or about to be. The
                            // source is set first: this future may be dropped.
                            let using = using.clone();
                            self.source = Source::Store;
                            using.journal.flush().await?;
                            Step::Again
                        }
                        None => {
                            self.source = Source::Store;
                            Step::Again
                        }
                    }
                }
            };
            match step {
                Step::Event(event) => {
                    self.after = event.seq;
                    return Ok(Some(event));
                }
                Step::Again => {}
                Step::End => return Ok(None),
            }
        }
    }

    async fn follow(&mut self, using: Using) {
        let stream = using.session.stream();
        if self.after > stream.last_seq() && !self.session.shared().still_owns(using.live()).await {
            return;
        }
        // A number that no event has had is not waited for.
        self.after = self.after.min(stream.last_seq());
        let events = stream.resume_after(self.after, SlowReaderPolicy::Coalesce);
        self.source = Source::Live { events, using };
    }

    async fn read_store(&mut self) -> Result<Step, Error> {
        let (shared, id) = (self.session.shared().clone(), self.session.id());
        let read = shared.store.events(id, self.after, PAGE);
        let read = match self.held {
            // A change during the read is not missed.
            Some(_) => tokio::select! {
                biased;
                () = shared.store.changed(id) => return Ok(Step::Again),
                read = read => read,
            },
            None => read.await,
        };
        let read = match read {
            Ok(read) => read,
            Err(error) if error.kind() == StoreKind::NotFound => return Ok(Step::End),
            Err(error) => return Err(error.into()),
        };
        if !read.is_empty() {
            self.read.extend(read);
            return Ok(Step::Again);
        }
        if self.held.is_some_and(|tried| tried.elapsed() < OPEN_AGAIN) {
            shared.store.changed(id).await;
            return Ok(Step::Again);
        }
        let policy = shared.options.cut_runs;
        self.held = None;
        match shared.acquire_existing(id, policy).await {
            Ok(using) => self.follow(using).await,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Step::End),
            Err(error) if matches!(error.kind(), ErrorKind::Held | ErrorKind::CutRun) => {
                self.held = Some(Instant::now());
                shared.store.changed(id).await;
            }
            Err(error) if error.kind() == ErrorKind::ShuttingDown => return Ok(Step::End),
            Err(error) => return Err(error),
        }
        Ok(Step::Again)
    }
}

/// Returns `true` if an event ends a run because another host owns its session.
fn is_fenced(event: &Event) -> bool {
    match &event.kind {
        EventKind::RunFailed(failed) => {
            failed.error_kind.as_deref() == Some(EngineErrorKind::Fenced.as_str())
        }
        _ => false,
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events")
            .field("session", &self.session.id())
            .field("after", &self.after)
            .finish_non_exhaustive()
    }
}
